"""Rows of operators that fell back: their share, what heads the row, and which they were."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from builders.records import KERNELS, case_record, counted, failed_record, fallback, readings

from harness.domain.fallback import heading
from harness.domain.measurement import Missing
from harness.domain.record import CaseRecord
from harness.report import frame, records_to_json, summary_text, write_report
from harness.report.fallback import NO_LIBRARY, heading_of


def fallen(share: float, **changes: object) -> CaseRecord:
    fields: dict[str, object] = {
        "operator_kernels": KERNELS,
        "readings": readings(fallback(share)),
    }
    return case_record(**(fields | changes))


REFERENCE = case_record(
    kernel_set="reference",
    library_name=None,
    readings=readings(counted(31_000_000)),
    operator_kernels=KERNELS[:1],
)


def row_of(text: str) -> str:
    """The line of the table that the numbers of the only case are in."""
    (line,) = (line for line in text.splitlines() if "7,628,160" in line)
    return line


@pytest.mark.parametrize(
    ("share", "headed"),
    [
        (0.0, "cmsis-nn"),
        (0.4999, "cmsis-nn"),
        (0.5, "cmsis-nn"),
        (0.5000001, "fallback (cmsis-nn)"),
        (1.0, "fallback (cmsis-nn)"),
    ],
)
def test_a_row_above_half_is_not_headed_by_its_set(share: float, headed: str) -> None:
    assert heading("cmsis-nn", share) == headed
    assert heading_of(fallen(share)) == headed


@pytest.mark.parametrize("width", [100, 140, 200])
def test_the_table_tells_heading_share_and_operators(width: int) -> None:
    text = " ".join(summary_text([fallen(0.873)], width).split())
    assert "fallback (cmsis-nn)" in text
    assert "87.3 %" in text
    assert (
        "fallback in kws · mps2-an500 · cmsis-nn (O2): 2 x FULLY_CONNECTED "
        "(reference/fully_connected), SOFTMAX (reference/softmax): 87.3 %"
    ) in text
    assert "a row above 50 % is not headed by its kernel set alone" in text


def test_half_is_not_above_half() -> None:
    row = row_of(summary_text([fallen(0.5)], 200))
    assert "50.0 %" in row
    assert "fallback" not in row


def test_the_set_itself_is_not_in_a_row_that_is_mostly_fallback() -> None:
    row = row_of(summary_text([fallen(0.51, aliases="cmsis-nn-dsp")], 200))
    assert row.split()[3:5] == ["fallback", "(cmsis-nn)"]


def test_where_nothing_fell_back_the_table_is_silent() -> None:
    none = case_record(operator_kernels=KERNELS[:1], readings=readings(fallback(0.0)))
    assert "fallback" not in summary_text([none, REFERENCE], 200)
    table = frame([none, REFERENCE])
    assert not {"fallback_share", "fallback_operators", "heading"} & set(table.columns)


def test_a_set_without_a_library_has_no_share_and_says_why() -> None:
    text = summary_text([REFERENCE, fallen(0.25)], 200)
    assert f"¹ {NO_LIBRARY}" in text
    (line,) = (line for line in text.splitlines() if "31,000,000" in line)
    assert "-¹" in line


def test_a_share_that_could_not_be_measured_does_not_pass_for_a_small_one() -> None:
    lost = case_record(
        operator_kernels=KERNELS,
        readings=readings(Missing("fallback_share", "no profile: the device was silent")),
    )
    assert heading_of(lost) == "fallback (cmsis-nn)"
    text = summary_text([lost], 200)
    assert "¹ no profile: the device was silent" in text
    assert "(reference/softmax): no profile: the device was silent" in text


def test_a_case_that_failed_has_no_share() -> None:
    text = summary_text([failed_record(operator_kernels=KERNELS)], 200)
    assert "fallback" not in text


def test_records_older_than_the_kernels_are_as_they_were() -> None:
    assert heading_of(case_record()) == "cmsis-nn"
    assert "fallback" not in summary_text([case_record()], 200)


def test_files_for_other_programs(tmp_path: Path) -> None:
    records = [fallen(0.873), REFERENCE]
    first, second = json.loads(records_to_json(records))["cases"]
    assert (first["kernel_set"], first["heading"]) == ("cmsis-nn", "fallback (cmsis-nn)")
    assert first["readings"]["fallback_share"]["value"] == 0.873
    assert first["operator_kernels"][0] == {
        "index": 0,
        "operator": "CONV_2D",
        "source": "cmsis-nn/conv_2d.c",
        "calls": ["arm_convolve_wrapper_s8"],
        "path": "dsp",
        "fallback": False,
    }
    assert [one["fallback"] for one in first["operator_kernels"]] == [False, True, True, True]
    assert second["heading"] == "reference"
    write_report(tmp_path / "t.csv", records)
    first, second = csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text()))
    assert (first["kernel_set"], first["heading"]) == ("cmsis-nn", "fallback (cmsis-nn)")
    assert (first["fallback_share"], first["fallback_operators"]) == (
        *("0.873", "FULLY_CONNECTED; SOFTMAX"),
    )
    assert (second["fallback_share"], second["fallback_share_reason"]) == ("", NO_LIBRARY)
    assert "operator_kernels" not in first
    write_report(tmp_path / "t.md", records)
    lines = (tmp_path / "t.md").read_text().splitlines()
    assert "fallback (cmsis-nn)" in lines[2]
    assert lines[0].count("fallback") == 1


def test_a_variant_is_told_too() -> None:
    text = " ".join(summary_text([replace(fallen(0.9), variant="O3")], 140).split())
    assert "fallback in kws · mps2-an500 · cmsis-nn (O3): " in text
