"""What a network takes of a memory and work budget, node by node, and whether it keeps within."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WIDTHS = (8, 4, 2)
"""Bits of a weight that are told."""


@dataclass(frozen=True)
class Budget:
    """Limits in bytes of flash and RAM and in multiply-accumulates; None is no limit."""

    flash: int | None = None
    ram: int | None = None
    macs: int | None = None


@dataclass(frozen=True)
class NodeCost:
    """What one operator takes.

    `ram` are the bytes live while it runs: its inputs, its outputs, and what later operators still
    read, each rounded up to the arena's alignment. `shares_place` says that its output lies where
    its input does. `rom` are the bytes of its constants by bits of a weight: biases keep theirs.
    """

    index: int
    name: str
    ram: int
    shares_place: bool
    rom: Mapping[int, int]
    macs: int


@dataclass(frozen=True)
class BranchOrder:
    """The order of operators that needs least RAM, and what it needs.

    `peak` is the least of the largest live sets, `arena` what the planner makes of that order.
    `complete` is False where the search was given up: then `order` is the best that was met.
    """

    order: tuple[int, ...]
    peak: int
    arena: int
    complete: bool


@dataclass(frozen=True)
class NetworkCost:
    """A network's nodes in execution order, and what it takes as a whole.

    `peak` is the largest live set, which no plan can undercut; `arena` the planner's. `image` are
    bytes of the model image by bits of a weight, `constants` those in it as they are; code is not
    in it. `scratch_known` tells whether
    `ram` has the kernels' scratch in it, which only a firmware can tell.
    """

    name: str
    nodes: tuple[NodeCost, ...]
    peak: int
    arena: int
    image: Mapping[int, int]
    macs: int
    best: BranchOrder
    constants: int
    scratch_known: bool = False


@dataclass(frozen=True)
class Overrun:
    """By how much something is above its limit: `resource` is flash, ram or macs."""

    resource: str
    need: int
    limit: int


def overruns(cost: NetworkCost, budget: Budget, bits: int = 8) -> tuple[Overrun, ...]:
    """Where the network as a whole is above its budget, with weights of `bits`; () passes."""
    return _above(budget, cost.image[bits], cost.arena, cost.macs)


def node_overruns(
    cost: NetworkCost, budget: Budget, bits: int = 8
) -> tuple[tuple[Overrun, ...], ...]:
    """The same for each node: RAM while it runs, flash and MACs of it and all before it.

    So the first node that fails for flash or MACs is the one at which the sum leaves the budget.
    Flash counts constants alone; the image's tables are in the whole only.
    """
    found, rom, macs = [], 0, 0
    for node in cost.nodes:
        rom, macs = rom + node.rom[bits], macs + node.macs
        found.append(_above(budget, rom, node.ram, macs))
    return tuple(found)


def _above(budget: Budget, flash: int, ram: int, macs: int) -> tuple[Overrun, ...]:
    pairs = (("flash", flash, budget.flash), ("ram", ram, budget.ram), ("macs", macs, budget.macs))
    return tuple(
        Overrun(resource, need, limit)
        for resource, need, limit in pairs
        if limit is not None and need > limit
    )
