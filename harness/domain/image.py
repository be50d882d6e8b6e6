"""A model image: the bytes that a device runs, and what the host knows about them."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.domain.network import DType


@dataclass(frozen=True)
class TensorPlacement:
    """Where an activation lies in the arena: offset and size in bytes, shape as in the source."""

    index: int
    name: str
    dtype: DType
    shape: tuple[int, ...]
    offset: int
    nbytes: int
    scale: float
    zero_point: int


@dataclass(frozen=True)
class OperatorSummary:
    """What the host knows of one operator of an image.

    `opcode` is that of its kernel, `output` its first output. `scratch_bytes` is what the plan
    reserves in the arena while this operator runs.
    """

    index: int
    name: str
    macs: int
    weight_bytes: int
    output: int
    scratch_bytes: int
    opcode: int


@dataclass(frozen=True)
class ModelImage:
    """A compiled network.

    `arena_bytes` is the planned arena; `arena_lower_bound` the largest set of tensors and scratch
    that are live at once, which no plan can undercut. `weight_bytes` counts constants (weights and
    biases), `quantization_bytes` multipliers and shifts. `placements` covers every activation.
    """

    name: str
    source_sha256: str
    data: bytes = field(repr=False)
    crc32: int
    arena_bytes: int
    arena_lower_bound: int
    weight_bytes: int
    quantization_bytes: int
    macs: int
    operators: tuple[OperatorSummary, ...]
    placements: tuple[TensorPlacement, ...]
    inputs: tuple[TensorPlacement, ...]
    outputs: tuple[TensorPlacement, ...]

    @property
    def scratch(self) -> tuple[int, ...]:
        """Planned scratch per operator, in bytes."""
        return tuple(operator.scratch_bytes for operator in self.operators)
