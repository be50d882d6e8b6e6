"""The shapes of a kernel benchmark that a network has, and how many of each operator are taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from harness.bench import sweeps
from harness.bench.kernel_sweep_found import Found
from harness.domain.network import Network
from harness.domain.operator_shape import OperatorShape


def shapes_of(network: Network) -> tuple[OperatorShape, ...]:
    """The different shapes of `network`'s int8 operators that have a sweep, in order.

    Sizes, window, activation and per-channel scales are the network's; weights and other
    quantisation are not taken. Operators that a shape does not tell all of are left out.
    """
    swept = sweeps.rules()
    found = [
        sweeps.sweep_of(operator.name).found(Found(network, operator))
        for operator in network.operators
        if operator.name in swept
    ]
    return tuple(dict.fromkeys(shape for shape in found if shape is not None))


def first_of_each(shapes: Iterable[OperatorShape], limit: int | None) -> list[OperatorShape]:
    """The different shapes in order, at most `limit` of each operator."""
    kept: list[OperatorShape] = []
    counts: Counter[str] = Counter()
    for shape in dict.fromkeys(shapes):
        counts[shape.operator] += 1
        if limit is None or counts[shape.operator] <= limit:
            kept.append(shape)
    return kept
