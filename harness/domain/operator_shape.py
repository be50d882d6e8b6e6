"""One operator with its sizes and nothing around it: what a kernel benchmark measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Pair = tuple[int, int]


@dataclass(frozen=True)
class OperatorShape:
    """An operator over int8 activations, by TensorFlow Lite's name ("CONV_2D").

    `input` is the shape of its (first) input without `batch`: h, w, c of windowed operators, else
    one to three sizes. `output` counts the output channels of convolutions and of CONCATENATION,
    the units of FULLY_CONNECTED and the columns of BATCH_MATMUL; other operators keep their
    channels and leave it 0. Pairs are height and width. `per_channel` gives each output channel of
    the weights a scale of its own.

    PAD adds what a VALID window of `kernel` would lose, STRIDED_SLICE takes each `stride`-th pixel,
    RESIZE_NEAREST_NEIGHBOR gives `stride` for one. TRANSPOSE swaps the last two axes, MEAN leaves
    one pixel.
    """

    operator: str
    input: tuple[int, ...]
    output: int = 0
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    padding: str = "SAME"
    activation: str = "NONE"
    batch: int = 1
    per_channel: bool = False

    @property
    def windowed(self) -> bool:
        """Whether a window slides over height and width."""
        return self.operator.endswith("_2D") or self.operator in _WINDOWED

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output without batch, as TensorFlow defines SAME and VALID."""
        if self.operator in _OTHER_OUTPUTS:
            return _OTHER_OUTPUTS[self.operator](self)
        if not self.windowed:
            return (*self.input[:-1], self.output) if self.output else self.input
        sizes = zip(self.input[:2], self.kernel, self.stride, self.dilation, strict=True)
        positions = [
            -(-size // stride)
            if self.padding == "SAME"
            else (size - (kernel - 1) * dilation - 1) // stride + 1
            for size, kernel, stride, dilation in sizes
        ]
        return (*positions, self.output or self.input[2])

    @property
    def label(self) -> str:
        """A name that tells all of it: `conv_2d 32x32x16 k3 s1 -> 32x32x32`."""
        parts = [self.operator.lower(), _times(self.input)]
        if self.windowed:
            parts += [f"k{_pair(self.kernel)}", f"s{_pair(self.stride)}"]
            parts += [f"d{_pair(self.dilation)}"] * (self.dilation != (1, 1))
            parts += ["valid"] * (self.padding != "SAME")
        parts += [f"n{self.batch}"] * (self.batch != 1)
        parts += [self.activation.lower()] * (self.activation != "NONE")
        if self.operator == "FULLY_CONNECTED":
            parts += ["per-channel"] * self.per_channel
        elif "CONV" in self.operator:
            parts += ["per-tensor"] * (not self.per_channel)
        return f"{' '.join(parts)} -> {_times(self.output_shape)}"


def _padded(shape: OperatorShape) -> tuple[int, ...]:
    (h, w, c), (kernel_h, kernel_w) = shape.input, shape.kernel
    return h + kernel_h - 1, w + kernel_w - 1, c


def _spread(shape: OperatorShape) -> tuple[int, ...]:
    """What a convolution of the output would have as its input: the smallest for VALID."""
    (h, w, c), (stride_h, stride_w) = shape.input, shape.stride
    if shape.padding == "SAME":
        return h * stride_h, w * stride_w, shape.output or c
    kernel_h, kernel_w = shape.kernel
    return (h - 1) * stride_h + kernel_h, (w - 1) * stride_w + kernel_w, shape.output or c


_WINDOWED = {"PAD", "RESIZE_NEAREST_NEIGHBOR", "STRIDED_SLICE", "TRANSPOSE_CONV"}
_OTHER_OUTPUTS: Mapping[str, Callable[[OperatorShape], tuple[int, ...]]] = {
    "MEAN": lambda shape: (1, 1, shape.input[2]),
    "PAD": _padded,
    "RESIZE_NEAREST_NEIGHBOR": _spread,
    "TRANSPOSE": lambda shape: (*shape.input[:-2], shape.input[-1], shape.input[-2]),
    "TRANSPOSE_CONV": _spread,
}


def _times(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes))


def _pair(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else _times(pair)
