"""Power measurements by hand as rows of the store, their traces among its raw data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.errors import ConfigError, HarnessError

# The rest is imported where it is used: shell completion must not wait for numpy or pandas.
if TYPE_CHECKING:
    from harness.assembly.power_again import Again
    from harness.assembly.power_recordings import Recorded
    from harness.domain.energy import EnergyReading, Window
    from harness.domain.measurement import Reading
    from harness.domain.power import Trace
    from harness.domain.power_analysis import Analysis
    from harness.domain.record import CaseRecord
    from harness.results import Store

UNKNOWN = "(device)"
"""Core, model, kernel set and build variant of a board that ran by itself."""


def analyse_and_keep(
    trace: Trace, asked: Analysis, results: str | None = None
) -> tuple[str, EnergyReading, list[Window]]:
    """Keep a trace as raw data of a row of its own; tell its hash, its energy and its windows.

    The trace is kept first, with what was asked: also one that cannot be analysed can be looked at
    again.

    Raises:
        HarnessError: of the analysis, after the trace was kept with it; of the store.
    """
    from harness.assembly.power import analyse_trace
    from harness.assembly.run_info import describe_run
    from harness.power.traces.npz import KIND, arrays_of
    from harness.results import DEFAULT_RESULTS, open_store
    from harness.results.case_raw import POWER_ASKED
    from harness.results.power_facts import asked_arrays

    store = open_store(results or DEFAULT_RESULTS)
    name = store.raw.put(KIND, arrays_of(trace))
    raw = ((KIND, name), (POWER_ASKED, store.raw.put(POWER_ASKED, asked_arrays(asked))))
    run = store.begin(describe_run())
    try:
        reading, windows = analyse_trace(trace, asked)
    except HarnessError as error:
        store.add(run, _record(trace, asked, raw, (), error))
        raise
    simulated = trace.origin == "simulated"
    store.add(run, _record(trace, asked, raw, (_reading(reading, simulated),), None))
    return name, reading, windows


def keep_again(recorded: Recorded, again: Again, results: str | None = None) -> str:
    """Keep an analysis as a row of its own, of the same recordings; tell the id of its run.

    The row that was measured stays as it is.

    Raises:
        ConfigError: a file is kept by importing it.
        StoreError: it cannot be written.
    """
    from harness.assembly.run_info import describe_run
    from harness.domain.record import POWER, CaseStatus
    from harness.results import DEFAULT_RESULTS, open_store

    measured = recorded.record
    if measured is None:
        raise ConfigError(
            "a file has no row in the results",
            where=recorded.title,
            hint="Keep it with `harness power import`, which takes the same options.",
        )
    store = open_store(results or DEFAULT_RESULTS)
    now = datetime.now(UTC)
    simulated = again.traces[0].origin == "simulated" or any(
        one.quantity.endswith("_sim") for one in measured.readings
    )
    run = store.begin(describe_run())
    row = replace(
        measured,
        status=CaseStatus.OK,
        target_id=f"{POWER}{measured.target_id.removeprefix(POWER)}",
        repeats=again.asked.inferences or measured.repeats,
        started=now,
        finished=now,
        error_class=None,
        error_message=None,
        readings=(_reading(again.reading, simulated, "; analysed again"),),
        raw=_raw_again(store, recorded, again),
    )
    store.add(run, row)
    return run


def _raw_again(store: Store, recorded: Recorded, again: Again) -> tuple[tuple[str, str], ...]:
    """The recordings that were there, what was told of them, and what was asked now."""
    from harness.results.case_raw import POWER_AGAIN, POWER_BOARD, POWER_TRACE
    from harness.results.power_facts import asked_arrays, board_arrays

    boards = [store.raw.put(POWER_BOARD, board_arrays(board)) for board in recorded.told]
    return (
        *_numbered(POWER_TRACE, recorded.names),
        *_numbered(POWER_BOARD, boards),
        (POWER_AGAIN, store.raw.put(POWER_AGAIN, asked_arrays(again.asked))),
    )


def _numbered(kind: str, names: Sequence[str]) -> list[tuple[str, str]]:
    if len(names) == 1:
        return [(kind, names[0])]
    return [(f"{kind}-{number}", name) for number, name in enumerate(names, start=1)]


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
        repeats=asked.inferences or 1,
        started=now,
        finished=now,
        error_class=None if error is None else type(error).__name__,
        error_message=None if error is None else str(error),
        tool_versions=(("harness", harness.__version__),),
        readings=readings,
        raw=raw,
    )


def _reading(reading: EnergyReading, simulated: bool, note: str = "") -> Reading:
    """Joules of an inference; simulated ones under a name that nothing else looks for."""
    from harness.domain.measurement import Measurement, Missing
    from harness.domain.power import Invalid
    from harness.domain.units import Fidelity, Unit

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
        method=f"alignment {reading.way}; {reading.voltage_v:.3g} V{note}",
    )
