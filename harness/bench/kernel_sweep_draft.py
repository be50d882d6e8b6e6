"""A network of one operator under construction: its shape, seeded contents, and the writer."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.operator_shape import OperatorShape
from harness.model.tflite_writer import TfliteModel

IN_SCALE, IN_ZERO = 0.05, -5
OUT_ZERO = 3
SPREAD = 74.0  # standard deviation of int8 values that are uniform over the whole range
FILL = 3.0  # standard deviations of the sums that the output's range holds


@dataclass
class Draft:
    """What the network of a shape is made with; weights come from SHAKE-256 of its label."""

    shape: OperatorShape
    model: TfliteModel = field(default_factory=TfliteModel)

    @property
    def x_shape(self) -> tuple[int, ...]:
        """Shape of the input, with batch."""
        return (self.shape.batch, *self.shape.input)

    @property
    def y_shape(self) -> tuple[int, ...]:
        """Shape of the output, with batch."""
        return (self.shape.batch, *self.shape.output_shape)

    def random(self, name: str, shape: tuple[int, ...]) -> NDArray[np.int8]:
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

    def x(self) -> int:
        """The input."""
        return self.model.tensor(self.x_shape, "int8", IN_SCALE, IN_ZERO, name="x")

    def y(self, scale: float = IN_SCALE, zero_point: int = IN_ZERO) -> int:
        """The output, quantised as the input unless told."""
        return self.model.tensor(self.y_shape, "int8", scale, zero_point, name="y")

    def integers(self, values: Sequence[Any]) -> int:
        """A constant of int32."""
        array = np.asarray(values, np.int32)
        return self.model.tensor(array.shape, "int32", data=array)

    def finish(self, name: str, inputs: list[int], y: int, **options: Any) -> bytes:
        """The bytes of the network of an operator, whose first input is the network's."""
        version = 2 if "dilation_h_factor" in options else 1
        self.model.operator(name, inputs, [y], version=version, **options)
        return self.model.build(inputs[:1], [y])
