"""`harness power`: what it lists, checks, measures, imports and draws, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli.app import app


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_POWER_METER", raising=False)
    return tmp_path


def power(*words: str) -> Result:
    return CliRunner().invoke(app, ["power", *words])


def csv_file(folder: Path, high: range = range(200, 1200)) -> Path:
    rows = [f"{n},{10_000 if n in high else 2_000},{int(n in high)}" for n in range(1500)]
    file = folder / "scope.csv"
    file.write_text("Timestamp(ms),Current(uA),D0\n" + "\n".join(rows) + "\n")
    return file


def test_the_kinds_of_meters_are_listed() -> None:
    rows = json.loads(power("list", "--json").stdout)
    assert {"ppk2", "lpm01a", "virtual", "replay"} <= {row["kind"] for row in rows}


def test_a_virtual_meter_is_healthy() -> None:
    result = power("doctor", "virtual:ppk2", "--json")
    findings = {one["name"]: one for one in json.loads(result.stdout)}
    assert result.exit_code == 0
    assert findings["samples"]["state"] == "ok"
    assert findings["samples"]["note"].endswith("at 100000 Hz, 0 lost")


def test_a_meter_that_is_not_there_is_the_rigs_fault() -> None:
    result = power("doctor", "ppk2:///dev/nothing")
    assert result.exit_code == 4
    assert "MeterNotFound" in result.stdout


def test_a_virtual_meter_measures_and_the_trace_can_be_looked_at_again(folder: Path) -> None:
    words = ["--voltage", "3", "-s", "1.6", "--inferences", "20", "--plot", "a.svg"]
    result = power("measure", "-p", "virtual:ppk2", *words, "--board-time", "1.0", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["kind"], found["valid"], found["for_regression"]) == ("simulated", True, False)
    assert found["energy_j"] == pytest.approx(10e-3 * 3 * 1.0 / 20, rel=1e-3)
    assert (folder / "a.svg").read_text().startswith("<svg")
    again = power("plot", found["trace"][:12], "-o", "b.svg")
    assert again.exit_code == 0
    assert (folder / "b.svg").read_text() == (folder / "a.svg").read_text()


def test_an_energy_that_is_not_there_is_a_dash_with_its_reason() -> None:
    result = power("measure", "-p", "virtual:ppk2", "--voltage", "3", "-s", "0.3")
    assert result.exit_code == 7
    assert "energy per inference  -" in result.stdout
    assert "GATE_NO_RISE" in result.stdout
    assert "mJ" not in result.stdout


def test_a_voltage_is_never_assumed_and_never_too_high() -> None:
    assert power("measure", "-p", "virtual:ppk2").exit_code == 2
    words = ["--voltage", "3.3", "--max-voltage", "1.8"]
    assert power("measure", "-p", "virtual:ppk2", *words).exit_code == 4


def test_an_imported_trace_has_an_energy_a_baseline_and_a_battery(folder: Path) -> None:
    words = ["--voltage", "3", "--baseline", "idle:0:0.15", "--battery", "60:5:220"]
    result = power("import", str(csv_file(folder)), *words)
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert "30 mJ +- 0.77 mJ (k=2), one window" in text
    assert "net of the baseline   24 mJ (baseline idle, 6 mW)" in text
    assert "assumed: 220 mAh of which 85 % are usable" in text
    assert "kind                  imported" in text


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--baseline", "idle"], 2, "Write NAME:START:END"),
        (["--battery", "1:2"], 2, "Write PERIOD_S:SLEEP_UA:CAPACITY_MAH"),
        (["--windows", "2"], 7, "1 windows where 2 were expected"),
        (["--board-time", "0.9"], 7, "CLOCK_MISMATCH"),
        (["--format", "xls"], 2, "no trace format 'xls'"),
    ],
)
def test_an_import_that_ends_badly(folder: Path, words: list[str], code: int, message: str) -> None:
    result = power("import", str(csv_file(folder)), "--voltage", "3", *words)
    assert result.exit_code == code
    assert message in result.output


def test_a_virtual_shield_measures_by_its_events() -> None:
    words = ["--voltage", "3", "-s", "1.7", "--board-time", "1.0", "--json"]
    result = power("measure", "-p", "virtual:lpm01a", *words)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["alignment"] == "event"
    assert found["energy_j"] == pytest.approx(10e-3 * 3 * 1.0, rel=1e-3)
