"""What every study says of a measured case: its counts, its answers, and who computed them."""

from __future__ import annotations

from collections.abc import Iterator

from harness.domain import quantities
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.proportion import wilson
from harness.domain.record import CaseRecord
from harness.domain.study import Figure, Published
from harness.domain.units import Fidelity

NO_TIME = "a simulator counts instructions; it knows no time"


def ran_on(record: CaseRecord) -> str:
    """Where a case ran: target, kernels, inputs."""
    kernels = record.kernel_set + (f" (= {record.aliases})" if record.aliases else "")
    return f"{record.target_id}, {kernels}, {record.inputs:,} inputs"


def is_silicon(record: CaseRecord) -> bool:
    """Whether the case ran on a board."""
    return record.fidelity is Fidelity.SILICON


def counted(record: CaseRecord) -> Measurement | None:
    """Cycles of a board or instructions of a simulator, per inference."""
    reading = record.reading("cycles" if is_silicon(record) else "instructions")
    return reading if isinstance(reading, Measurement) else None


def seconds(record: CaseRecord) -> float | None:
    """The time of one inference; None on a simulator, or where no clock is known."""
    count = counted(record)
    if not is_silicon(record) or count is None or not record.clock_hz:
        return None
    return count.value / record.clock_hz


def count_figure(record: CaseRecord, published: Published | None = None) -> Figure:
    """Cycles or instructions per inference, and how much of them is in fallbacks."""
    count = counted(record)
    quantity = "cycles" if is_silicon(record) else "instructions"
    how = ran_on(record)
    fallback = record.reading("fallback_share")
    if isinstance(fallback, Measurement) and fallback.value:
        how += f"; {100 * fallback.value:.1f} % in kernels that the library lacks"
    measured = "" if count is None else f"{count.value:,.0f}"
    return Figure(f"{quantity} per inference", measured, how, published)


def answer_figures(record: CaseRecord, published: Published | None = None) -> Iterator[Figure]:
    """Accuracy with its interval, and how many output vectors equal the host's."""
    how = ran_on(record)
    accuracy = record.reading("accuracy")
    if isinstance(accuracy, Measurement):
        yield Figure(
            "accuracy", share(round(accuracy.value * accuracy.n), accuracy.n), how, published
        )
    else:
        yield Figure("accuracy", "", accuracy.reason, published)
    equal = record.reading("vectors_equal")
    if isinstance(equal, Measurement):
        yield Figure("output vectors equal to the host's", f"{equal.value:.0f} of {equal.n:,}", how)


def of_meter(record: CaseRecord, quantity: str) -> Reading:
    """What a power meter gave, simulated or not; a reading that is missing says why."""
    of_board = record.reading(quantity)
    simulated = record.reading(quantity + quantities.SIMULATED_SUFFIX)
    for reading in (of_board, simulated):
        if isinstance(reading, Measurement):
            return reading
    energy = record.reading(quantities.ENERGY)
    asked = any(one.quantity.startswith(quantities.ENERGY) for one in record.readings)
    if asked and isinstance(energy, Missing):
        return energy
    return Missing(quantity, "no power meter: `--power-meter` names one, or rig.toml")


def share(right: int, of: int) -> str:
    """So many of so many, with the 95 % interval of Wilson's score."""
    low, high = wilson(right / of, of)
    return f"{right:,} of {of:,} = {100 * right / of:.1f} % [{100 * low:.1f}..{100 * high:.1f}]"
