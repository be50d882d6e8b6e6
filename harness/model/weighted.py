"""What operators with weights have in common: requantisation and multiply-accumulates."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.network import DType, Tensor
from harness.model.lowered import Variant, Words
from harness.model.operator_use import OperatorUse, describe
from harness.model.requantization import quantize_multipliers

WEIGHT_TYPES = (DType.INT8, DType.UINT8, DType.INT4, DType.INT2)
ACTIVATIONS = (DType.INT8, DType.INT16)
_INT16_LARGEST_SHIFT = 7  # LiteRT's limit for sums of 64 bits


@dataclass(frozen=True)
class Operands:
    """Input, weights, output, and what sets their types apart from int8 throughout.

    `variant` is added to the opcode. `weights_zero_point` is 0 but for uint8 weights, which have
    one scale for all channels.
    """

    x: Tensor
    weights: Tensor
    y: Tensor
    variant: int
    bias: DType
    weights_zero_point: int

    @property
    def filter_offset(self) -> tuple[int, ...]:
        """The parameter of convolutions that only those with uint8 weights have."""
        return (-self.weights_zero_point,) if self.variant == Variant.UINT8_WEIGHTS else ()

    def scales(self, use: OperatorUse, axis: int) -> tuple[float, ...]:
        """The scales of the weights: one, or one per index of `axis`."""
        if self.weights.dtype is DType.UINT8:
            return (use.per_tensor(self.weights)[0],)
        return use.channel_scales(self.weights, axis)


def weighted_operands(use: OperatorUse) -> Operands:
    """The operands of an operator with weights.

    Raises:
        UnsupportedOperator: types that no kernel takes together.
    """
    x, y = use.activation(0, *ACTIVATIONS), use.output(*ACTIVATIONS)
    weights = use.weights(1, *WEIGHT_TYPES)
    kinds = (x.dtype, weights.dtype, y.dtype)
    if kinds not in _VARIANTS:
        raise use.unsupported(
            f"{describe(x)} and {describe(weights)} give {describe(y)}, which no kernel does",
            "Quantise the model to full int8 (input and output int8).",
        )
    zero = use.per_tensor(weights)[1] if weights.dtype is DType.UINT8 else 0
    bias = DType.INT64 if x.dtype is DType.INT16 else DType.INT32
    return Operands(x, weights, y, _VARIANTS[kinds], bias, zero)


_VARIANTS = {
    (DType.INT8, DType.INT8, DType.INT8): 0,
    (DType.INT16, DType.INT8, DType.INT16): Variant.INT16,
    (DType.INT8, DType.UINT8, DType.INT8): Variant.UINT8_WEIGHTS,
    (DType.INT8, DType.INT4, DType.INT8): Variant.INT4_WEIGHTS,
    (DType.INT8, DType.INT2, DType.INT8): Variant.INT2_WEIGHTS,
}


def per_channel_requantization(
    use: OperatorUse, x: Tensor, scales: tuple[float, ...], y: Tensor, channels: int
) -> tuple[Words, Words]:
    """Multipliers and shifts of scale(x) * scale(weights) / scale(y), one pair per channel.

    All in double precision, as LiteRT's `PopulateConvolutionQuantizationParams`; a single scale
    of the weights counts for all channels.

    Raises:
        UnsupportedOperator: a scale that a multiplier and shift cannot express.
    """
    in_scale, out_scale = use.per_tensor(x)[0], use.per_tensor(y)[0]
    each = scales if len(scales) > 1 else scales * channels
    largest = _INT16_LARGEST_SHIFT if x.dtype is DType.INT16 else 30
    return requantization(use, [in_scale * scale / out_scale for scale in each], largest)


def requantization(
    use: OperatorUse, reals: list[float], largest_shift: int = 30
) -> tuple[Words, Words]:
    """Multipliers and shifts of real scales.

    Raises:
        UnsupportedOperator: a scale that a multiplier and shift cannot express.
    """
    try:
        multipliers, shifts = quantize_multipliers(reals, largest_shift)
    except ValueError as error:
        raise use.unsupported(str(error), "Quantise the model again.") from error
    return Words(multipliers), Words(shifts)


def macs_with_weights(use: OperatorUse, channel_axis: int) -> int:
    """Output elements times weights per output channel; taps in the padding count.

    Raises:
        BadModel: the weights are absent or have no such axis.
    """
    weights, y = use.input(1), use.result()
    if len(weights.shape) <= max(channel_axis, 0):
        raise use.broken(f"the weights {describe(weights)} have too few dimensions")
    return y.elements * weights.elements // max(1, weights.shape[channel_axis])
