"""The share of an inference that is spent in operators without a kernel of the library."""

from __future__ import annotations

from collections.abc import Sequence

from harness.bench.closure import require_closure
from harness.bench.stream import Answers
from harness.domain.fallback import FALLBACK_SHARE
from harness.domain.kernel_code import OperatorKernel
from harness.domain.measurement import Measurement
from harness.domain.plan import Case
from harness.domain.target import Target
from harness.domain.units import Unit
from harness.errors import CounterStuck
from harness.link import DeviceClient


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
    client: DeviceClient,
    case: Case,
    answers: Answers,
    kernels: Sequence[OperatorKernel],
    inference_s: float,
) -> Measurement:
    """Profile the last input once more, after all that is counted, and add up the fallbacks.

    The answer is waited for at most `inference_s` seconds per inference. The parts must add up to
    the whole as it was counted for that input.

    Raises:
        DeviceError, LinkError: no profile.
        MeasurementError: a profile of something else, or one that is disturbed.
    """
    profile = client.profile(case.warmup, len(kernels), inference_s * (case.warmup + 1))
    whole = int(answers.ticks[-1, -1])
    require_closure(whole, answers.outputs[-1].tobytes(), profile, case.label)
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
