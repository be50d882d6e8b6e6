"""What operators with weights have in common: requantisation and multiply-accumulates."""

from __future__ import annotations

from harness.domain.network import Tensor
from harness.model.lowered import Words
from harness.model.operator_use import OperatorUse, describe
from harness.model.requantization import quantize_multipliers


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
    return requantization(use, [in_scale * scale / out_scale for scale in each])


def requantization(use: OperatorUse, reals: list[float]) -> tuple[Words, Words]:
    """Multipliers and shifts of real scales.

    Raises:
        UnsupportedOperator: a scale that a multiplier and shift cannot express.
    """
    try:
        multipliers, shifts = quantize_multipliers(reals)
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
