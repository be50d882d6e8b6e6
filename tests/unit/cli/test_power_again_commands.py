"""`harness power again`: recordings by hand, of runs and of sessions, and how it ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from builders import kept_recordings as kept
from builders.kept_recordings import IDLE_A, VOLTS, joules, keep_case, keep_record, keep_session
from builders.records import case_record
from builders.traces import trace_of
from typer.testing import CliRunner, Result

from harness.cli.app import app
from harness.domain.measurement import Measurement, Missing
from harness.power.traces.npz import arrays_of
from harness.results import open_store

ACTIVE_A, RATE_HZ = 10e-3, 1000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_POWER_METER", raising=False)
    return tmp_path


def power(*words: str) -> Result:
    return CliRunner().invoke(app, ["power", *words])


def found(*words: str) -> dict[str, object]:
    result = power("again", *words, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert isinstance(told, dict)
    return told


def imported(folder: Path, *words: str, code: int = 0) -> str:
    """Two windows of 1.2 s of 10 mA at 3 V over 2 mA."""
    gate = np.zeros(4000, int)
    gate[500:1700] = gate[2200:3400] = 1
    rows = [f"{n},{10_000 if pin else 2_000},{pin}" for n, pin in enumerate(gate)]
    file = folder / "scope.csv"
    file.write_text("Timestamp(ms),Current(uA),D0\n" + "\n".join(rows) + "\n")
    result = power("import", str(file), "--voltage", "3", *words, "--json")
    assert result.exit_code == code, result.output
    return str(json.loads(result.stdout)["trace"])


def test_a_measurement_by_hand_is_analysed_as_it_was_measured() -> None:
    words = ["--voltage", "3", "-s", "1.7", "--inferences", "20", "--board-time", "1.0"]
    words += ["--least-window", "0.5", "--baseline", "idle:0:0.4"]
    result = power("measure", "-p", "virtual:ppk2", *words, "--json")
    assert result.exit_code == 0, result.output
    measured = json.loads(result.stdout)
    again = found(measured["trace"][:10])
    assert again["measured_j"] == measured["energy_j"]
    assert {key: again[key] for key in measured} == measured
    assert again["energy_j"] == pytest.approx(VOLTS * ACTIVE_A / 20, rel=1e-3)
    half = found(measured["trace"], "--inferences", "40")
    assert half["energy_j"] == pytest.approx(VOLTS * ACTIVE_A / 40, rel=1e-3)
    assert half["net_j"] == pytest.approx(VOLTS * (ACTIVE_A - IDLE_A) / 40, rel=5e-3)


def test_an_import_is_analysed_with_other_windows(folder: Path) -> None:
    name = imported(folder, "--inferences", "3", code=7)  # two windows, and one was said
    assert power("again", name).exit_code == 7
    whole = found(name, "--windows", "2")
    assert whole["energy_j"] == pytest.approx(VOLTS * ACTIVE_A * 1.2 / 3, rel=1e-4)
    assert isinstance(whole["windows"], list)
    assert len(whole["windows"]) == 2
    second = found(name, "--windows", "1", "--discard", "1")
    assert [one["window"]["first"] for one in second["windows"]] == [2200]  # type: ignore[index]


def test_another_pin_of_a_file_is_the_gate(folder: Path) -> None:
    trace = trace_of(kept.current([5e-3, 7e-3]), logic=kept.gate(2, bit=1))
    np.savez(folder / "pins.npz", **arrays_of(trace))  # type: ignore[arg-type]
    words = ["--windows", "1", "--inferences", "50", "--json"]
    result = power("import", "pins.npz", *words)
    assert result.exit_code == 7
    measured = json.loads(result.stdout)
    assert measured["reason"] == "GATE_NO_RISE"
    words = ["--gate-bit", "1", "--discard", "1", "--baseline", "idle:0:0.5"]
    again = found(measured["trace"], *words)
    assert again["energy_j"] == pytest.approx(joules(7e-3), rel=1e-6)
    assert again["net_j"] == pytest.approx(joules(5e-3), rel=1e-6)


def test_it_is_printed_as_an_import_is(folder: Path) -> None:
    result = power("import", str(csv_of(folder)), "--voltage", "3", "--battery", "60:5:220")
    first = result.stdout.splitlines()
    name = next(line.split()[-1] for line in first if line.startswith("trace "))
    again = power("again", name[:8], "--battery", "60:5:220").stdout.splitlines()
    assert again[0] == "power:csv"
    assert [line[2:] for line in again[1:]] == first


def csv_of(folder: Path) -> Path:
    imported(folder, "--windows", "2")
    file = folder / "one.csv"
    rows = (folder / "scope.csv").read_text().splitlines()[:1900]
    file.write_text("\n".join(rows) + "\n")
    return file


@pytest.mark.parametrize(
    ("words", "code", "message", "hint"),
    [
        (["--windows", "3"], 7, "2 windows where 3 were expected", "Look for glitches."),
        (["--min-window", "1.3"], 7, "WINDOW_TOO_SHORT", ""),
        (["--floor", "0.02"], 7, "UNPOWERED", ""),
        (["--align", "nonsense"], 2, "not found by 'nonsense'", "Use one of gate, pulse"),
        (["--baseline", "idle"], 2, "'' is not of the form", "Write NAME:START:END"),
        (["--baseline", ":0:0.4"], 2, "is not of the form", "Write NAME:START:END"),
        (["--baseline", "idle:9:10"], 2, "no sample from 9 to 10 s", "Name a stretch"),
        (["--run", "last"], 2, "one recording is analysed, or those of a run", "Name a trace"),
        (["--case", "kws"], 2, "one recording is analysed, or those of a run", "Name a trace"),
    ],
)
def test_how_a_recording_ends_badly(
    folder: Path, words: list[str], code: int, message: str, hint: str
) -> None:
    name = imported(folder, "--windows", "2")
    result = power("again", name, *words)
    assert result.exit_code == code
    told = " ".join(result.output.split())
    assert message in told
    assert hint in told


def test_names_that_are_none_or_several_or_of_something_else(folder: Path) -> None:
    name = imported(folder, "--windows", "2")
    imported(folder, "--windows", "2", "--accuracy", "0.01")
    store = open_store()
    other = store.raw.put("answers", {"ticks": np.ones(3)})
    keep_record(store, case_record(raw=(("answers", other),)))
    for words, message, hint in (
        ("zzzz", "0 pieces of raw data of kind power-trace begin with 'zzzz'", "Give the hash"),
        ("", "no case of last has a trace of a power meter", "Measure with --power-meter"),
        (other[:9], "is raw data of kind answers, not power-trace", "Name the hash of a power"),
    ):
        result = power("again", *([words] if words else []))
        assert result.exit_code == 8, result.output
        assert message in " ".join(result.output.split())
        assert hint in result.output
    several = power("again", common_beginning(name))
    assert several.exit_code == 8
    assert "2 pieces of raw data of kind power-trace begin with" in several.output
    assert "Give the hash, or more of its digits." in several.output


def common_beginning(name: str) -> str:
    """Keep traces until the hash of one begins as `name` does."""
    store = open_store()
    for number in range(200):
        trace = trace_of(np.full(10, number * 1e-3))
        other = store.raw.put("power-trace", arrays_of(trace))
        if other[0] == name[0]:
            keep_record(store, case_record(raw=(("power-trace", other),)))
            return name[0]
    raise AssertionError("no hash begins so")


def test_a_file_needs_no_results(folder: Path) -> None:
    name = imported(folder, "--windows", "2")
    (file,) = folder.rglob(f"{name}.npz")
    shutil.copy(file, folder / "trace.npz")
    shutil.rmtree(folder / "results")
    words = ["trace.npz", "--windows", "2", "--inferences", "4"]
    again = found(*words, "--plot", "drawn")
    assert again["energy_j"] == pytest.approx(VOLTS * ACTIVE_A * 1.2 / 4, rel=1e-4)
    assert again["trace"] is None
    assert (folder / "drawn" / "trace.svg").read_text().startswith("<svg")
    kept_file = power("again", *words, "--keep")
    assert kept_file.exit_code == 2
    assert "a file has no row in the results" in kept_file.output
    assert "harness power import" in kept_file.output
    assert not (folder / "results").exists()


def test_a_file_that_does_not_say_its_voltage(folder: Path) -> None:
    imported(folder, "--windows", "2")
    result = power("again", "scope.csv")
    assert result.exit_code == 7
    assert "the file has no voltage" in result.output
    assert "harness power import" in result.output


def test_a_file_that_is_not_there() -> None:
    result = power("again", "nothing.npz")
    assert result.exit_code == 7
    assert "nothing.npz: there is no such file" in result.output
    assert "Give the path of a trace file." in result.output


def test_an_import_that_failed_by_its_baseline_is_not_lost(folder: Path) -> None:
    words = ["--voltage", "3", "--windows", "2", "--baseline"]
    imported(folder, "--windows", "2")
    assert power("import", "scope.csv", *words, "idle:9:10").exit_code == 2
    runs = open_store().session_runs()
    assert power("again", "--run", runs[-1].id).exit_code == 2
    result = power("again", "--run", runs[-1].id, "--baseline", "none")
    assert result.exit_code == 0
    assert "net of the baseline" not in result.output


def test_a_session_is_shown_by_its_id(folder: Path) -> None:
    imported(folder, "--windows", "2")
    (run,) = open_store().session_runs()
    result = CliRunner().invoke(app, ["results", "show", run.id[:8]])
    assert result.exit_code == 0, result.output
    assert "power:csv" in result.output


def test_what_is_kept_is_a_row_of_its_own(folder: Path) -> None:
    name = imported(folder, "--windows", "2")
    store = open_store()
    (run,) = store.session_runs()
    (before,) = store.sessions(run.id)
    words = [name, "--windows", "1", "--discard", "1", "--inferences", "2"]
    again = found(*words, "--keep")
    assert store.sessions(run.id) == [before]
    (row,) = store.sessions(str(again["kept"]))
    assert row.target_id == before.target_id == "power:csv"
    (reading,) = row.readings
    assert isinstance(reading, Measurement)
    assert reading.value == pytest.approx(VOLTS * ACTIVE_A * 1.2 / 2, rel=1e-4)
    assert reading.method.endswith("; analysed again")
    assert dict(row.raw)["power-trace"] == name
    assert "power-again" in dict(row.raw)
    # What was measured tells how, and not what was thought of it later; a run tells its own.
    assert len(found(name)["windows"]) == 2  # type: ignore[arg-type]
    (of_row,) = json.loads(power("again", "--run", str(again["kept"])[:10], "--json").stdout)
    assert of_row["energy_j"] == again["energy_j"] == of_row["measured_j"]
    assert of_row["kind"] == "imported"


def test_a_reading_that_is_invalid_is_kept_with_its_reason(folder: Path) -> None:
    name = imported(folder, "--windows", "2")
    assert power("again", name, "--floor", "0.02", "--keep").exit_code == 7
    rows = [row for run in open_store().session_runs() for row in open_store().sessions(run.id)]
    reasons = [one.reason for one in rows[-1].readings if isinstance(one, Missing)]
    assert len(rows) == 2
    assert reasons[0].startswith("UNPOWERED")


def test_of_a_run_the_cases_that_are_named(folder: Path) -> None:
    gated = trace_of(kept.current((25e-3, *kept.AMPERES)), logic=kept.gate(4))
    keep_case([gated], kept.board_of_run(4))
    result = power("again", "--case", "kws an500", "--json")
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert row["case"] == "kws · mps2-an500 · cmsis-nn"
    assert row["energy_j"] == pytest.approx(joules(11e-3), rel=1e-6)
    other = power("again", "--run", "last", "--case", "resnet")
    assert other.exit_code == 8
    assert "no case of last with a trace is called 'resnet'" in other.output
    assert "Give words of a name: kws" in " ".join(other.output.split())
    assert power("again", "--windows", "4").exit_code == 2
    short = power("again", "--least-window", "3")
    assert short.exit_code == 7
    assert "energy per inference  -" in short.output
    assert "no energy: WINDOW_TOO_SHORT" in short.output


def test_a_case_that_is_kept_again_is_compared_with_nothing(folder: Path) -> None:
    gated = trace_of(kept.current((25e-3, *kept.AMPERES)), logic=kept.gate(4))
    _, store = keep_case([gated], kept.board_of_run(4))
    result = power("again", "--inferences", "100", "--keep", "--json")
    (again,) = json.loads(result.stdout)
    assert len(store.runs()) == 1, "the last run is the one that was measured"
    (row,) = store.sessions(again["kept"])
    assert row.is_session
    assert (row.target_id, row.model) == ("power:mps2-an500", "kws")
    (of_row,) = json.loads(power("again", "--run", again["kept"], "--json").stdout)
    assert of_row["energy_j"] == again["energy_j"] == pytest.approx(joules(11e-3, 100), rel=1e-6)


def test_a_session_by_its_run(folder: Path) -> None:
    traces = [
        trace_of(kept.current([one]), logic=kept.pulses(1), origin="simulated")
        for one in (10e-3, 14e-3, 11e-3, 12e-3, 13e-3)
    ]
    store = keep_session(traces)
    (run,) = store.session_runs()
    result = power("again", "--run", run.id[:8], "--plot", "drawn", "--keep")
    assert result.exit_code == 0, result.output
    assert "5 of 2.000 s, 50 inferences each" in result.output
    assert len(list((folder / "drawn").glob("*.svg"))) == 5
    (again,) = [one for one in store.session_runs() if one.id != run.id]
    (row,) = store.sessions(again.id)
    assert row.target_id == "power:mlperf:board"
    (of_row,) = json.loads(power("again", "--run", again.id, "--json").stdout)
    assert of_row["energy_j"] == of_row["measured_j"] == pytest.approx(joules(12e-3), rel=1e-6)
    assert power("plot", "--run", run.id).exit_code == 2


def test_a_drawing_is_of_the_windows_that_were_measured(folder: Path) -> None:
    name = imported(folder, "--windows", "2")
    assert power("plot", name, "-o", "a.svg").exit_code == 0
    assert power("plot", name, "-o", "b.svg", "--windows", "2").exit_code == 0
    assert (folder / "a.svg").read_text() == (folder / "b.svg").read_text()


@pytest.mark.parametrize("command", ["measure", "import", "again"])
def test_the_options_of_an_analysis_are_those_of_all_three(command: str) -> None:
    text = CliRunner().invoke(app, ["power", command, "--help"], terminal_width=200).output
    for option in (
        *("--windows", "--discard", "--inferences", "--board-time", "--least-window", "--align"),
        *("--gate-bit", "--floor", "--baseline", "--battery"),
    ):
        assert option in text
    assert ("as measured" in text) is (command == "again")
