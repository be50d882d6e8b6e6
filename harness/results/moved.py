"""Which operators and kernel functions account for a change, from two profiles of one model."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.observation import OperatorCount
from harness.domain.verdict import Moved


def moved_operators(
    before: Sequence[OperatorCount], after: Sequence[OperatorCount], least: float = 0.0
) -> tuple[Moved, ...]:
    """Operators whose count moved by more than `least` or whose code is another, the most first.

    Operators are the same where number and name are; those of another network are left out.
    """
    earlier = {(one.index, one.operator): one for one in before}
    moved = [
        Moved(f"{now.index} {now.operator}", now.kernels, then.kernels, then.count, now.count)
        for now in after
        if (then := earlier.get((now.index, now.operator))) is not None
    ]
    return _by_weight(moved, least)


def moved_kernels(
    before: Sequence[OperatorCount], after: Sequence[OperatorCount], least: float = 0.0
) -> tuple[Moved, ...]:
    """As `moved_operators`, summed over the operators that each kernel function (or set of) runs.

    A function that only one of the two has is left out: its operators tell what took its place.
    """
    then, now = _by_kernel(before), _by_kernel(after)
    return _by_weight(
        [Moved("", name, name, then[name], now[name]) for name in now if name in then], least
    )


def _by_kernel(operators: Sequence[OperatorCount]) -> dict[tuple[str, ...], float]:
    sums: dict[tuple[str, ...], float] = {}
    for one in operators:
        if one.count is not None and one.kernels:
            sums[one.kernels] = sums.get(one.kernels, 0.0) + one.count
    return sums


def _by_weight(moved: Sequence[Moved], least: float) -> tuple[Moved, ...]:
    kept = [
        one for one in moved if abs(one.change or 0) > least or one.kernels != one.kernels_before
    ]
    return tuple(sorted(kept, key=lambda one: abs(one.change or 0), reverse=True))
