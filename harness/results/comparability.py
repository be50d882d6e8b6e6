"""Records as observations: the key that says what they may be compared with, and their metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.domain.comparability import (
    AXES,
    ComparabilityKey,
    Difference,
    differences,
    in_words,
)
from harness.domain.fallback import FALLBACK_SHARE
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.observation import Observation, OperatorCount
from harness.domain.record import CaseRecord, CaseStatus, RunInfo
from harness.domain.tools import is_condition
from harness.domain.units import Fidelity, Unit

__all__ = [
    "AXES",
    "SIZES",
    "ComparabilityKey",
    "Difference",
    "differences",
    "in_words",
    "key_of",
    "observe",
    "source_of",
]

_SIMULATED = "_sim"
SIZES = {
    "flash": "firmware_flash_bytes",
    "ram": "firmware_ram_bytes",
    "arena": "arena_bytes",
    "weights": "weight_bytes",
}


def key_of(record: CaseRecord) -> ComparabilityKey:
    """The conditions under which `record` was measured."""
    tools = [f"{name} {text}" for name, text in record.tool_versions if is_condition(name)]
    simulated = record.fidelity is not Fidelity.SILICON
    return ComparabilityKey(
        target=record.target_id,
        core=record.core,
        fidelity=record.fidelity,
        kernel_set=record.kernel_set,
        variant=record.variant,
        model=record.model,
        model_sha256=record.model_sha256,
        dataset=record.dataset,
        dataset_sha256=record.dataset_sha256,
        inputs=record.inputs,
        warmup=record.warmup,
        repeats=record.repeats,
        clock_hz=record.clock_hz,
        counter=record.counter_name,
        resolution=record.counter_resolution,
        simulator="; ".join(tools) or None if simulated else None,
        compiler=record.compiler,
        flags=record.flags,
        library=record.library_name,
        library_version=record.library_version,
        library_tree=record.library_tree_hash,
        board=record.board_serial,
        caches=record.caches,
        protocol=record.protocol_version,
    )


def observe(
    record: CaseRecord,
    run: RunInfo | None = None,
    *,
    samples: Mapping[str, Sequence[float]] | None = None,
    operators: Sequence[OperatorCount] = (),
) -> Observation:
    """`record` as it is compared.

    Args:
        record: the case.
        run: of which it is, if known.
        samples: single values by metric, in the metric's unit, where they are kept.
        operators: of a profile; without one the kernels of the record stand in, without counts.
    """
    failed = record.status is CaseStatus.FAILED
    return Observation(
        key=key_of(record),
        metrics={} if failed else _metrics(record),
        source=source_of(run) if run else "",
        started=run.started if run else record.started,
        git_commit=run.git_commit if run else None,
        trouble=f"{record.error_class}: {_first_line(record.error_message)}" if failed else None,
        samples=samples or {},
        operators=tuple(operators) or _kernels(record),
    )


def source_of(run: RunInfo) -> str:
    """A run in a few words: `858fb705 of 2024-05-17 (5f0c5f0c)`."""
    commit = f" ({run.git_commit[:8]}{'+' if run.git_dirty else ''})" if run.git_commit else ""
    return f"{run.id[:8]} of {run.started:%Y-%m-%d}{commit}"


def _metrics(record: CaseRecord) -> dict[str, Reading]:
    # The share of fallbacks is told with the kernels; an estimate is never judged, and what is
    # measured of a simulation by a name of its own is compared with nothing.
    found = {
        r.quantity: r
        for r in record.readings
        if r.quantity != FALLBACK_SHARE
        and not r.quantity.endswith(_SIMULATED)
        and (isinstance(r, Missing) or r.fidelity is not Fidelity.MODEL)
    }
    sizes: dict[str, Reading] = {
        name: _size(name, value, record.fidelity)
        for name, field in SIZES.items()
        if (value := getattr(record, field)) is not None
    }
    return found | sizes


def _size(name: str, value: int, fidelity: Fidelity) -> Measurement:
    size = float(value)
    method = "sections of the ELF" if name in ("flash", "ram") else "plan of the model image"
    return Measurement(name, size, Unit.BYTES, 1, size, size, fidelity, "build", method)


def _kernels(record: CaseRecord) -> tuple[OperatorCount, ...]:
    return tuple(
        OperatorCount(kernel.index, kernel.operator, kernel.calls or (kernel.source,))
        for kernel in record.operator_kernels
    )


def _first_line(text: str | None) -> str:
    return (text or "").partition("\n")[0]
