"""Traces that runs kept, and what they say of other windows or baselines than those of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.domain.quantities import ENERGY, INFERENCES, SIMULATED_SUFFIX
from harness.errors import StoreError

# The rest is imported where it is used: shell completion must not wait for numpy or pandas.
if TYPE_CHECKING:
    from harness.domain.energy import Baseline, EnergyReading, Window
    from harness.domain.power import Trace
    from harness.domain.record import CaseRecord
    from harness.results import Store

DISCARDED = 1


@dataclass(frozen=True)
class KeptTrace:
    """The trace of a case; `sha256` is its name, None where the case had no energy."""

    case: str
    sha256: str
    windows: int | None
    inferences: int | None
    energy_j: float | None


def kept_traces(run: str, results: str | None = None) -> list[KeptTrace]:
    """The traces of the cases of a run, in order.

    Raises:
        StoreError: there is no such run, or none of its cases has a trace.
    """
    from harness.results.case_raw import POWER_TRACE

    store = _existing(results)
    records = [record for found in store.resolve(run) for record in store.cases(found.id)]
    traces = [
        _kept(record, sha256)
        for record in records
        for kind, sha256 in record.raw
        if kind == POWER_TRACE
    ]
    if not traces:
        raise StoreError(
            f"no case of {run} has a trace of a power meter",
            where=store.where,
            hint="Measure with --power-meter, or name another run with --run.",
        )
    return traces


def trace_of_run(kept: KeptTrace, results: str | None = None) -> Trace:
    """The trace itself.

    Raises:
        StoreError, CorruptRecord: it is not there, or not what was kept.
    """
    from harness.power.traces.npz import trace_of

    store = _existing(results)
    return replace(trace_of(store.raw.get(kept.sha256)), sha256=kept.sha256)


def analyse_again(
    trace: Trace,
    kept: KeptTrace,
    *,
    windows: int | None = None,
    inferences: int | None = None,
    alignment: str = "",
    least_window_s: float | None = None,
    baseline: tuple[str, float, float] | None = None,
) -> tuple[EnergyReading, Sequence[Window]]:
    """The energy of a kept trace, whose first window warmed up.

    What is not given is as it was when it was measured.
    """
    from harness.domain.energy import Alignment
    from harness.power.analysis.limits import Expected, Limits
    from harness.power.analysis.summary import analyse
    from harness.power.analysis.windows import find_windows

    counted = windows or kept.windows or 1
    expected = Expected(counted + DISCARDED, inferences or kept.inferences or 1)
    least_s = least_window_s if least_window_s is not None else _least_s(trace)
    limits = Limits(least_window_s=least_s)
    way = Alignment(alignment) if alignment else None
    reading = analyse(
        trace,
        expected,
        limits,
        alignment=way,
        baseline=_baseline(trace, baseline),
        discard=DISCARDED,
    )
    found = find_windows(trace, expected, limits, alignment=way) if not trace.faults else []
    return reading, found[DISCARDED:] if isinstance(found, list) else []


def _existing(results: str | None) -> Store:
    """The store, which must be there: looking makes no database."""
    from harness.results import DEFAULT_RESULTS, open_store

    location = results or str(DEFAULT_RESULTS)
    if "://" not in location and not Path(location).is_file():
        raise StoreError(
            "there are no results",
            where=location,
            hint="Measure something first (`harness run`), or name a database with --results.",
        )
    return open_store(location)


def _baseline(trace: Trace, asked: tuple[str, float, float] | None) -> Baseline | None:
    if asked is None:
        return None
    from harness.power.analysis.summary import baseline_of

    name, start, end = asked
    return baseline_of(trace, name, round(start * trace.rate_hz), round(end * trace.rate_hz))


def _least_s(trace: Trace) -> float:
    from harness.assembly.power import LEAST_WINDOW_S

    return 0.0 if trace.origin == "simulated" else LEAST_WINDOW_S


def _kept(record: CaseRecord, sha256: str) -> KeptTrace:
    from harness.domain.measurement import Measurement
    from harness.report.case_name import case_of

    def value(name: str) -> Measurement | None:
        for quantity in (name, name + SIMULATED_SUFFIX):
            found = record.reading(quantity)
            if isinstance(found, Measurement):
                return found
        return None

    energy, inferences = value(ENERGY), value(INFERENCES)
    return KeptTrace(
        case=case_of(record),
        sha256=sha256,
        windows=None if energy is None else energy.n,
        inferences=None if inferences is None else int(inferences.value),
        energy_j=None if energy is None else energy.value,
    )
