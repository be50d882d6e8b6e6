"""Compiles a network to the model image that a device runs."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.image import ModelImage, OperatorSummary, TensorPlacement
from harness.domain.network import Network, Tensor
from harness.errors import ImageTooLarge
from harness.model.arena import ArenaPlan, Block, plan_arena
from harness.model.image import Place, check_counts, encode_image
from harness.model.lifetimes import lifetimes_of
from harness.model.lowered import Lowered
from harness.model.lowering import lower, macs_of
from harness.model.on_device import on_device
from harness.model.operator_use import OperatorUse

_LARGEST_ARENA = 2**31 - 1


def compile_image(
    network: Network,
    *,
    scratch: Sequence[int] | None = None,
    preserve_all_tensors: bool = False,
) -> ModelImage:
    """Compile a network.

    Args:
        network: what to compile; `on_device` is applied to it.
        scratch: bytes each kernel of `on_device(network)` needs, as DESCRIBE reports them.
        preserve_all_tensors: keep every activation in the arena to the end, to look at it there.

    Raises:
        UnsupportedOperator: an operator, or a use of one, that kernels cannot run.
        BadModel: the network contradicts itself.
        ImageTooLarge: the arena would have 2 GiB or more.
        ValueError: `scratch` does not have one number, 0 or more, for each operator.
    """
    network = on_device(network)
    check_counts(network)
    needs = _checked_scratch(network, scratch)
    uses = [OperatorUse(network, operator) for operator in network.operators]
    lowered = [lower(use) for use in uses]
    lifetimes = lifetimes_of(network, lowered, preserve_all_tensors)
    plan, places = _plan(network, lifetimes.blocks, needs)
    offsets = {index: plan.offsets[block] for index, block in lifetimes.block_of.items()}
    encoded = encode_image(
        network, lowered, offsets=offsets, scratch=places, arena_bytes=plan.arena_bytes
    )
    placements = {
        index: _placement(network.tensors[index], offset) for index, offset in offsets.items()
    }
    operators = tuple(
        _summary(use, operator, need)
        for use, operator, need in zip(uses, lowered, needs, strict=True)
    )
    return ModelImage(
        name=network.name,
        source_sha256=network.source_sha256,
        data=encoded.data,
        crc32=encoded.crc32,
        arena_bytes=plan.arena_bytes,
        arena_lower_bound=plan.lower_bound,
        weight_bytes=encoded.weight_bytes,
        quantization_bytes=encoded.quantization_bytes,
        macs=sum(operator.macs for operator in operators),
        operators=operators,
        placements=tuple(placements.values()),
        inputs=tuple(placements[index] for index in network.inputs),
        outputs=tuple(placements[index] for index in network.outputs),
    )


def _checked_scratch(network: Network, scratch: Sequence[int] | None) -> tuple[int, ...]:
    count = len(network.operators)
    needs = (0,) * count if scratch is None else tuple(scratch)
    if len(needs) != count or any(need < 0 for need in needs):
        raise ValueError(f"scratch {needs} does not have a size for each of {count} operators")
    return needs


def _plan(
    network: Network, activations: Sequence[Block], needs: Sequence[int]
) -> tuple[ArenaPlan, list[Place]]:
    with_scratch = [i for i, need in enumerate(needs) if need]
    blocks = [*activations, *(Block(needs[i], i + 1, i + 1) for i in with_scratch)]
    plan = plan_arena(blocks)
    if plan.arena_bytes > _LARGEST_ARENA:
        raise ImageTooLarge(
            "the arena of a model image",
            need=plan.arena_bytes,
            have=_LARGEST_ARENA,
            where=network.source,
            hint="Choose a model that a microcontroller can hold.",
        )
    places = [Place(0, 0)] * len(needs)
    for i, offset in zip(with_scratch, plan.offsets[len(activations) :], strict=True):
        places[i] = Place(offset, needs[i])
    return plan, places


def _placement(tensor: Tensor, offset: int) -> TensorPlacement:
    quantization = tensor.quantization
    return TensorPlacement(
        index=tensor.index,
        name=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        offset=offset,
        nbytes=tensor.nbytes,
        scale=quantization.scales[0] if quantization else 1.0,
        zero_point=quantization.zero_points[0] if quantization else 0,
    )


def _summary(use: OperatorUse, lowered: Lowered, scratch: int) -> OperatorSummary:
    constants = {
        operand.tensor.index: operand.tensor.nbytes
        for operand in lowered.inputs
        if operand is not None and operand.tensor.data is not None
    }
    return OperatorSummary(
        index=use.operator.index,
        name=use.operator.name,
        macs=macs_of(use) or 0,
        weight_bytes=sum(constants.values()),
        output=lowered.output.tensor.index,
        scratch_bytes=scratch,
        opcode=lowered.opcode,
    )
