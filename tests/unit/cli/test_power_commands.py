"""`harness power`: what it lists, checks, measures, imports and draws, and how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from builders.records import case_record, run_info
from builders.traces import gated
from typer.testing import CliRunner, Result

from harness.cli.app import app
from harness.domain.measurement import Missing
from harness.domain.power import Trace
from harness.domain.selection import RunFilter
from harness.power.traces.npz import arrays_of
from harness.results import open_store


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


def test_a_trace_is_raw_data_of_the_results_exported_and_pruned_with_them(folder: Path) -> None:
    result = power("import", str(csv_file(folder)), "--voltage", "3", "--json", "--results", "a.db")
    name = json.loads(result.stdout)["trace"]
    kept = list(folder.rglob(f"{name}.npz"))
    assert kept == [folder / "a.db.raw" / name[:2] / f"{name}.npz"]

    def results(*words: str) -> Result:
        found = CliRunner().invoke(app, ["results", *words])
        assert found.exit_code == 0, found.output
        return found

    out = ["export", "a.jsonl", "--raw", "out.raw", "--results", "a.db"]
    assert "copied: 2" in results(*out).output  # the trace, and what was asked of it
    taken = results("import", "a.jsonl", "--raw", "out.raw", "--results", "b.db")
    assert "raw data added: 2" in taken.output
    again = power("plot", name[:12], "-o", "b.svg", "--results", "b.db")
    assert again.exit_code == 0, again.output
    row = json.loads((folder / "a.jsonl").read_text())
    assert row["target_id"] == "power:csv"
    assert set(row["raw"]) == {"power-trace", "power-asked"}
    assert row["raw"]["power-trace"] == name
    assert row["readings"][0]["quantity"] == "energy_per_inference"
    assert row["readings"][0]["value"] == pytest.approx(30e-3, rel=1e-5)  # 10 mA, 3 V, 1 s
    os.utime(kept[0], (0, 0))  # older than what an hour's grace protects
    assert "runs 1" in results("prune", "--keep-last", "0", "--yes", "--results", "a.db").output
    assert not kept[0].exists()


def test_a_simulated_energy_has_a_name_of_its_own(folder: Path) -> None:
    assert power("measure", "-p", "virtual:ppk2", "--voltage", "3", "-s", "1.6").exit_code == 0
    (run,) = open_store().runs(RunFilter(sessions=True))
    (session,) = open_store().sessions(run.id)
    assert [reading.quantity for reading in session.readings] == ["energy_per_inference_sim"]
    assert session.fidelity == "simulated"
    assert open_store().cases(run.id) == []


def test_a_trace_that_cannot_be_analysed_is_kept_with_the_reason(folder: Path) -> None:
    bad = power("import", str(csv_file(folder)), "--voltage", "3", "--align", "nonsense")
    assert bad.exit_code == 2
    assert "windows are not found by 'nonsense'" in bad.output
    assert "Use one of gate, pulse, event, hw-start, marker, step, host." in bad.output
    assert power("import", str(csv_file(folder)), "--voltage", "3", "--windows", "2").exit_code == 7
    reasons = [
        reading.reason
        for run in open_store().session_runs()
        for session in open_store().sessions(run.id)
        for reading in session.readings
        if isinstance(reading, Missing)
    ]
    assert len(open_store().session_runs()) == 2
    assert len(reasons) == 1
    assert "1 windows where 2 were expected" in reasons[0]


def test_a_trace_of_a_name_that_nothing_has(folder: Path) -> None:
    assert power("import", str(csv_file(folder)), "--voltage", "3").exit_code == 0
    result = power("plot", "abc0")
    assert result.exit_code == 8
    assert "0 pieces of raw data of kind power-trace begin with 'abc0'" in result.output
    assert "Give the hash, or more of its digits." in result.output


@pytest.mark.parametrize("words", [(), ("abc0", "--run", "last")])
def test_one_thing_is_drawn(folder: Path, words: tuple[str, ...]) -> None:
    result = power("plot", *words)
    assert result.exit_code == 2
    assert "one trace is drawn, or that of a run" in result.output
    assert "Name a trace, a file, or a run with --run." in result.output


def kept(*traces: Trace) -> None:
    """A run with a case for each trace."""
    store = open_store("results/harness.db")
    run = run_info()
    store.begin(run)
    for number, trace in enumerate(traces):
        sha256 = store.raw.put("power-trace", arrays_of(trace))
        store.add(run.id, case_record(model=f"m{number}", raw=(("power-trace", sha256),)))


def test_the_trace_of_a_run_is_drawn_without_its_first_window(folder: Path) -> None:
    kept(gated([(200, 1400), (1700, 2900)], 3100))
    assert power("plot", "--run", "last", "-o", "a.svg").exit_code == 0
    assert power("again", "--run", "last", "--plot", "all").exit_code == 0
    (other,) = (folder / "all").glob("*.svg")
    assert (folder / "a.svg").read_text() == other.read_text()


def test_a_run_of_several_traces_says_how_all_are_drawn() -> None:
    kept(gated([(200, 600)], 1000), gated([(300, 600)], 1000))
    result = power("plot", "--run", "last")
    assert result.exit_code == 2
    assert "last has 2 traces" in result.output
    assert "harness power again --run last --plot FOLDER" in " ".join(result.output.split())
