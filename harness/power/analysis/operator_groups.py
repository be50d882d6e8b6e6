"""Operators that a meter can tell apart, by the board's own time: short ones are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

APART_SAMPLES = 2
LEAST_SAMPLES = 10


@dataclass(frozen=True)
class Group:
    """Operators `first` to `end` (not included), between the borders of these numbers."""

    first: int
    end: int


@dataclass(frozen=True)
class Borders:
    """The borders of the operators of an inference: number n is behind the n-th operator.

    `at_s` are their times since the first one, [operators + 1]. Those of `seen` have no other
    within two samples, so that the level between is sampled; the pin may toggle unseen at others.
    """

    at_s: tuple[float, ...]
    seen: tuple[int, ...]


def borders_of(operator_s: Sequence[float], pause_s: float, rate_hz: float) -> Borders:
    """The borders of operators that take `operator_s`, `pause_s` between two inferences."""
    at = (0.0, *accumulate(operator_s))
    gaps = [pause_s, *operator_s, pause_s]
    near = APART_SAMPLES / rate_hz
    seen = tuple(n for n in range(len(at)) if min(gaps[n], gaps[n + 1]) >= near)
    return Borders(at, seen)


def groups_of(borders: Borders, least_s: float) -> list[Group]:
    """The operators between borders that are seen, each group at least `least_s` long.

    One that is shorter goes with the shorter of its neighbours, until there is none or one group.
    """
    last = len(borders.at_s) - 1
    cuts = [0, *(n for n in borders.seen if 0 < n < last), last]
    while len(cuts) > 2:
        spans = [borders.at_s[b] - borders.at_s[a] for a, b in pairwise(cuts)]
        short = min(range(len(spans)), key=spans.__getitem__)
        if spans[short] >= least_s:
            break
        # The cut before it goes, or the one behind it.
        before = spans[short - 1] if short > 0 else float("inf")
        behind = spans[short + 1] if short + 1 < len(spans) else float("inf")
        del cuts[short if before <= behind else short + 1]
    return [Group(a, b) for a, b in pairwise(cuts)]
