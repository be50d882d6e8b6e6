"""Energy of each operator, or of a few that are too short to be told apart, from a second pin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.domain.energy import OperatorEnergy, Window, WindowEnergy
from harness.domain.power import Invalid, Reason, Trace
from harness.power.analysis.integrate import integrate
from harness.power.analysis.limits import Limits
from harness.power.analysis.operator_edges import border_samples
from harness.power.analysis.operator_groups import (
    LEAST_SAMPLES,
    Borders,
    Group,
    borders_of,
    groups_of,
)


def operator_energies(
    trace: Trace,
    whole: WindowEnergy,
    operator_s: Sequence[float],
    limits: Limits,
    *,
    bit: int,
    inference_j: float | None = None,
    settling_s: float = 0.0,
) -> list[OperatorEnergy] | Invalid:
    """Mean energies of the operators over the inferences of a window, in order, all of them.

    The pin toggles where the first operator begins and behind each. `operator_s` are the board's
    own times. Operators whose border has another within two samples, or that are shorter than ten
    samples or ten times the `settling_s` of shunt and decoupling, are told together with a
    neighbour. The sum must be `inference_j`, the energy of an inference as measured without the
    toggling, within the limit; None: what lies between the edges of the gate.
    """
    seconds = (whole.window.end - whole.window.first) / trace.rate_hz / whole.inferences
    borders = borders_of(operator_s, max(0.0, seconds - sum(operator_s)), trace.rate_hz)
    least_s = LEAST_SAMPLES * max(1 / trace.rate_hz, settling_s)
    if (refusal := _refused(borders, least_s)) is not None:
        return refusal
    samples = border_samples(trace, whole, borders, limits, bit)
    if isinstance(samples, Invalid):
        return samples
    if (refusal := _clock(samples, borders.at_s[-1], trace.rate_hz, limits)) is not None:
        return refusal
    found = []
    for group in groups_of(borders, least_s):
        found.append(_energy(trace, whole, samples[:, [group.first, group.end]], group, limits))
    return _closed(inference_j or whole.energy_per_inference_j, found, limits) or found


def _refused(borders: Borders, least_s: float) -> Invalid | None:
    inference_s = borders.at_s[-1]
    if inference_s < least_s:
        detail = (
            f"an inference of {inference_s * 1e6:.0f} us is shorter than the "
            f"{least_s * 1e6:.0f} us that can be resolved"
        )
    elif not borders.seen:
        detail = "each border of an operator is too near to another for the meter to see it"
    else:
        return None
    return Invalid(Reason.TOO_SLOW, detail, "Sample faster, or lower the board's decoupling.")


def _clock(
    samples: NDArray[np.int64], board_s: float, rate_hz: float, limits: Limits
) -> Invalid | None:
    """The operators must last as long as the board says, but for a sample."""
    seconds = float((samples[:, -1] - samples[:, 0]).mean()) / rate_hz
    if abs(seconds - board_s) <= limits.clock * board_s + 1 / rate_hz:
        return None
    return Invalid(
        Reason.CLOCK_MISMATCH,
        f"the meter saw {seconds * 1e6:.1f} us between the first border and the last, and the "
        f"board counted {board_s * 1e6:.1f} us",
        "Check the board's clock in its target file.",
    )


def _energy(
    trace: Trace,
    whole: WindowEnergy,
    spans: NDArray[np.int64],
    group: Group,
    limits: Limits,
) -> OperatorEnergy:
    n, count = len(spans), group.end - group.first
    seconds = float((spans[:, 1] - spans[:, 0]).mean()) / trace.rate_hz
    joules, charge = 0.0, 0.0
    for first, end in spans.tolist():
        part = Window(first, end, whole.window.alignment, whole.window.edge_error_s)
        energy = integrate(trace, part, 1, limits, short=True)
        if isinstance(energy, Invalid):
            return OperatorEnergy(group.first, n, seconds, energy, float("nan"), count)
        joules += energy.energy_j
        charge += energy.charge_c
    return OperatorEnergy(group.first, n, seconds, joules / n, charge / n / seconds, count)


def _closed(inference_j: float, found: Sequence[OperatorEnergy], limits: Limits) -> Invalid | None:
    """None where the operators add up to the whole, or some are missing from the sum."""
    parts = [one.energy_j for one in found if not isinstance(one.energy_j, Invalid)]
    if len(parts) < len(found):
        return None
    total = sum(parts)
    off = total / inference_j - 1
    if abs(off) <= limits.closure:
        return None
    return Invalid(
        Reason.CLOSURE,
        f"the operators add up to {total * 1e6:.3f} uJ, the inference took "
        f"{inference_j * 1e6:.3f} uJ ({off * 100:+.2f} %)",
        "Check that the pin toggles at every border, and that the window holds only inferences.",
    )
