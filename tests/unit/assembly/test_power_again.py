"""Kept recordings analysed again: the number of the run, or another that can be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import kept_recordings as kept
from builders.kept_recordings import (
    AMPERES,
    BEGAN_S,
    FIRST_A,
    IDLE_A,
    INFERENCES,
    VOLTS,
    WINDOW_S,
    joules,
    keep_case,
    keep_session,
)
from builders.traces import summary, trace_of

from harness.assembly.power_again import Again, analyse_again
from harness.assembly.power_recordings import recording_named, recordings_of_run
from harness.domain.energy import Alignment
from harness.domain.metering import BoardWindows
from harness.domain.power import Invalid, Reason, Trace
from harness.domain.power_analysis import NO_BASELINE, Analysis
from harness.errors import ConfigError, CorruptRecord, StoreError, UnknownName

ALL = (FIRST_A, *AMPERES)
SOME_S = 12.0
MEDIAN_J = joules(11e-3)
RUN, SESSION = "last", "0000000000000000"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def gated(amperes: Sequence[float] = ALL, **more: object) -> Trace:
    given: dict[str, object] = {"logic": kept.gate(len(amperes)), "started_s": BEGAN_S}
    return trace_of(kept.current(amperes), **(given | more))


def again(said: Analysis | None = None, run: str = RUN) -> Again:
    (recorded,) = recordings_of_run(run)
    return analyse_again(recorded, said or Analysis())


def window_boards() -> list[BoardWindows]:
    """What is known of each window of a session: when the host asked, and the count."""
    told = kept.board_of_run(1)
    window = replace(told.windows[0], board_s=None)
    return [replace(told, windows=(window,), discarded=0, least_s=0.0, pulses=True)] * 5


def windows_of_session(origin: str = "simulated") -> list[Trace]:
    amperes = (10e-3, 14e-3, 11e-3, 12e-3, 13e-3)
    pins = kept.pulses(1)
    return [trace_of(kept.current([one]), logic=pins, origin=origin) for one in amperes]


WAYS = {
    Alignment.GATE: ([gated()], kept.board_of_run(4), MEDIAN_J),
    Alignment.PULSE: (
        [gated(logic=kept.pulses(4))],
        kept.board_of_run(4, pulses=True),
        MEDIAN_J,
    ),
    Alignment.EVENT: ([gated(logic=None, edges=kept.events(4))], kept.board_of_run(4), MEDIAN_J),
    Alignment.HARDWARE_START: ([kept.started(one) for one in ALL], kept.board_of_run(4), MEDIAN_J),
    Alignment.MARKER: (
        [trace_of(kept.current(ALL), started_s=BEGAN_S, earliest_s=BEGAN_S)],
        kept.with_a_clock(kept.board_of_run(4)),
        MEDIAN_J,
    ),
    Alignment.HOST: (
        [trace_of(kept.current(ALL, SOME_S), started_s=BEGAN_S)],
        kept.board_of_run(4, SOME_S),
        joules(11e-3, seconds=SOME_S),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_said_gives_the_number_of_the_run_by_every_way(way: Alignment) -> None:
    traces, board, expected = WAYS[way]
    measured, _ = keep_case(traces, board)
    found = again()
    assert found.reading == measured
    assert summary(found.reading).alignment is way
    assert len(summary(found.reading).windows) == 3, "the first one warmed up"
    assert summary(found.reading).energy_j == pytest.approx(expected, rel=1e-6)
    assert len(found.traces) == len(traces)
    assert sum(map(len, found.windows)) == 3


def test_the_first_windows_that_count_may_be_taken_alone() -> None:
    keep_case([gated()], kept.board_of_run(4))
    energy = summary(again(Analysis(windows=1)).reading)
    assert energy.energy_j == pytest.approx(joules(10e-3), rel=1e-6)
    two = summary(again(Analysis(windows=2)).reading)
    assert two.energy_j == pytest.approx(joules(12e-3), rel=1e-6)


def test_a_recording_for_each_window_may_be_taken_in_part_too() -> None:
    keep_case([kept.started(one) for one in ALL], kept.board_of_run(4))
    found = again(Analysis(windows=2, baseline=("idle", WINDOW_S, WINDOW_S + 0.4)))
    energy = summary(found.reading)
    assert energy.energy_j == pytest.approx(joules(12e-3), rel=1e-6)
    assert energy.net_j == pytest.approx(joules(12e-3 - IDLE_A), rel=1e-6)
    assert [len(one) for one in found.windows] == [0, 1, 1, 0]


def test_the_window_that_warmed_up_counts_where_that_is_said() -> None:
    keep_case([gated()], kept.board_of_run(4))
    energy = summary(again(Analysis(discard=0, windows=1)).reading)
    assert energy.energy_j == pytest.approx(joules(FIRST_A), rel=1e-6)


def test_other_inferences_and_another_baseline() -> None:
    keep_case([gated()], kept.board_of_run(4))
    said = Analysis(inferences=2 * INFERENCES, baseline=("idle", 0.0, 0.5))
    energy = summary(again(said).reading)
    assert energy.energy_j == pytest.approx(MEDIAN_J / 2, rel=1e-6)
    assert energy.baseline is not None
    assert energy.baseline.power_w == pytest.approx(VOLTS * IDLE_A, rel=1e-6)
    assert energy.net_j == pytest.approx(joules(11e-3 - IDLE_A, 2 * INFERENCES), rel=1e-6)


def test_the_baseline_of_the_run_stays_where_no_other_is_named() -> None:
    measured, _ = keep_case([gated()], kept.board_of_run(4, baseline="idle"))
    energy = summary(again().reading)
    assert energy == measured
    assert energy.net_j == pytest.approx(joules(11e-3 - IDLE_A), rel=1e-6)


def test_a_baseline_may_be_left_out_again() -> None:
    keep_case([gated()], kept.board_of_run(4, baseline="idle"))
    energy = summary(again(Analysis(baseline=NO_BASELINE)).reading)
    assert (energy.baseline, energy.net_j) == (None, None)
    assert energy.energy_j == pytest.approx(MEDIAN_J, rel=1e-6)
    assert not [note for note in energy.warnings if "baseline" in note]


def test_another_pin_may_be_the_gate() -> None:
    measured, _ = keep_case([gated(logic=kept.gate(4, bit=3))], kept.board_of_run(4))
    assert isinstance(measured, Invalid)
    assert again().reading == measured
    energy = summary(again(Analysis(gate_bit=3)).reading)
    assert energy.energy_j == pytest.approx(MEDIAN_J, rel=1e-6)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Analysis(least_window_s=WINDOW_S + 0.1), Reason.WINDOW_TOO_SHORT),
        (Analysis(floor_a=12e-3), Reason.UNPOWERED),
        (Analysis(board_s=WINDOW_S * 1.05), Reason.CLOCK_MISMATCH),
        (Analysis(alignment="event"), Reason.GATE_NO_RISE),
        (Analysis(alignment="host"), Reason.WINDOW_TOO_SHORT),
    ],
)
def test_bounds_that_are_said_hold(said: Analysis, reason: Reason) -> None:
    keep_case([gated()], kept.board_of_run(4))
    reading = again(said).reading
    assert isinstance(reading, Invalid)
    assert reading.reason is reason


@pytest.mark.parametrize(
    ("said", "error", "what", "hint"),
    [
        (
            Analysis(windows=4),
            ConfigError,
            "kws · mps2-an500 · cmsis-nn has 3 windows that count, not 4",
            "Ask for fewer with --windows, or discard fewer with --discard.",
        ),
        (Analysis(discard=4), ConfigError, "has 0 windows that count, not 1", "fewer"),
        (
            Analysis(alignment="gates"),
            UnknownName,
            "windows are not found by 'gates'",
            "Use one of gate, pulse, event, hw-start, marker, step, host.",
        ),
        (
            Analysis(baseline=("idle", 10.0, 11.0)),
            ConfigError,
            "there is no sample from 10 to 11 s, and 10.500 s were recorded",
            "Name a stretch of the recording: `harness power plot` shows it.",
        ),
        (Analysis(baseline=("idle", 1.0, 1.0)), ConfigError, "no sample from 1 to 1 s", "Name"),
        (Analysis(baseline=("idle", float("nan"), 1.0)), ConfigError, "no sample", "Name"),
    ],
)
def test_what_does_not_fit_the_recording_is_refused(
    said: Analysis, error: type[ConfigError], what: str, hint: str
) -> None:
    keep_case([gated()], kept.board_of_run(4))
    with pytest.raises(error) as raised:
        again(said)
    assert what in raised.value.what
    assert hint in raised.value.hint


def test_a_run_whose_meter_went_away_says_so_again() -> None:
    """It was lost in the first window: none is left that counts."""
    gone = Invalid(Reason.DISCONNECTED, "it went away", "Plug it in.")
    measured, _ = keep_case([gated([FIRST_A]).with_faults(gone)], kept.board_of_run(1))
    assert again().reading == measured == gone


def test_one_recording_of_several_by_its_hash() -> None:
    _, store = keep_case([kept.started(one) for one in ALL], kept.board_of_run(4))
    (record,) = store.cases(store.runs()[0].id)
    third = dict(record.raw)["power-trace-3"]
    recorded = recording_named(third[:10])
    assert recorded.title == "kws · mps2-an500 · cmsis-nn, recording 3 of 4"
    energy = summary(analyse_again(recorded, Analysis()).reading)
    assert energy.energy_j == pytest.approx(joules(14e-3), rel=1e-6)


def test_a_row_that_kept_no_facts_is_found_by_its_gate() -> None:
    keep_case([gated()], None)
    energy = summary(again(Analysis(windows=3, inferences=INFERENCES)).reading)
    assert energy.energy_j == pytest.approx(MEDIAN_J, rel=1e-6)
    few = again().reading
    assert isinstance(few, Invalid)
    assert "4 windows where 2 were expected" in few.detail


def test_a_row_that_kept_one_of_several_recordings_says_what_to_give() -> None:
    keep_case([kept.started(one) for one in ALL], None)
    with pytest.raises(ConfigError) as raised:
        again()
    assert "only the last of the recordings that its gate started was kept" in raised.value.what
    assert raised.value.hint == (
        "Say --board-time, its seconds by the board's counter, or measure again."
    )
    said = Analysis(board_s=WINDOW_S, inferences=INFERENCES)
    energy = summary(again(said).reading)
    assert energy.energy_j == pytest.approx(joules(AMPERES[-1]), rel=1e-6)


@pytest.mark.parametrize("boards", [window_boards(), []], ids=["told", "kept no facts"])
def test_a_session_is_the_median_of_its_windows(boards: list[BoardWindows]) -> None:
    keep_session(windows_of_session(), boards)
    energy = summary(again(run=SESSION).reading)
    assert energy.energy_j == pytest.approx(joules(12e-3), rel=1e-6)
    assert (len(energy.windows), energy.alignment) == (5, Alignment.PULSE)
    assert energy.net_j is None
    net = summary(again(Analysis(baseline=("idle", 0.0, 0.4)), SESSION).reading)
    assert net.energy_j == energy.energy_j
    assert net.net_j == pytest.approx(joules(12e-3 - IDLE_A), rel=1e-6)
    assert net.baseline is not None
    assert net.baseline.power_w == pytest.approx(VOLTS * IDLE_A, rel=1e-6)
    three = summary(again(Analysis(windows=3), SESSION).reading)
    assert three.energy_j == pytest.approx(joules(11e-3), rel=1e-6)


def test_a_measured_session_is_held_to_the_rules_unless_other_bounds_are_said() -> None:
    keep_session(windows_of_session("measured"), window_boards())
    reading = again(run=SESSION).reading
    assert isinstance(reading, Invalid)
    assert reading.detail == "a window took 2.000 s; the rules want 10 s"
    energy = summary(again(Analysis(least_window_s=1.0), SESSION).reading)
    assert energy.energy_j == pytest.approx(joules(12e-3), rel=1e-6)


def test_a_window_of_a_session_cannot_be_longer_than_its_answer_took() -> None:
    (told, *_) = window_boards()
    window = replace(told.windows[0], host_s=(70.0, 71.0))
    boards = [replace(told, windows=(window,))] * 5
    keep_session(windows_of_session("measured"), boards)
    reading = again(Analysis(least_window_s=1.0), SESSION).reading
    assert isinstance(reading, Invalid)
    assert reading.detail == "the meter saw a window of 2.000 s in 1.000 s of the host's"


def test_when_the_host_asked_is_wanted_and_was_not_kept() -> None:
    keep_session(windows_of_session())
    with pytest.raises(ConfigError) as raised:
        again(Analysis(alignment="host"), SESSION)
    assert "when the host asked for the windows of" in raised.value.what
    assert raised.value.hint == "Say --align pulse or step, or measure again."


def test_a_session_that_lacks_a_recording() -> None:
    keep_session(windows_of_session()[:4], window_boards()[:4])
    with pytest.raises(StoreError) as raised:
        again(run=SESSION)
    assert raised.value.what.endswith("has 4 recordings of 5")
    assert raised.value.hint == "Say --windows 4 to take those, or measure again."
    energy = summary(again(Analysis(windows=4), SESSION).reading)
    assert energy.energy_j == pytest.approx(joules(11.5e-3), rel=1e-6)


@pytest.mark.parametrize("damaged", [False, True])
def test_a_session_a_recording_of_which_is_gone_or_damaged(folder: Path, damaged: bool) -> None:
    store = keep_session(windows_of_session(), window_boards())
    (record,) = store.sessions(SESSION)
    (file,) = folder.rglob(f"{dict(record.raw)['power-trace-2']}.npz")
    if damaged:
        file.write_bytes(b"PK" + bytes(200))
    else:
        file.unlink()
    with pytest.raises(StoreError) as raised:
        again(run=SESSION)
    assert isinstance(raised.value, CorruptRecord) is damaged
    assert raised.value.what.startswith("recording 2 of 5: ")
    assert raised.value.hint


def test_a_recording_of_a_later_harness() -> None:
    _, store = keep_case([gated()], kept.board_of_run(4))
    later = store.raw.put("power-trace", {"about": np.frombuffer(b'{"version": 9}', np.uint8)})
    record = replace(store.cases(store.runs()[0].id)[0], raw=(("power-trace", later),))
    kept.keep_record(store, record)
    with pytest.raises(CorruptRecord) as raised:
        again(run="0001" * 4)
    assert "is no trace that can be read (trace version 9" in raised.value.what
    assert raised.value.hint.startswith("Read it with the harness that kept it")
