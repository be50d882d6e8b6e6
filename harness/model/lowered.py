"""What an operator becomes in the image: its operands, and its parameters in order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from harness.domain.network import Tensor
from harness.model.dims import Dims


class Variant(IntEnum):
    """What an operator works on where it is not int8 throughout: added to its opcode.

    A kernel of its own runs each variant, so that a set may have one and lack another.
    """

    INT16 = 0x100
    UINT8_WEIGHTS = 0x200
    INT4_WEIGHTS = 0x300
    UNSIGNED = 0x400
    INT2_WEIGHTS = 0x500


@dataclass(frozen=True)
class Words:
    """An array of int32 that the image keeps apart; the parameters hold its image offset."""

    values: tuple[int, ...]


@dataclass(frozen=True)
class Operand:
    """A tensor with the sizes n, h, w, c that the operator reads it with."""

    tensor: Tensor
    dims: Dims


def bias_operand(bias: Tensor | None, channels: int) -> Operand | None:
    """One bias for each channel of the output, where there are any."""
    return None if bias is None else Operand(bias, (1, 1, 1, channels))


@dataclass(frozen=True)
class Lowered:
    """One operator as the image holds it, for `opcode` in TensorFlow Lite's numbers.

    `opcode` may carry a `Variant`. `inputs` holds None for an absent optional input,
    `more_outputs` what an operator writes beside `output`. `shares_place` says that the output is
    the input's bytes under another shape, so that both may lie at the same place of the arena.
    """

    opcode: int
    inputs: tuple[Operand | None, ...]
    output: Operand
    params: tuple[int | Words, ...]
    shares_place: bool = False
    more_outputs: tuple[Operand, ...] = ()

    @property
    def outputs(self) -> tuple[Operand, ...]:
        """All outputs, in the operator's order."""
        return (self.output, *self.more_outputs)
