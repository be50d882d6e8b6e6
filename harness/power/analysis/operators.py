"""Energy of each operator: from the edges of a pin that toggles at every operator's border."""

from __future__ import annotations

import numpy as np

from harness.domain.energy import OperatorEnergy, Window, WindowEnergy
from harness.domain.power import Invalid, Reason, Trace
from harness.power.analysis.integrate import integrate
from harness.power.analysis.levels import edges_of
from harness.power.analysis.limits import Limits

LEAST_SAMPLES = 10


def operator_energies(
    trace: Trace,
    whole: WindowEnergy,
    operators: int,
    limits: Limits,
    *,
    bit: int,
    settling_s: float = 0.0,
) -> list[OperatorEnergy] | Invalid:
    """Mean energy of each operator over the inferences of a window.

    The pin toggles `operators` + 1 times in each inference. An operator shorter than ten samples,
    or ten times the `settling_s` of shunt and decoupling, has no energy of its own. The sum of all
    must be what lies between the first edge and the last of each inference.
    """
    rises, falls = edges_of(trace, bit)
    edges = np.sort(np.concatenate((rises, falls)))
    inside = edges[(edges >= whole.window.first) & (edges <= whole.window.end)]
    wanted = (operators + 1) * whole.inferences
    if len(inside) != wanted:
        return Invalid(
            Reason.EXTRA_EDGES if len(inside) > wanted else Reason.MISSING_EDGES,
            f"{len(inside)} edges of the operator pin, {wanted} are {operators} operators + 1 in "
            f"each of {whole.inferences} inferences",
            "Check the wire of the operator pin, and that the meter samples fast enough.",
        )
    borders = inside.reshape(whole.inferences, operators + 1)
    found = [
        _operator(trace, whole, borders[:, n : n + 2], n, limits, settling_s)
        for n in range(operators)
    ]
    return _closed(whole, found, limits) or found


def _operator(
    trace: Trace,
    whole: WindowEnergy,
    spans: np.ndarray,
    index: int,
    limits: Limits,
    settling_s: float,
) -> OperatorEnergy:
    seconds = float((spans[:, 1] - spans[:, 0]).mean()) / trace.rate_hz
    n = len(spans)
    least = LEAST_SAMPLES * max(1 / trace.rate_hz, settling_s)
    if seconds < least:
        short = Invalid(
            Reason.TOO_SLOW,
            f"{seconds * 1e6:.0f} us is shorter than the {least * 1e6:.0f} us that can be resolved",
            "Sample faster, or lower the board's decoupling.",
        )
        return OperatorEnergy(index, n, seconds, short, float("nan"))
    joules, charge = 0.0, 0.0
    for first, end in spans.tolist():
        part = Window(first, end, whole.window.alignment, whole.window.edge_error_s)
        energy = integrate(trace, part, 1, limits, short=True)
        if isinstance(energy, Invalid):
            return OperatorEnergy(index, n, seconds, energy, float("nan"))
        joules += energy.energy_j
        charge += energy.charge_c
    return OperatorEnergy(index, n, seconds, joules / n, charge / n / seconds)


def _closed(whole: WindowEnergy, found: list[OperatorEnergy], limits: Limits) -> Invalid | None:
    """None where the operators add up to the whole, or some are missing from the sum."""
    parts = [one.energy_j for one in found]
    numbers = [part for part in parts if not isinstance(part, Invalid)]
    if len(numbers) < len(parts):
        return None
    total = sum(numbers)
    off = total / whole.energy_per_inference_j - 1
    if abs(off) <= limits.closure:
        return None
    return Invalid(
        Reason.CLOSURE,
        f"the operators add up to {total * 1e6:.3f} uJ, the inference took "
        f"{whole.energy_per_inference_j * 1e6:.3f} uJ ({off * 100:+.2f} %)",
        "Check that the pin toggles at every border, and that the window holds only inferences.",
    )
