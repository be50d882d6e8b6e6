"""Recordings of a power meter that were kept, and what is known of the windows in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.domain.power_analysis import Analysis
from harness.domain.quantities import ENERGY, INFERENCES, SIMULATED_SUFFIX
from harness.domain.record import POWER, SESSION
from harness.domain.units import Fidelity
from harness.errors import CorruptRecord, StoreError

# The rest is imported where it is used: shell completion must not wait for numpy or pandas.
if TYPE_CHECKING:
    from harness.domain.measurement import Measurement
    from harness.domain.metering import BoardWindows
    from harness.domain.power import Trace
    from harness.domain.record import CaseRecord
    from harness.results import Store

AS_MEASURED = Analysis()
DISCARDED = 1
SESSION_ENERGY = "mlperf_energy"


@dataclass(frozen=True)
class Recorded:
    """The recordings of one measurement.

    `names` are their hashes, and `record` the row that they belong to; a file has neither. `told`
    is what the board told of all windows, or of one recording each; it is empty where no board was
    asked, or nobody kept it. `asked` is what was asked of the analysis by hand.
    """

    title: str
    names: tuple[str, ...]
    read: Callable[[], list[Trace]]
    record: CaseRecord | None = None
    told: tuple[BoardWindows, ...] = ()
    asked: Analysis = AS_MEASURED

    @property
    def of_session(self) -> bool:
        """Whether each recording is a window of an MLPerf Tiny session."""
        named = "" if self.record is None else self.record.target_id
        return named.removeprefix(POWER).startswith(SESSION)

    @property
    def of_case(self) -> bool:
        """Whether a run measured it: no session, and nothing that was made by hand."""
        return self.record is not None and not self.record.is_session

    @property
    def measured(self) -> Measurement | None:
        """Joules of an inference as they were told when it was measured."""
        return None if self.record is None else _value(self.record, ENERGY, SESSION_ENERGY)


def recordings_of_run(
    run: str, case: Sequence[str] = (), results: str | None = None
) -> list[Recorded]:
    """Those of the cases and sessions of a run, in order; of cases whose name has these words.

    Raises:
        StoreError: there is no such run, none of its cases has a recording, or none is called so.
        CorruptRecord: what is kept beside a recording does not decode.
    """
    from harness.domain.selection import CaseFilter
    from harness.results.kept import open_kept

    store = open_kept(results)
    ids = tuple(found.id for found in store.resolve(run, sessions=True))
    rows = store.records(CaseFilter(runs=ids, sessions=None))
    found = [one for row in rows if (one := _recorded(store, row.record)).names]
    if not found:
        raise StoreError(
            f"no case of {run} has a trace of a power meter",
            where=store.where,
            hint="Measure with --power-meter, or name another run with --run; a session by its id.",
        )
    words = [word.lower() for text in case for word in text.split()]
    chosen = [one for one in found if all(word in one.title.lower() for word in words)]
    if not chosen:
        raise StoreError(
            f"no case of {run} with a trace is called {' '.join(case)!r}",
            where="--case",
            hint=f"Give words of a name: {'; '.join(one.title for one in found)}.",
        )
    return chosen


def recording_named(name: str, results: str | None = None) -> Recorded:
    """The recording of a hash, or of the beginning of one, or of a trace file by its path.

    Several rows may have it: the last that measured it tells what was known.

    Raises:
        StoreError: no trace is called so, or several are.
        CorruptRecord: what is kept beside it does not decode.
    """
    from harness.domain.selection import CaseFilter
    from harness.power.traces import read_trace
    from harness.power.traces.npz import KIND
    from harness.results.case_raw import POWER_AGAIN
    from harness.results.kept import open_kept
    from harness.results.raw_named import raw_named

    if Path(name).is_file() or Path(name).suffix or "/" in name:
        return Recorded(name, (), lambda: [read_trace(Path(name))])
    store = open_kept(results)
    sha256 = raw_named(store, KIND, name)
    rows = store.records(CaseFilter(raw=sha256, sessions=None))
    records = sorted((row.record for row in rows), key=lambda record: record.finished)
    first_hand = [record for record in records if POWER_AGAIN not in dict(record.raw)]
    return _only(_recorded(store, (first_hand or records)[-1]), store, sha256)


def _recorded(store: Store, record: CaseRecord) -> Recorded:
    from harness.assembly.power_kept import UNKNOWN
    from harness.report.case_name import case_of
    from harness.results.case_raw import POWER_BOARD, POWER_TRACE, numbered
    from harness.results.power_facts import board_of

    names = tuple(numbered(record, POWER_TRACE))
    known = [part for part in case_of(record).split(" · ") if UNKNOWN not in part]
    found = Recorded(" · ".join(known), names, lambda: _traces(store, names), record)
    told = [board_of(store.raw.get(one), one[:12]) for one in numbered(record, POWER_BOARD)]
    if not told and found.of_session:
        told = [_window_of_old_session(record) for _ in names]
    return replace(found, told=tuple(told), asked=_asked(store, record, told=bool(told)))


def _only(found: Recorded, store: Store, sha256: str) -> Recorded:
    """One recording of a measurement that may have several."""
    if len(found.names) < 2:
        return found
    at = found.names.index(sha256)
    title = f"{found.title}, recording {at + 1} of {len(found.names)}"
    told = found.told
    if len(told) == 1:  # one window was recorded each time
        told = (replace(told[0], windows=(told[0].windows[at],), discarded=0),)
    elif told:
        told = (told[at],)
    return replace(
        found, title=title, names=(sha256,), told=told, read=lambda: _traces(store, (sha256,))
    )


def _traces(store: Store, names: Sequence[str]) -> list[Trace]:
    """The recordings themselves.

    Raises:
        StoreError, CorruptRecord: one is not there, or not what was kept.
    """
    from harness.power.traces.npz import trace_of

    found = []
    for number, name in enumerate(names, start=1):
        of_all = f"recording {number} of {len(names)}: " if len(names) > 1 else ""
        try:
            found.append(replace(trace_of(store.raw.get(name)), sha256=name))
        except StoreError as error:
            raise type(error)(
                f"{of_all}{error.what}", where=error.where, hint=error.hint
            ) from error
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptRecord(
                f"{of_all}raw data {name[:12]} is no trace that can be read ({error})",
                where=store.where,
                hint="Read it with the harness that kept it, or restore it from a copy.",
            ) from error
    return found


def _asked(store: Store, record: CaseRecord, *, told: bool) -> Analysis:
    """What was asked by hand; of rows that did not keep it, what their numbers tell."""
    from harness.results.case_raw import POWER_AGAIN, POWER_ASKED
    from harness.results.power_facts import asked_of

    kinds = dict(record.raw)
    kept = kinds.get(POWER_AGAIN) or kinds.get(POWER_ASKED)
    if kept is not None:
        return asked_of(store.raw.get(kept), kept[:12])
    if told:
        return Analysis()
    energy = _value(record, ENERGY)
    windows = None if energy is None else energy.n
    if record.target_id.startswith(POWER):
        return Analysis(windows=windows, inferences=record.repeats)
    inferences = _value(record, INFERENCES)
    return Analysis(
        windows=windows,
        discard=DISCARDED,
        inferences=None if inferences is None else int(inferences.value),
        least_window_s=0.0 if record.fidelity is not Fidelity.SILICON else None,
    )


def _window_of_old_session(record: CaseRecord) -> BoardWindows:
    """All that was known of it but when the host asked."""
    from harness.domain.metering import BoardWindow, BoardWindows

    window = BoardWindow(None, record.repeats, (math.nan, math.nan))
    return BoardWindows(record.repeats, (window,), 0, 0.0, pulses=True)


def _value(record: CaseRecord, *names: str) -> Measurement | None:
    from harness.domain.measurement import Measurement

    for name in names:
        for quantity in (name, name + SIMULATED_SUFFIX):
            found = record.reading(quantity)
            if isinstance(found, Measurement):
                return found
    return None
