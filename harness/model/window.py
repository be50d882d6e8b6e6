"""Where a sliding window starts, and how many positions it takes."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model.dims import Dims
from harness.model.operator_use import OperatorUse

SAME, VALID = 0, 1
_LONGEST_REACH = 2**24  # beyond it, positions would leave the kernels' 32 bits


@dataclass(frozen=True)
class Axis:
    """One axis of a sliding window: positions it takes, and padding before the first."""

    output: int
    pad: int


def slide(input_size: int, filter_size: int, stride: int, dilation: int, padding: int) -> Axis:
    """Positions and leading padding along one axis, as TensorFlow defines SAME and VALID.

    A filter reaches over (filter_size - 1) * dilation + 1 inputs. SAME takes ceil(input / stride)
    positions and puts the smaller half of what is missing before the input.
    """
    reach = reach_of(filter_size, dilation)
    if padding == VALID:
        return Axis((input_size - reach) // stride + 1, 0)
    output = -(-input_size // stride)
    return Axis(output, max((output - 1) * stride + reach - input_size, 0) // 2)


def reach_of(filter_size: int, dilation: int) -> int:
    """Inputs from the first to the last tap of a filter."""
    return (filter_size - 1) * dilation + 1


@dataclass(frozen=True)
class Window:
    """A window over height and width; the fields are those of the image's parameters."""

    stride_w: int
    stride_h: int
    pad_w: int
    pad_h: int
    dilation_w: int
    dilation_h: int


def window_of(use: OperatorUse, x: Dims, filter_h: int, filter_w: int, y: Dims) -> Window:
    """The window of an operator, checked against the shape of its output.

    Raises:
        UnsupportedOperator: a padding other than SAME and VALID, a filter that reaches too far.
        BadModel: the output has another shape than the window gives.
    """
    padding = use.option("padding", SAME)
    if padding not in (SAME, VALID):
        raise use.unsupported(
            f"padding number {padding} is neither SAME nor VALID", "Convert the model with one."
        )
    stride_h, stride_w = use.positive_option("stride_h"), use.positive_option("stride_w")
    dilation_h = use.positive_option("dilation_h_factor", 1)
    dilation_w = use.positive_option("dilation_w_factor", 1)
    reach = max(reach_of(filter_h, dilation_h), reach_of(filter_w, dilation_w))
    if reach > _LONGEST_REACH:
        raise use.unsupported(
            f"the filter reaches over {reach:,} inputs; up to {_LONGEST_REACH:,} are supported",
            "Build the model with smaller filters.",
        )
    rows = slide(x[1], filter_h, stride_h, dilation_h, padding)
    columns = slide(x[2], filter_w, stride_w, dilation_w, padding)
    if (x[0], rows.output, columns.output) != y[:3]:
        raise use.broken(
            f"the window gives {x[0]} x {rows.output} x {columns.output} outputs, "
            f"the output tensor has {y[0]} x {y[1]} x {y[2]}"
        )
    return Window(stride_w, stride_h, columns.pad, rows.pad, dilation_w, dilation_h)
