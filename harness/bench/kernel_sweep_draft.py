"""A network of one operator under construction: its shape, seeded contents, and the writer."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.domain.operator_shape import OperatorShape, Sizes
from harness.model.tflite_writer import TfliteModel

WEIGHT_SCALE = 0.02
SPREAD = 74.0  # standard deviation of int8 values that are uniform over the whole range
FILL = 3.0  # standard deviations of the sums that the output's range holds
Scales = NDArray[np.float64]


@dataclass
class Draft:
    """What the network of a shape is made with; constants come from SHAKE-256 of its label.

    Outputs are quantised so that they fill int8. The network has one input, since the bench streams
    one: other operands are constants.
    """

    x_scale: ClassVar[float] = 0.05
    x_zero: ClassVar[int] = -5
    y_zero: ClassVar[int] = 3
    """What an output has that is quantised apart from the input."""

    shape: OperatorShape
    model: TfliteModel = field(default_factory=TfliteModel)

    @property
    def x_shape(self) -> Sizes:
        """Shape of the input, with batch."""
        return (self.shape.batch, *self.shape.input)

    @property
    def y_shape(self) -> Sizes:
        """Shape of the output, with batch."""
        return (self.shape.batch, *self.shape.output_shape)

    def random(self, name: str, shape: Sizes) -> NDArray[np.int8]:
        """Values that `name` and the shape's label choose."""
        seed = f"harness kernel benchmark 1 {self.shape.label} {name}".encode()
        stream = hashlib.shake_256(seed).digest(math.prod(shape))
        # Weights are symmetric: -128 is not among them.
        return np.maximum(np.frombuffer(stream, np.int8), np.int8(-127)).reshape(shape)

    def window(self) -> dict[str, Any]:
        """The options of a sliding window."""
        (stride_h, stride_w), (dilation_h, dilation_w) = self.shape.stride, self.shape.dilation
        options = {"stride_h": stride_h, "stride_w": stride_w, "padding": self.shape.padding}
        if self.shape.dilation != (1, 1):
            options |= {"dilation_h_factor": dilation_h, "dilation_w_factor": dilation_w}
        return options

    def x(self, name: str = "x") -> int:
        """The input."""
        return self.model.tensor(self.x_shape, "int8", self.x_scale, self.x_zero, name=name)

    def y(self, scale: float = x_scale, zero_point: int = x_zero) -> int:
        """The output, quantised as the input unless told."""
        return self.model.tensor(self.y_shape, "int8", scale, zero_point, name="y")

    def codes(
        self, name: str, sizes: Sizes, scale: float = x_scale, zero_point: int = x_zero
    ) -> int:
        """A constant of int8, quantised as the input unless told."""
        return self.model.tensor(
            sizes, "int8", scale, zero_point, self.random(name, sizes), name=name
        )

    def weights(self, name: str, sizes: Sizes, scales: Scales | None = None, axis: int = 0) -> int:
        """Constant weights, with a scale for each channel along `axis` where there are several."""
        each = WEIGHT_SCALE if scales is None else scales.tolist()
        return self.model.tensor(sizes, "int8", each, 0, self.random(name, sizes), axis, name)

    def integers(self, values: Sequence[Any]) -> int:
        """A constant of int32."""
        array = np.asarray(values, np.int32)
        return self.model.tensor(array.shape, "int32", data=array)

    def scales(self, channels: int) -> Scales:
        """The scales of weights: one, or one for each channel."""
        if not self.shape.per_channel:
            return np.full(1, WEIGHT_SCALE)
        return WEIGHT_SCALE * (1 + np.arange(channels) / channels)

    def y_scale(self, taps: float, scales: Scales | None = None) -> float:
        """The scale of sums of `taps` products, at which they fill int8."""
        mean = WEIGHT_SCALE if scales is None else float(scales.mean())
        return FILL * SPREAD * SPREAD * math.sqrt(taps) * self.x_scale * mean / 127

    def finish(self, inputs: list[int], y: int, x_at: int = 0, **options: Any) -> bytes:
        """The bytes of the network, whose input is the operator's at `x_at`."""
        version = 2 if "dilation_h_factor" in options else 1
        self.model.operator(self.shape.operator, inputs, [y], version=version, **options)
        return self.model.build([inputs[x_at]], [y])

    def of_one(self, scale: float = x_scale, zero_point: int = y_zero, **options: Any) -> bytes:
        """The network of an operator whose only operand is the input."""
        return self.finish([self.x()], self.y(scale, zero_point), **options)

    def of_two(self, *, y_scale_over_x: float) -> bytes:
        """The network of an operator with two operands, quantised apart."""
        a = self.x("a")
        b = self.codes("b", self.x_shape, self.x_scale * 0.7, 9)
        y = self.y(self.x_scale * y_scale_over_x, self.y_zero)
        return self.finish([a, b], y, fused_activation_function=self.shape.activation)

    def by_code(self) -> bytes:
        """The network of an operator that compares codes: all is quantised alike."""
        b = self.codes("b", self.x_shape)
        return self.finish([self.x(), b], self.y())

    def pooled(self) -> bytes:
        """The network of an operator that takes windows of each channel together."""
        height, width = self.shape.kernel
        options = self.window() | {"filter_height": height, "filter_width": width}
        options["fused_activation_function"] = self.shape.activation
        return self.finish([self.x()], self.y(), **options)

    def weighted(self, sizes: Sizes, axis: int, taps: int, **options: Any) -> bytes:
        """The network of sums of `taps` products with weights of `sizes`, channels along `axis`."""
        channels, scales = sizes[axis], self.scales(sizes[axis])
        # Biases are of the size of the sums.
        sums = int(SPREAD * SPREAD * math.sqrt(taps))
        bias = self.random("bias", (channels,)).astype(np.int64) * sums // 128
        x, w = self.x(), self.weights("weights", sizes, scales, axis)
        b = self.model.tensor(
            (channels,), "int32", (self.x_scale * scales).tolist(), 0, bias, name="bias"
        )
        y = self.y(self.y_scale(taps, scales), self.y_zero)
        options = {"fused_activation_function": self.shape.activation, **options}
        return self.finish([x, w, b], y, **options)
