"""The order of a network's operators that keeps the least alive at once.

Every order that writes before it reads gives the same answers; where branches meet they differ in
what is live. The search goes over sets of operators that have run, the one with the lowest peak
first, so that the first to reach the end is the best (a minimax path). Each set is met once.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from harness.model.arena import aligned

_MOST_WORK = 2_000_000  # sets of operators times places that are looked at in each


@dataclass(frozen=True)
class Step:
    """One operator: the places it reads and writes, and bytes that only it needs."""

    reads: frozenset[int]
    writes: frozenset[int]
    scratch: int = 0


@dataclass(frozen=True)
class Order:
    """Operators by position, the bytes alive at the worst moment, and whether all was searched."""

    order: tuple[int, ...]
    peak: int
    complete: bool


def live_bytes(
    steps: Sequence[Step],
    sizes: Sequence[int],
    inputs: frozenset[int],
    outputs: frozenset[int],
    order: Sequence[int],
) -> tuple[int, ...]:
    """Bytes alive while each operator runs, in `order`.

    Args:
        steps: the operators.
        sizes: bytes of each place; tensors that share one are one place.
        inputs, outputs: places that hold the network's inputs before, and outputs after all.
        order: positions in `steps`, each once.
    """
    search = _Search(steps, sizes, inputs, outputs)
    done, found = 0, []
    for position in order:
        found.append(search.alive(search.kept(done), position))
        done |= 1 << position
    return tuple(found)


def least_peak(
    steps: Sequence[Step],
    sizes: Sequence[int],
    inputs: frozenset[int],
    outputs: frozenset[int],
    most_sets: int | None = None,
) -> Order:
    """The order with the lowest peak; arguments as for `live_bytes`.

    The order of `steps` stays where no other is better, and is the answer (not `complete`) where
    more than `most_sets` sets of operators would have to be looked at (None: as many as seconds
    allow).
    """
    most = max(1000, _MOST_WORK // max(1, len(sizes))) if most_sets is None else most_sets
    search = _Search(steps, sizes, inputs, outputs)
    edges = max(search.bytes_of(inputs), search.bytes_of(outputs))
    own = tuple(range(len(steps)))
    own_peak = max(edges, *live_bytes(steps, sizes, inputs, outputs, own), 0)
    floor = max(edges, *(search.alone(position) for position in own), 0)
    if own_peak == floor:
        return Order(own, own_peak, complete=True)
    everything = (1 << len(steps)) - 1
    queue: list[tuple[int, int, int, tuple[int, ...]]] = [(edges, 0, 0, ())]
    seen: set[int] = set()
    while queue and len(seen) < most:
        peak, _, done, order = heapq.heappop(queue)
        if done in seen:
            continue
        seen.add(done)
        if done == everything:
            better = peak < own_peak
            return Order(order if better else own, min(peak, own_peak), complete=True)
        kept = search.kept(done)
        for position in search.ready(done):
            entry = max(peak, search.alive(kept, position))
            after = done | 1 << position
            if after not in seen and entry <= own_peak:
                heapq.heappush(queue, (entry, -len(order) - 1, after, (*order, position)))
    return Order(own, own_peak, complete=False)


class _Search:
    """What runs after what, and what is alive meanwhile."""

    def __init__(
        self,
        steps: Sequence[Step],
        sizes: Sequence[int],
        inputs: frozenset[int],
        outputs: frozenset[int],
    ) -> None:
        self._steps = steps
        self._sizes = [aligned(size) for size in sizes]
        self._inputs, self._outputs = inputs, outputs
        self._needs = [self._writers_before(position) for position in range(len(steps))]
        self._writers, self._touching = [0] * len(sizes), [0] * len(sizes)
        for i, step in enumerate(steps):
            for place in step.writes:
                self._writers[place] |= 1 << i
            for place in step.reads | step.writes:
                self._touching[place] |= 1 << i

    def _writers_before(self, position: int) -> int:
        """As bits: who must have run, for what this one reads, and for places it writes again."""
        places = self._steps[position].reads | self._steps[position].writes
        return sum(1 << i for i, step in enumerate(self._steps[:position]) if places & step.writes)

    def bytes_of(self, places: frozenset[int]) -> int:
        return sum(self._sizes[place] for place in places)

    def alone(self, position: int) -> int:
        """Bytes that an operator needs in any order."""
        step = self._steps[position]
        return self.bytes_of(step.reads | step.writes) + aligned(step.scratch)

    def ready(self, done: int) -> list[int]:
        return [
            position
            for position, needs in enumerate(self._needs)
            if not done >> position & 1 and needs & ~done == 0
        ]

    def kept(self, done: int) -> frozenset[int]:
        """The places that hold what is still wanted after the operators of `done`, as bits."""
        return frozenset(
            place
            for place, touching in enumerate(self._touching)
            if (place in self._inputs or done & self._writers[place])
            and (place in self._outputs or touching & ~done)
        )

    def alive(self, kept: frozenset[int], position: int) -> int:
        """Bytes alive while an operator runs and `kept` are alive."""
        step = self._steps[position]
        return self.bytes_of(kept | step.reads | step.writes) + aligned(step.scratch)
