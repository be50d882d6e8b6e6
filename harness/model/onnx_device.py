"""The int8 network under construction for an ONNX graph: tensors in the device's order of axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import Quantization
from harness.model.onnx_values import CODES
from harness.model.tflite_writer import TfliteModel


def alike(one: Quantization, other: Quantization) -> bool:
    """Whether two tensors with one scale each are quantised alike, up to rounding of scales."""
    return one.zero_points == other.zero_points and math.isclose(
        one.scales[0], other.scales[0], rel_tol=1e-6
    )


@dataclass(frozen=True)
class Placed:
    """A tensor of the network."""

    index: int
    shape: tuple[int, ...]
    quantization: Quantization


@dataclass
class DeviceNetwork:
    """A `TfliteModel` with the few operators that conversions share."""

    model: TfliteModel = field(default_factory=TfliteModel)

    def tensor(self, shape: Sequence[int], quantization: Quantization, name: str = "") -> Placed:
        """Add an activation."""
        (scale,), (zero,) = quantization.scales, quantization.zero_points
        index = self.model.tensor(tuple(shape), "int8", scale, zero, name=name)
        return Placed(index, tuple(shape), quantization)

    def constant(self, codes: NDArray[Any], quantization: Quantization, name: str = "") -> int:
        """Add quantised codes, of their own element type."""
        return self.model.tensor(
            codes.shape,
            codes.dtype.name,
            quantization.scales,
            quantization.zero_points,
            np.ascontiguousarray(codes),
            axis=quantization.axis,
            name=name,
        )

    def one_code(self, code: int, quantization: Quantization) -> int:
        """Add a constant of one code."""
        return self.constant(np.array([code], np.int8), quantization)

    def integers(self, values: Any) -> int:
        """Add int32 numbers that tell an operator what to do."""
        array = np.asarray(values, np.int32)
        return self.model.tensor(array.shape, "int32", data=array)

    def operator(
        self, name: str, inputs: Sequence[int], outputs: Sequence[int], **options: Any
    ) -> None:
        """Add an operator."""
        self.model.operator(name, inputs, outputs, **options)

    def reshaped(self, x: Placed, shape: Sequence[int]) -> Placed:
        """The same elements under another shape."""
        if x.shape == tuple(shape):
            return x
        y = self.tensor(shape, x.quantization)
        self.operator("RESHAPE", [x.index, self.integers(y.shape)], [y.index])
        return y

    def transposed(self, x: Placed, order: Sequence[int]) -> Placed:
        """Axis d of the result is axis `order[d]`; where only sizes of 1 move, a reshape."""
        shape = tuple(x.shape[axis] for axis in order)
        moved = [axis for axis in order if x.shape[axis] != 1]
        if moved == sorted(moved):
            return self.reshaped(x, shape)
        y = self.tensor(shape, x.quantization)
        self.operator("TRANSPOSE", [x.index, self.integers(order)], [y.index])
        return y

    def padded(self, x: Placed, pads: Sequence[tuple[int, int]], code: int | None = None) -> Placed:
        """`x` with elements before and after along each axis: real zeros, else of `code`."""
        if not any(before or after for before, after in pads):
            return x
        shape = [size + sum(pair) for size, pair in zip(x.shape, pads, strict=True)]
        y = self.tensor(shape, x.quantization)
        inputs = [x.index, self.integers([list(pair) for pair in pads])]
        if code is not None:
            inputs.append(self.one_code(code, x.quantization))
        self.operator("PAD" if code is None else "PADV2", inputs, [y.index])
        return y

    def requantized(self, x: Placed, quantization: Quantization, name: str = "") -> Placed:
        """`x` with another scale and zero point."""
        if alike(x.quantization, quantization):
            return x
        y = self.tensor(x.shape, quantization, name)
        self.operator("QUANTIZE", [x.index], [y.index])
        return y


def codes_of(real: float, quantization: Quantization) -> int:
    """The code of a real value, within int8."""
    code = round(min(max(real / quantization.scales[0], -1e6), 1e6)) + quantization.zero_points[0]
    return min(max(code, CODES[0]), CODES[1])
