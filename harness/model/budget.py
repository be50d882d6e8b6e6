"""What each node of a network takes: RAM while it runs, constants by bits of a weight, MACs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.domain.budget import WIDTHS, BranchOrder, NetworkCost, NodeCost
from harness.domain.network import DType, Network, Tensor
from harness.model.arena import aligned
from harness.model.branch_order import Step, least_peak, live_bytes
from harness.model.compile import compile_image
from harness.model.lifetimes import Lifetimes, lifetimes_of
from harness.model.lowered import Lowered
from harness.model.lowering import lower, macs_of, with_weights
from harness.model.on_device import on_device
from harness.model.operator_use import ABSENT, OperatorUse

_BITS = {DType.INT8: 8, DType.UINT8: 8, DType.INT4: 4, DType.INT2: 2}


def network_cost(network: Network, scratch: Sequence[int] | None = None) -> NetworkCost:
    """The cost of a network as it runs on a device.

    Args:
        network: what to look at; `on_device` is applied to it.
        scratch: bytes each kernel needs, where a firmware has told; None leaves scratch out.

    Raises:
        UnsupportedOperator, BadModel, ImageTooLarge: as `compile_image`.
    """
    network = on_device(network)
    image = compile_image(network, scratch=scratch)
    uses = [OperatorUse(network, operator) for operator in network.operators]
    lowered = [lower(use) for use in uses]
    lifetimes = lifetimes_of(network, lowered)
    needs = scratch or (0,) * len(uses)
    steps = [
        Step(*_places(one, lifetimes), scratch=need)
        for one, need in zip(lowered, needs, strict=True)
    ]
    sizes = [block.nbytes for block in lifetimes.blocks]
    state = {index for index in lifetimes.block_of if network.tensors[index].variable}
    inputs = frozenset(lifetimes.block_of[index] for index in state.union(network.inputs))
    outputs = frozenset(lifetimes.block_of[index] for index in state.union(network.outputs))
    alive = live_bytes(steps, sizes, inputs, outputs, range(len(steps)))
    nodes = tuple(
        NodeCost(
            index=use.operator.index,
            name=use.operator.name,
            ram=ram,
            shares_place=one.shares_place
            and one.inputs[0] is not None
            and one.inputs[0].tensor.data is None,
            rom=_rom(use, one),
            macs=macs_of(use) or 0,
        )
        for use, one, ram in zip(uses, lowered, alive, strict=True)
    )
    # Who reads a variable before and who after it is written must stay so.
    found = least_peak(steps, sizes, inputs, outputs, most_sets=0 if state else None)
    return NetworkCost(
        name=network.name,
        nodes=nodes,
        peak=image.arena_lower_bound,
        arena=image.arena_bytes,
        image={bits: len(image.data) - _saved(network, bits) for bits in WIDTHS},
        macs=image.macs,
        best=BranchOrder(
            order=tuple(network.operators[position].index for position in found.order),
            peak=found.peak,
            arena=_arena_of(network, found.order, needs),
            complete=found.complete,
        ),
        constants=image.weight_bytes,
        scratch_known=scratch is not None,
    )


def _places(one: Lowered, lifetimes: Lifetimes) -> tuple[frozenset[int], frozenset[int]]:
    reads = {
        lifetimes.block_of[operand.tensor.index]
        for operand in one.inputs
        if operand is not None and operand.tensor.data is None
    }
    writes = {lifetimes.block_of[operand.tensor.index] for operand in one.outputs}
    return frozenset(reads), frozenset(writes)


def _arena_of(network: Network, order: Sequence[int], needs: Sequence[int]) -> int:
    """The arena that the planner makes of the network's operators in another order."""
    operators = tuple(network.operators[position] for position in order)
    scratch = [needs[position] for position in order]
    return compile_image(replace(network, operators=operators), scratch=scratch).arena_bytes


def weights_of(use: OperatorUse) -> Tensor | None:
    """The constant weights of an operator that has some of 8 bits or fewer."""
    position = 1
    inputs = use.operator.inputs
    weighted = use.operator.name in with_weights(DType.INT8)
    if not weighted or len(inputs) <= position or inputs[position] == ABSENT:
        return None
    tensor = use.network.tensors[inputs[position]]
    return tensor if tensor.data is not None and tensor.dtype in _BITS else None


def _narrowed(weights: Tensor, bits: int) -> int:
    """Bytes of weights with at most so many bits each: no weight gets wider than it is."""
    return -(-weights.elements * min(bits, _BITS[weights.dtype]) // 8)


def _rom(use: OperatorUse, one: Lowered) -> dict[int, int]:
    """Bytes of the constants that the image has of an operator: its parameters are tables."""
    operands = {operand.tensor.index: operand.tensor for operand in one.inputs if operand}
    total = sum(tensor.nbytes for tensor in operands.values() if tensor.data is not None)
    weights = weights_of(use)
    if weights is None:
        return dict.fromkeys(WIDTHS, total)
    return {bits: total - weights.nbytes + _narrowed(weights, bits) for bits in WIDTHS}


def _saved(network: Network, bits: int) -> int:
    """Bytes that narrower weights take less of an image, which keeps equal contents once.

    Contents start at multiples of the arena's alignment; tables that only some kernels want, such
    as sums of rows, are not looked at.
    """
    found = {}
    for operator in network.operators:
        weights = weights_of(OperatorUse(network, operator))
        if weights is not None:
            found[weights.data] = aligned(weights.nbytes) - aligned(_narrowed(weights, bits))
    return sum(found.values())
