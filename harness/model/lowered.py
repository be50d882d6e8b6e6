"""What an operator becomes in the image: its operands, and its parameters in order."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.network import Tensor
from harness.model.dims import Dims


@dataclass(frozen=True)
class Words:
    """An array of int32 that the image keeps apart; the parameters hold its image offset."""

    values: tuple[int, ...]


@dataclass(frozen=True)
class Operand:
    """A tensor with the sizes n, h, w, c that the operator reads it with."""

    tensor: Tensor
    dims: Dims


@dataclass(frozen=True)
class Lowered:
    """One operator as the image holds it, for `opcode` in TensorFlow Lite's numbers.

    `inputs` holds None for an absent optional input. `shares_place` says that the output is the
    input's bytes under another shape, so that both may lie at the same place of the arena.
    """

    opcode: int
    inputs: tuple[Operand | None, ...]
    output: Operand
    params: tuple[int | Words, ...]
    shares_place: bool = False
