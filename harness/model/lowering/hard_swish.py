"""HARD_SWISH: x max(0, min(x + 3, 6)) / 6, element by element."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import Tensor
from harness.model.lookup import codes, lower_lookup
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.scales import requantized, rounded_right_shift

_SHIFT = 7  # codes of 9 bits enter the 16-bit arithmetic shifted by it
_LOW, _HIGH = -(2**15), 2**15 - 1
_LOWEST_SHIFT = -15  # LiteRT shifts 16 bits to the right by no more
_ONE = np.float32(3) / np.float32(2**15)  # the real step where 3 is 2^15


def lower(use: OperatorUse) -> Lowered:
    """HARD_SWISH by table, whose entries are LiteRT's in 16-bit fixed point; see `lookup`."""
    return lower_lookup(use, _entries)


def _entries(use: OperatorUse, x: Tensor, y: Tensor) -> NDArray[np.int64]:
    (x_scale, x_zero), (y_scale, y_zero) = use.per_tensor(x), use.per_tensor(y)
    step = np.float32(x_scale) / np.float32(1 << _SHIFT)
    to_output, output_shift = requantized(use, float(step / np.float32(y_scale)))
    to_gate, gate_shift = requantized(use, float(step / _ONE))
    if not (_LOWEST_SHIFT <= output_shift <= 0 and gate_shift >= _LOWEST_SHIFT):
        raise use.unsupported(
            f"the output scale {y_scale:g} does not suit an input of scale {x_scale:g}",
            "Quantise the model again.",
        )
    inputs = codes(x_zero) << _SHIFT
    linear = _rounded_product(inputs, _upper_half(to_output))
    gate = (_gate(inputs, _upper_half(to_gate), gate_shift) + 2**15) >> 1
    product = gate * linear
    swished = np.sign(product) * (abs(product) >> 15)  # towards zero
    return rounded_right_shift(swished, -output_shift) + y_zero


def _gate(inputs: NDArray[np.int64], multiplier: int, shift: int) -> NDArray[np.int64]:
    """x / 3 in 16 bits, bounded at -1 and 1: shifted left but once before the product."""
    if shift <= 0:
        return rounded_right_shift(_rounded_product(inputs, multiplier), -shift)
    shifted = np.clip(inputs << (shift - 1), _LOW, _HIGH)
    gate: NDArray[np.int64] = np.clip(_rounded_product(shifted, multiplier) << 1, _LOW, _HIGH)
    return gate


def _upper_half(multiplier: int) -> int:
    """A Q31 multiplier as Q15."""
    return min((multiplier + 2**15) >> 16, _HIGH)


def _rounded_product(a: NDArray[np.int64], b: int) -> NDArray[np.int64]:
    """a * b / 2^15, ties up, as gemmlowp's `SaturatingRoundingDoublingHighMul` of 16 bits."""
    return (a * b + (1 << 14)) >> 15


def macs(use: OperatorUse) -> int:
    """None, as the field counts."""
    return 0
