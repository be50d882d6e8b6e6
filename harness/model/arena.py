"""Plans where activations and scratch lie in the arena.

Placing blocks with given lifetimes so that the highest address is lowest is dynamic storage
allocation, which is NP-hard; here several greedy orders compete and the best is improved by moving
blocks that reach the top forward in the order, within a fixed number of tries.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

ALIGNMENT = 16
_MOST_TRIES = 400
_MOST_PLACEMENTS = 40_000


@dataclass(frozen=True)
class Block:
    """Bytes needed from step `first` to step `last`, both included."""

    nbytes: int
    first: int
    last: int

    @property
    def size(self) -> int:
        """Bytes the block takes in the arena."""
        return aligned(self.nbytes)


@dataclass(frozen=True)
class ArenaPlan:
    """Offsets of the blocks, in their order; `lower_bound` is what no plan can undercut."""

    offsets: tuple[int, ...]
    arena_bytes: int
    lower_bound: int


def aligned(nbytes: int) -> int:
    """Bytes rounded up to the alignment of the arena."""
    return -(-nbytes // ALIGNMENT) * ALIGNMENT


def lower_bound(blocks: Sequence[Block]) -> int:
    """Bytes of the largest set of blocks that are live at one step."""
    changes: dict[int, int] = {}
    for block in blocks:
        changes[block.first] = changes.get(block.first, 0) + block.size
        changes[block.last + 1] = changes.get(block.last + 1, 0) - block.size
    live = largest = 0
    for step in sorted(changes):
        live += changes[step]
        largest = max(largest, live)
    return largest


def plan_arena(blocks: Sequence[Block]) -> ArenaPlan:
    """Give each block an offset, a multiple of 16, so that no two live ones overlap.

    The same blocks always give the same plan.
    """
    bound = lower_bound(blocks)
    neighbours = _neighbours(blocks)
    order, offsets, top = min(
        ((order, *_placed(blocks, neighbours, order)) for order in _orders(blocks)),
        key=lambda candidate: candidate[2],
    )
    offsets, top = _improved(blocks, neighbours, order, offsets, top, bound)
    return ArenaPlan(tuple(offsets), top, bound)


def _orders(blocks: Sequence[Block]) -> list[list[int]]:
    """Orders worth trying: large first, long-lived first, both together, and by time."""
    numbers = range(len(blocks))

    def duration(i: int) -> int:
        return blocks[i].last - blocks[i].first + 1

    return [
        sorted(numbers, key=lambda i: (-blocks[i].size, blocks[i].first)),
        sorted(numbers, key=lambda i: (-blocks[i].size * duration(i), blocks[i].first)),
        sorted(numbers, key=lambda i: (-duration(i), -blocks[i].size)),
        sorted(numbers, key=lambda i: (blocks[i].first, -blocks[i].size)),
    ]


def _neighbours(blocks: Sequence[Block]) -> list[list[int]]:
    """For each block those that are live at one of its steps."""
    found: list[list[int]] = [[] for _ in blocks]
    live: list[int] = []
    for i in sorted(range(len(blocks)), key=lambda i: blocks[i].first):
        live = [j for j in live if blocks[j].last >= blocks[i].first]
        found[i].extend(live)
        for j in live:
            found[j].append(i)
        live.append(i)
    return found


def _placed(
    blocks: Sequence[Block], neighbours: Sequence[Sequence[int]], order: Sequence[int]
) -> tuple[list[int], int]:
    """Place each block at the lowest gap it fits in; return offsets and the highest address."""
    offsets = [-1] * len(blocks)
    top = 0
    for i in order:
        offset = 0
        for start, j in sorted((offsets[j], j) for j in neighbours[i] if offsets[j] >= 0):
            if start - offset >= blocks[i].size:
                break
            offset = max(offset, start + blocks[j].size)
        offsets[i] = offset
        top = max(top, offset + blocks[i].size)
    return offsets, top


def _improved(
    blocks: Sequence[Block],
    neighbours: Sequence[Sequence[int]],
    order: list[int],
    offsets: list[int],
    top: int,
    bound: int,
) -> tuple[list[int], int]:
    choose = random.Random(0)
    tries = min(_MOST_TRIES, _MOST_PLACEMENTS // max(1, len(blocks)))
    for _ in range(tries):
        if top == bound:
            break
        highest = [i for i in order if offsets[i] + blocks[i].size == top]
        moved = choose.choice(highest)
        changed = [i for i in order if i != moved]
        changed.insert(choose.randrange(order.index(moved) + 1), moved)
        new_offsets, new_top = _placed(blocks, neighbours, changed)
        if new_top <= top:
            order, offsets, top = changed, new_offsets, new_top
    return offsets, top
