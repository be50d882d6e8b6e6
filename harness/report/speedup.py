"""How many times fewer counts a case needs than the kernel set `reference`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.record import CaseRecord
from harness.domain.units import Unit

REFERENCE = "reference"
QUANTITY = "speedup"


def speedups(records: Sequence[CaseRecord]) -> list[Reading]:
    """Return per record the ratio of the reference's median count to its own.

    Only cases of the same model, target, build variant, compiler, clock, counter and inputs are
    compared; without such a `reference` among `records` there is a reason in place of a number.
    """
    references: dict[tuple[object, ...], list[CaseRecord]] = {}
    for record in records:
        if record.kernel_set == REFERENCE:
            references.setdefault(_same_case(record), []).append(record)
    return [_speedup(record, references.get(_same_case(record), [])) for record in records]


def _same_case(record: CaseRecord) -> tuple[object, ...]:
    return (
        record.model,
        record.model_sha256,
        record.target_id,
        record.fidelity,
        record.variant,
        record.dataset,
        record.dataset_sha256,
        record.inputs,
    )


def _same_conditions(record: CaseRecord) -> tuple[object, ...]:
    return record.compiler, record.clock_hz, record.counter_name


def _speedup(record: CaseRecord, references: Sequence[CaseRecord]) -> Reading:
    own = _count(record)
    if isinstance(own, Missing):
        return Missing(QUANTITY, own.reason)
    if not references:
        return Missing(
            QUANTITY, f"no case of `{REFERENCE}` with the same model, target, build and inputs"
        )
    base = _count(references[-1])
    if isinstance(base, Missing):
        return Missing(QUANTITY, f"`{REFERENCE}` has no count: {base.reason}")
    if _same_conditions(references[-1]) != _same_conditions(record):
        return Missing(QUANTITY, f"`{REFERENCE}` has another compiler, clock or counter")
    if not own.value:
        return Missing(QUANTITY, "the count is 0")
    ratio = base.value / own.value
    return replace(
        own,
        quantity=QUANTITY,
        value=ratio,
        minimum=ratio,
        maximum=ratio,
        unit=Unit.FRACTION,
        resolution=None,
        method=f"median of `{REFERENCE}` divided by the median of this case",
    )


def _count(record: CaseRecord) -> Measurement | Missing:
    simulated = record.reading(Unit.INSTRUCTIONS.value)
    return simulated if isinstance(simulated, Measurement) else record.reading(Unit.CYCLES.value)
