"""Power measurements by hand as rows of the store, their traces among its raw data."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError

# The rest is imported where it is used: shell completion must not wait for numpy or pandas.
if TYPE_CHECKING:
    from harness.assembly.power import Analysis
    from harness.domain.energy import EnergyReading, Window
    from harness.domain.measurement import Reading
    from harness.domain.power import Trace
    from harness.domain.record import CaseRecord

UNKNOWN = "(device)"
"""Core, model, kernel set and build variant of a board that ran by itself."""


def analyse_and_keep(
    trace: Trace, asked: Analysis, results: str | None = None
) -> tuple[str, EnergyReading, list[Window]]:
    """Keep a trace as raw data of a row of its own; tell its hash, its energy and its windows.

    The trace is kept first: also one that cannot be analysed can be looked at again.

    Raises:
        HarnessError: of the analysis, after the trace was kept with it; of the store.
    """
    from harness.assembly.power import analyse_trace
    from harness.assembly.run_info import describe_run
    from harness.power.traces.npz import KIND, arrays_of
    from harness.results import DEFAULT_RESULTS, open_store

    store = open_store(results or DEFAULT_RESULTS)
    name = store.raw.put(KIND, arrays_of(trace))
    run = store.begin(describe_run())
    raw = ((KIND, name),)
    try:
        reading, windows = analyse_trace(trace, asked)
    except HarnessError as error:
        store.add(run, _record(trace, asked, raw, (), error))
        raise
    store.add(run, _record(trace, asked, raw, (_reading(reading, trace),), None))
    return name, reading, windows


def stored_trace(name: str, results: str | None = None) -> Trace:
    """A kept trace by its hash or the beginning of it, or any trace file by its path.

    Raises:
        StoreError: no trace is called so, or several are.
        CorruptRecord: it is not what was kept.
        BadTrace: from a file.
    """
    from harness.power.traces import read_trace
    from harness.power.traces.npz import KIND, trace_of
    from harness.results.kept import open_kept
    from harness.results.raw_named import raw_named

    if Path(name).is_file():
        return read_trace(Path(name))
    store = open_kept(results)
    return trace_of(store.raw.get(raw_named(store, KIND, name)))


def _record(
    trace: Trace,
    asked: Analysis,
    raw: tuple[tuple[str, str], ...],
    readings: tuple[Reading, ...],
    error: HarnessError | None,
) -> CaseRecord:
    import harness
    from harness.domain.record import POWER, CaseRecord, CaseStatus
    from harness.domain.units import Fidelity

    now = datetime.now(UTC)
    simulated = trace.origin == "simulated"
    return CaseRecord(
        status=CaseStatus.OK if error is None else CaseStatus.FAILED,
        target_id=f"{POWER}{trace.info.driver}",
        target_title=trace.info.model,
        core=UNKNOWN,
        fidelity=Fidelity.SIMULATED if simulated else Fidelity.SILICON,
        kernel_set=UNKNOWN,
        variant=UNKNOWN,
        model=UNKNOWN,
        warmup=0,
        repeats=asked.inferences,
        started=now,
        finished=now,
        error_class=None if error is None else type(error).__name__,
        error_message=None if error is None else str(error),
        tool_versions=(("harness", harness.__version__),),
        readings=readings,
        raw=raw,
    )


def _reading(reading: EnergyReading, trace: Trace) -> Reading:
    """Joules of an inference; simulated ones under a name that nothing else looks for."""
    from harness.domain.measurement import Measurement, Missing
    from harness.domain.power import Invalid
    from harness.domain.units import Fidelity, Unit

    simulated = trace.origin == "simulated"
    quantity = "energy_per_inference_sim" if simulated else "energy_per_inference"
    if isinstance(reading, Invalid):
        return Missing(quantity, f"{reading.reason}: {reading.detail}")
    each = [window.energy_per_inference_j for window in reading.windows]
    return Measurement(
        quantity=quantity,
        value=reading.energy_j,
        unit=Unit.JOULES,
        n=len(each),
        minimum=min(each),
        maximum=max(each),
        fidelity=Fidelity.SIMULATED if simulated else Fidelity.SILICON,
        instrument=" ".join(filter(None, (reading.meter.model, reading.meter.serial))),
        method=f"alignment {reading.way}; {reading.voltage_v:.3g} V",
    )
