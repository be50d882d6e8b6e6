"""Reports for other programs and documents, and the file names that choose them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields
from pathlib import Path

import pytest
from builders.records import (
    NO_LABELS,
    bare_failed_record,
    case_record,
    counted,
    failed_record,
    readings,
)

from harness.domain.record import CaseRecord
from harness.errors import StoreError, UnknownName
from harness.report import records_to_json, require_writable, write_report

RECORDS = [
    case_record(kernel_set="reference", readings=readings(counted(30_512_640))),
    case_record(readings=readings(NO_LABELS)),
    failed_record(model="a|b"),
    bare_failed_record(),
]


def test_json_holds_every_field_of_every_record() -> None:
    document = json.loads(records_to_json(RECORDS))
    assert document["schema"] == 1
    assert len(document["cases"]) == 4
    for case in document["cases"]:
        assert set(case) == {field.name for field in fields(CaseRecord)} | {"speedup", "heading"}
    case = document["cases"][1]
    assert case["status"] == "ok"
    assert case["image_crc32"] == 0xDEADBEEF
    assert case["started"] == "2024-05-17T08:30:00.000250+00:00"
    assert case["tool_versions"] == {"harness": "0.1.0", "pyocd": "0.36.0", "qemu": "7.2.5"}
    assert case["speedup"] == 4.0
    assert case["readings"]["accuracy"] == {"reason": "no labels"}
    assert case["readings"]["instructions"] == {
        "value": 7_628_160,
        "unit": "instructions",
        "n": 1000,
        "minimum": 7_628_160,
        "maximum": 7_628_160,
        "fidelity": "simulated",
        "instrument": "systick-icount",
        "method": "counter restarted per window; median",
        "resolution": 40.0,
    }


def test_json_of_a_failed_case_has_nulls_and_no_readings() -> None:
    case = json.loads(records_to_json(RECORDS))["cases"][3]
    assert (case["status"], case["error_class"]) == ("failed", "CompileFailed")
    assert case["readings"] == {}
    assert case["macs"] is None
    assert case["speedup"] is None


def test_json_never_holds_what_json_does_not_know() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        records_to_json([case_record(counter_resolution=float("nan"))])


def test_json_of_no_cases_is_an_empty_list() -> None:
    assert json.loads(records_to_json([])) == {"schema": 1, "cases": []}


def test_csv_has_a_line_per_case_and_empty_fields_for_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    write_report(path, RECORDS)
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert [row["kernel_set"] for row in rows] == ["reference", *["cmsis-nn"] * 3]
    assert rows[0]["instructions"] == "30512640"
    assert rows[0]["accuracy"] == "0.901"
    assert rows[1]["accuracy"] == ""
    assert rows[1]["accuracy_reason"] == "no labels"
    assert rows[2]["error_message"] == "QEMU was killed by signal 9\n  -> run it again"
    assert rows[3]["macs"] == ""


def test_markdown_is_a_table_whose_cells_keep_together(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "table.md"
    write_report(path, RECORDS)
    lines = path.read_text().splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 4
    assert len({line.replace("\\|", "").count("|") for line in table}) == 1
    assert table[1].startswith("| --- | --- | --- | ---: |")
    assert "| 30,512,640 |" in table[2]
    assert any("| a\\|b |" in line for line in table)
    assert "cmsis-nn<br>SimulatorDied" in path.read_text()
    assert "- ¹ no labels" in lines


def test_no_report_of_simulated_cases_speaks_of_cycles(tmp_path: Path) -> None:
    for suffix in ("json", "csv", "md"):
        path = tmp_path / f"report.{suffix}"
        write_report(path, RECORDS)
        assert "cycle" not in path.read_text().lower()


@pytest.mark.parametrize("suffix", ["json", "csv", "md"])
def test_no_cases_can_be_written(tmp_path: Path, suffix: str) -> None:
    write_report(tmp_path / f"none.{suffix}", [])
    assert (tmp_path / f"none.{suffix}").exists()


@pytest.mark.parametrize("name", ["rows.xlsx", "rows", "rows.__init__"])
def test_a_suffix_without_a_writer_is_refused_before_anything_runs(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(UnknownName, match="reports are not written as") as caught:
        require_writable([tmp_path / "rows.csv", Path(name)])
    assert caught.value.where == name
    assert caught.value.hint == "End the name in .csv, .json, .md."


def test_a_report_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="the report cannot be written") as caught:
        write_report(tmp_path / "file" / "rows.csv", RECORDS)
    assert caught.value.hint == "Name a file in a folder that can be written."


def test_a_folder_that_cannot_be_written_is_told_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="the report cannot be written") as caught:
        require_writable([tmp_path / "rows.csv", tmp_path / "file" / "rows.csv"])
    assert caught.value.where == str(tmp_path / "file" / "rows.csv")


def test_a_report_replaces_the_one_before_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("the one before")
    write_report(path, RECORDS)
    assert path.read_text().startswith("status,target_id,")
    assert [file.name for file in tmp_path.iterdir()] == ["rows.csv"]
