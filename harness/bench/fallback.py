"""The share of an inference that is spent in operators without a kernel of the library."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.device import ProfileReply
from harness.domain.fallback import FALLBACK_SHARE
from harness.domain.kernel_code import OperatorKernel
from harness.domain.measurement import Measurement
from harness.domain.plan import Case
from harness.domain.target import Target
from harness.domain.units import Unit
from harness.errors import CounterStuck


def no_fallback(target: Target, library: str) -> Measurement:
    """The share where no operator of the model falls back: 0, without a measurement."""
    return Measurement(
        quantity=FALLBACK_SHARE,
        value=0.0,
        unit=Unit.FRACTION,
        n=1,
        minimum=0.0,
        maximum=0.0,
        fidelity=target.fidelity,
        instrument="symbols of the firmware",
        method=f"0 by construction: no operator of the model lacks a kernel of {library}",
    )


def fallback_share(
    case: Case, profile: ProfileReply, kernels: Sequence[OperatorKernel]
) -> Measurement:
    """Add up the fallbacks of a profile of the last input.

    Raises:
        CounterStuck: no operator takes a tick.
    """
    total = sum(profile.ticks)
    if total == 0:
        raise CounterStuck(
            "the counter did not move in any operator's window",
            where=case.label,
            hint="Choose a larger model: each operator takes less than a tick.",
        )
    fallen = sum(
        ticks for kernel, ticks in zip(kernels, profile.ticks, strict=True) if kernel.fallback
    )
    share = fallen / total
    return Measurement(
        quantity=FALLBACK_SHARE,
        value=share,
        unit=Unit.FRACTION,
        n=1,
        minimum=share,
        maximum=share,
        fidelity=case.target.fidelity,
        instrument=case.target.counter.name,
        method=f"{case.target.counter.unit} in fallback operators by those in all; one PROFILE of "
        "the last input, after the counted ones",
        resolution=1 / total,
    )
