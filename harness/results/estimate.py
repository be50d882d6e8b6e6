"""Cycles from instructions: by constants of the core, or by a board's own measurement."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from harness.domain.estimate import CycleEstimate, CyclesPerInstruction, NetClass
from harness.domain.measurement import Measurement, Missing
from harness.domain.observation import Observation
from harness.domain.units import Fidelity
from harness.errors import ConfigError

QUANTITY = "cycles_est"
LIBRARY = "cmsis-nn"
# Of 14 published sets of one board and compiler, 12 lie this close once one network is known.
CALIBRATED_BAND = 0.10
_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_PARTS = ("model", "kernel_set", "variant", "library_version", "core")


def estimate(
    one: Observation,
    constants: Sequence[CyclesPerInstruction],
    board: str | None = None,
) -> CycleEstimate | Missing:
    """Cycles per inference of a simulated case: instructions times CPI, with the CPI's band.

    It is of fidelity `model`, whatever it is made of: no milliseconds, no energy and no verdict
    comes of it. Constants of `board` (from `calibrate`) go before those of the core.
    """
    count = one.reading("instructions")
    if isinstance(count, Missing):
        return Missing(QUANTITY, count.reason)
    if one.key.fidelity is not Fidelity.SIMULATED:
        return Missing(QUANTITY, "a board's cycles are measured")
    if one.key.library != LIBRARY:
        return Missing(QUANTITY, f"the constants are those of {LIBRARY}'s kernels")
    net = net_class(one)
    if net is None:
        return Missing(QUANTITY, "which operators ran is not recorded")
    of = board or one.key.core.removesuffix("F")  # a floating-point unit changes no int8 kernel
    for constant in constants:
        if (constant.of, constant.net) == (of, net):
            middle, band = count.value * constant.cpi, constant.band
            return CycleEstimate(middle * (1 - band), middle, middle * (1 + band), constant)
    return Missing(QUANTITY, f"no constant for {of} ({net})")


def net_class(one: Observation) -> NetClass | None:
    """Fully connected where no operator is a convolution; None where operators are not known."""
    if not one.operators:
        return None
    convolutional = any(operator.operator in _CONVOLUTIONS for operator in one.operators)
    return NetClass.CONVOLUTIONAL if convolutional else NetClass.FULLY_CONNECTED


def calibrate(
    simulated: Iterable[Observation], measured: Iterable[Observation]
) -> list[CyclesPerInstruction]:
    """Constants of the boards in `measured`: their cycles over the instructions of the same case.

    Cases are the same where model, kernel set, build, library version and core are; of several the
    median counts. The compiler must be the same: another one makes up to 14 % of difference.

    Raises:
        ConfigError: no case was both simulated and measured.
    """
    instructions = {_same(one): one for one in simulated if _counted(one, "instructions")}
    ratios: dict[tuple[str, NetClass], list[tuple[float, str]]] = {}
    for one in measured:
        twin = instructions.get(_same(one))
        cycles, count = one.reading("cycles"), twin.reading("instructions") if twin else None
        net = net_class(one)
        if (
            one.key.fidelity is Fidelity.SILICON
            and isinstance(cycles, Measurement)
            and isinstance(count, Measurement)
            and net is not None
        ):
            found = cycles.value / count.value, one.key.label
            ratios.setdefault((one.key.target, net), []).append(found)
    if not ratios:
        raise ConfigError(
            "no case was measured on a board and simulated too",
            hint="Run the same model, kernel set and build with `harness run` on the board and on "
            "a simulated board of its core.",
        )
    return [
        CyclesPerInstruction(
            of=board,
            net=net,
            cpi=statistics.median(ratio for ratio, _ in found),
            band=max(CALIBRATED_BAND, _spread([ratio for ratio, _ in found])),
            basis=f"measured on {board}: {', '.join(sorted({name for _, name in found}))}; "
            "12 of 14 published sets stay within 10 % of one known network, the others within 21 %",
        )
        for (board, net), found in ratios.items()
    ]


def _spread(ratios: Sequence[float]) -> float:
    middle = statistics.median(ratios)
    return max(abs(ratio / middle - 1) for ratio in ratios)


def _same(one: Observation) -> tuple[object, ...]:
    return (*(getattr(one.key, name) for name in _PARTS), one.key.compiler)


def _counted(one: Observation, metric: str) -> bool:
    reading = one.reading(metric)
    return isinstance(reading, Measurement) and reading.value > 0
