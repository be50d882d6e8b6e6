"""One operator with its sizes and nothing around it: what a kernel benchmark measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Pair = tuple[int, int]
Sizes = tuple[int, ...]
IMAGE = (3, 3)  # the ranks of what has height, width and channels
WINDOW = ("kernel", "stride", "padding")


def joined(shape: OperatorShape) -> Sizes:
    """The input's sizes, the last of them replaced by `output` where that is given."""
    return (*shape.input[:-1], shape.output) if shape.output else shape.input


def slid(shape: OperatorShape) -> Sizes:
    """One pixel for each place of a window, as TensorFlow defines SAME and VALID."""
    sizes = zip(shape.input[:2], shape.kernel, shape.stride, shape.dilation, strict=True)
    positions = [
        -(-size // stride)
        if shape.padding == "SAME"
        else (size - (kernel - 1) * dilation - 1) // stride + 1
        for size, kernel, stride, dilation in sizes
    ]
    return (*positions, shape.output or shape.input[2])


def spread(shape: OperatorShape) -> Sizes:
    """What a convolution of the output would have as its input: the smallest for VALID."""
    (h, w, c), (stride_h, stride_w) = shape.input, shape.stride
    if shape.padding == "SAME":
        return h * stride_h, w * stride_w, shape.output or c
    kernel_h, kernel_w = shape.kernel
    return (h - 1) * stride_h + kernel_h, (w - 1) * stride_w + kernel_w, shape.output or c


def no_faults(shape: OperatorShape) -> list[str]:
    """None: any sizes go together."""
    return []


def window_faults(shape: OperatorShape) -> list[str]:
    """What is wrong with a window that must lie inside the input."""
    reach = [(k - 1) * d + 1 for k, d in zip(shape.kernel, shape.dilation, strict=True)]
    if shape.padding == "VALID" and (reach[0] > shape.input[0] or reach[1] > shape.input[1]):
        return ["the kernel reaches beyond the input, and padding is VALID"]
    return []


@dataclass(frozen=True)
class ShapeRule:
    """What a shape of an operator says; `operator` is TensorFlow Lite's name ("CONV_2D").

    Where a shape is written down, `needed` must be given and `taken` may be, beside operator,
    `input` and `batch`. `ranks` are the fewest and the most sizes of the input. `per_channel` is
    the default, and so are the input's channels for `output` where `channelwise`. `windowed`: a
    window slides over height and width. `output_sizes` gives the output's shape without batch,
    `faults` all that is wrong with sizes of the right rank.
    """

    operator: str
    needed: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    ranks: Pair = (1, 3)
    windowed: bool = False
    channelwise: bool = False
    per_channel: bool = False
    output_sizes: Callable[[OperatorShape], Sizes] = joined
    faults: Callable[[OperatorShape], list[str]] = no_faults


@dataclass(frozen=True)
class OperatorShape:
    """An operator over int8 activations.

    `input` is the shape of its (first) input without `batch`: h, w, c of windowed operators, else
    one to three sizes. `output` counts the output channels of convolutions and of CONCATENATION,
    the units of FULLY_CONNECTED and the columns of BATCH_MATMUL; other operators keep their
    channels and leave it 0. Pairs are height and width. `per_channel` gives each output channel of
    the weights a scale of its own.
    """

    rule: ShapeRule
    input: Sizes
    output: int = 0
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    padding: str = "SAME"
    activation: str = "NONE"
    batch: int = 1
    per_channel: bool = False

    @property
    def operator(self) -> str:
        """TensorFlow Lite's name."""
        return self.rule.operator

    @property
    def output_shape(self) -> Sizes:
        """Shape of the output without batch."""
        return self.rule.output_sizes(self)

    @property
    def label(self) -> str:
        """A name that tells all of it: `conv_2d 32x32x16 k3 s1 -> 32x32x32`."""
        parts = [self.operator.lower(), _times(self.input)]
        if self.rule.windowed:
            parts += [f"k{_pair(self.kernel)}", f"s{_pair(self.stride)}"]
            parts += [f"d{_pair(self.dilation)}"] * (self.dilation != (1, 1))
            parts += ["valid"] * (self.padding != "SAME")
        parts += [f"n{self.batch}"] * (self.batch != 1)
        parts += [self.activation.lower()] * (self.activation != "NONE")
        if "per_channel" in self.rule.taken and self.per_channel != self.rule.per_channel:
            parts += ["per-channel" if self.per_channel else "per-tensor"]
        return f"{' '.join(parts)} -> {_times(self.output_shape)}"


def _times(sizes: Sizes) -> str:
    return "x".join(map(str, sizes))


def _pair(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else _times(pair)
