"""Which tensor and which operator's scratch lies where in the arena, and when."""

from __future__ import annotations

from harness.domain.image import ModelImage
from harness.domain.network import Network
from harness.domain.profile import Tenant
from harness.model import decode_image
from harness.model.lifetimes import lifetimes_of
from harness.model.lowering import lower
from harness.model.operator_use import OperatorUse


def arena_tenants(network: Network, image: ModelImage) -> tuple[Tenant, ...]:
    """Everything that lies in the arena of `image`, from the lowest offset up.

    Tensors that share a place are one tenant. Scratch lies where the image's records say.
    """
    uses = [OperatorUse(network, operator) for operator in network.operators]
    lifetimes = lifetimes_of(network, [lower(use) for use in uses])
    placements = {placement.index: placement for placement in image.placements}
    sharing: dict[int, list[int]] = {}
    for index, block in lifetimes.block_of.items():
        sharing.setdefault(block, []).append(index)
    tensors = [
        Tenant(
            names=tuple(placements[index].name for index in indices),
            offset=placements[indices[0]].offset,
            nbytes=lifetimes.blocks[block].nbytes,
            first=lifetimes.blocks[block].first,
            last=lifetimes.blocks[block].last,
        )
        for block, indices in sharing.items()
    ]
    scratch = [
        Tenant(
            names=(f"scratch of {network.operators[step - 1].name}",),
            offset=operator.scratch_offset,
            nbytes=operator.scratch_bytes,
            first=step,
            last=step,
            scratch=True,
        )
        for step, operator in enumerate(decode_image(image.data).operators, start=1)
        if operator.scratch_bytes
    ]
    return tuple(sorted([*tensors, *scratch], key=lambda tenant: (tenant.offset, tenant.first)))
