"""Runs whose cases have recordings of a power meter, with energies that can be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from builders.records import case_record, run_info
from builders.traces import trace_of

from harness.bench.case_energy import energy_raw
from harness.domain.energy import EnergyReading
from harness.domain.metering import BoardWindow, BoardWindows
from harness.domain.power import Edge, Trace
from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity
from harness.power.analysis.board_windows import energy_of
from harness.power.traces.npz import arrays_of
from harness.results import Store, open_store
from harness.results.power_facts import board_arrays

HZ, VOLTS, IDLE_A = 1000, 3.0, 2e-3
INFERENCES, WINDOW_S, PAUSE_S, BEGAN_S = 50, 2.0, 0.5, 70.0
FIRST_A = 25e-3
"""The first window warms up, and takes more than any that counts."""
AMPERES = (10e-3, 14e-3, 11e-3)


def joules(amperes: float, inferences: int = INFERENCES, seconds: float = WINDOW_S) -> float:
    """Of one inference, in a window of a constant current."""
    return VOLTS * amperes * seconds / inferences


def spans(count: int, seconds: float = WINDOW_S) -> list[tuple[int, int]]:
    """Samples of windows with a pause before each."""
    step = seconds + PAUSE_S
    begins = [PAUSE_S + n * step for n in range(count)]
    return [(round(HZ * a), round(HZ * (a + seconds))) for a in begins]


def board_of_run(count: int, seconds: float = WINDOW_S, **more: object) -> BoardWindows:
    """What a board tells of such windows; the host's clock is the recording's, begun at 70 s."""
    windows = tuple(
        BoardWindow(seconds, INFERENCES, (BEGAN_S + first / HZ, BEGAN_S + end / HZ))
        for first, end in spans(count, seconds)
    )
    told = BoardWindows(INFERENCES, windows, 1, 1.0)
    return replace(told, **more)  # type: ignore[arg-type]


def with_a_clock(board: BoardWindows, began_s: float = 4000.0) -> BoardWindows:
    """The same of a board whose own clock runs on, at the host's rate, from another beginning."""
    windows = tuple(
        replace(
            one, device_s=(one.host_s[0] - BEGAN_S + began_s, one.host_s[1] - BEGAN_S + began_s)
        )
        for one in board.windows
    )
    return replace(board, windows=windows)


def current(amperes: Sequence[float], seconds: float = WINDOW_S) -> np.ndarray:
    """Idle, and in each window its own current."""
    found = spans(len(amperes), seconds)
    samples = np.full(found[-1][1] + round(HZ * PAUSE_S), IDLE_A)
    for (first, end), one in zip(found, amperes, strict=True):
        samples[first:end] = one
    return samples


def gate(count: int, seconds: float = WINDOW_S, bit: int = 0) -> np.ndarray:
    """High in each window."""
    high = np.zeros(len(current([0.0] * count, seconds)), np.uint8)
    for first, end in spans(count, seconds):
        high[first:end] = 1 << bit
    return high


def pulses(count: int, seconds: float = WINDOW_S) -> np.ndarray:
    """Falls as each window begins, and as it ends."""
    level = np.ones(len(current([0.0] * count, seconds)), np.uint8)
    for at in (edge for span in spans(count, seconds) for edge in span):
        level[at : at + 5] = 0
    return level


def events(count: int) -> tuple[Edge, ...]:
    """The same, as an instrument reports it."""
    return tuple(Edge(edge, "d7") for span in spans(count) for edge in span)


def started(amperes: float) -> Trace:
    """A recording that the rising gate began, of one window."""
    samples = np.full(round(HZ * (WINDOW_S + PAUSE_S)), IDLE_A)
    samples[: round(HZ * WINDOW_S)] = amperes
    return trace_of(samples, triggered=True)


def keep_case(
    traces: Sequence[Trace],
    board: BoardWindows | None,
    location: str = "results/harness.db",
    **changes: object,
) -> tuple[EnergyReading | None, Store]:
    """A run of one case on silicon, kept as the bench does it; `board` None: as it was kept once.

    The energy of the run, and where it is kept.
    """
    store = open_store(location)
    arrays = tuple(arrays_of(trace) for trace in traces)
    found = None
    kinds = {"power-trace": arrays[-1]}
    if board is not None:
        found = replace(energy_of(traces, board), traces=arrays, board=board)
        kinds = energy_raw(found)
    raw = tuple((kind, store.raw.put(kind, one)) for kind, one in kinds.items())
    keep_record(store, case_record(fidelity=Fidelity.SILICON, raw=raw, **changes))
    return None if found is None else found.reading, store


def keep_session(
    traces: Sequence[Trace],
    boards: Sequence[BoardWindows] = (),
    location: str = "results/harness.db",
    **changes: object,
) -> Store:
    """An MLPerf Tiny session, each window of which has its recording."""
    store = open_store(location)
    raw = [
        (f"power-trace-{number}", store.raw.put("power-trace", arrays_of(trace)))
        for number, trace in enumerate(traces, start=1)
    ]
    raw += [
        (f"power-board-{number}", store.raw.put("power-board", board_arrays(board)))
        for number, board in enumerate(boards, start=1)
    ]
    usual = {"target_id": "mlperf:board", "inputs": 5, "repeats": INFERENCES, "readings": ()}
    keep_record(store, case_record(raw=tuple(raw), **(usual | changes)))
    return store


def keep_record(store: Store, record: CaseRecord) -> None:
    """In a run of its own, whose id tells how many there were before."""
    number = len(store.runs()) + len(store.session_runs())
    run = run_info(id=f"{number:04x}" * 4)
    store.begin(run)
    store.add(run.id, record)
