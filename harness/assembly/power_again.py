"""What kept recordings say of other windows or another baseline than when they were measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.errors import ConfigError, StoreError

# The rest is imported where it is used: shell completion must not wait for numpy or pandas.
if TYPE_CHECKING:
    from harness.assembly.power_recordings import Recorded
    from harness.domain.energy import EnergyReading, Window
    from harness.domain.power import Trace
    from harness.domain.power_analysis import Analysis


@dataclass(frozen=True)
class Again:
    """What an analysis gave: of `traces`, in each the windows that were taken; `asked` in all."""

    reading: EnergyReading
    traces: list[Trace]
    windows: list[Sequence[Window]]
    asked: Analysis


def analyse_again(recorded: Recorded, said: Analysis) -> Again:
    """The energy of recordings by what is said now; what is not is as it was when measured.

    What a board told is used as in its run: nothing said gives the number of the run.

    Raises:
        ConfigError: what is said does not fit what was recorded.
        StoreError, CorruptRecord: a recording is not there, or not what was kept.
        BadTrace: from a file.
    """
    from harness.assembly.power import require_alignment

    asked = said.over(recorded.asked)
    require_alignment(asked.alignment)
    if not recorded.told:
        return _by_samples(recorded, asked)
    _require_times(recorded, asked)
    return _session(recorded, asked) if recorded.of_session else _as_told(recorded, asked)


def _by_samples(recorded: Recorded, asked: Analysis) -> Again:
    """By what was asked alone: nothing was told by a board, or nobody kept it."""
    from harness.assembly.power import analyse_trace

    (trace,) = recorded.read()
    if trace.triggered and recorded.of_case and asked.discard:
        if asked.board_s is None:
            raise ConfigError(
                f"of {recorded.title} only the last of the recordings that its gate started was "
                "kept, and not how long the window was",
                where="--board-time",
                hint="Say --board-time, its seconds by the board's counter, or measure again.",
            )
        asked = replace(asked, windows=1, discard=0)
    reading, windows = analyse_trace(trace, asked)
    return Again(reading, [trace], [windows], asked)


def _as_told(recorded: Recorded, asked: Analysis) -> Again:
    from harness.domain.power import Invalid
    from harness.power.analysis.board_windows import energy_of

    (board,) = recorded.told
    discarded = board.discarded if asked.discard is None else asked.discard
    _require_windows(recorded, asked, len(board.windows) - discarded)
    traces = recorded.read()
    found = energy_of(traces, board, asked)
    if len(traces) == 1:
        return Again(found.reading, traces, [found.windows], asked)
    if isinstance(found.reading, Invalid):
        return Again(found.reading, traces, [() for _ in traces], asked)
    spans: list[Sequence[Window]] = [() for _ in traces]
    for number, one in enumerate(found.reading.windows, start=discarded):
        spans[number] = (one.window,)
    return Again(found.reading, traces, spans, asked)


def _session(recorded: Recorded, asked: Analysis) -> Again:
    """Each recording is a window: their median is the session's, by the rules unless others are
    asked for."""
    from harness.bench.mlperf.energy import by_the_rules, median_energy, within_the_answer
    from harness.power.analysis.board_windows import energy_of

    _require_windows(recorded, asked, len(recorded.names))
    wanted = None if recorded.record is None else recorded.record.inputs
    if len(recorded.names) > 1 and wanted and not asked.windows and len(recorded.names) < wanted:
        raise StoreError(
            f"{recorded.title} has {len(recorded.names)} recordings of {wanted}",
            hint=f"Say --windows {len(recorded.names)} to take those, or measure again.",
        )
    traces = recorded.read()[: asked.windows]
    readings, windows = [], []
    for trace, board in zip(traces, recorded.told, strict=False):
        found = energy_of([trace], board, replace(asked, windows=None))
        known = trace.origin == "measured" and math.isfinite(board.windows[0].host_s[1])
        window = board.windows[0]
        readings.append(within_the_answer(found.reading, window) if known else found.reading)
        windows.append(found.windows)
    reading = median_energy(readings)
    if asked.least_window_s is None:
        reading = by_the_rules(reading)
    return Again(reading, traces, list(windows), asked)


def _require_windows(recorded: Recorded, asked: Analysis, there: int) -> None:
    if asked.windows is None and asked.discard is None:
        return
    wanted = asked.windows or 1
    if wanted > there:
        raise ConfigError(
            f"{recorded.title} has {max(0, there)} windows that count, not {wanted}",
            where="--windows",
            hint="Ask for fewer with --windows, or discard fewer with --discard.",
        )


def _require_times(recorded: Recorded, asked: Analysis) -> None:
    from harness.domain.energy import Alignment

    if asked.alignment == Alignment.HOST and any(
        math.isnan(one.host_s[0]) for board in recorded.told for one in board.windows
    ):
        raise ConfigError(
            f"when the host asked for the windows of {recorded.title} was not kept",
            where="--align",
            hint="Say --align pulse or step, or measure again.",
        )
