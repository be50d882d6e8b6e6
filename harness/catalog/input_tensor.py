"""What a network wants as input, and how real values and array shapes become that."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import DType
from harness.errors import BadDataset

_NUMPY: dict[DType, np.dtype[np.generic]] = {
    DType.INT8: np.dtype("<i1"),
    DType.UINT8: np.dtype("<u1"),
    DType.INT16: np.dtype("<i2"),
    DType.FLOAT32: np.dtype("<f4"),
}


@dataclass(frozen=True)
class InputTensor:
    """Shape, element type and quantisation (real = scale * (q - zero_point)) of an input."""

    shape: tuple[int, ...]
    dtype: DType
    scale: float
    zero_point: int

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of one sample: without the leading batch dimension where that is 1."""
        if len(self.shape) > 1 and self.shape[0] == 1:
            return self.shape[1:]
        return self.shape

    @property
    def elements(self) -> int:
        """Elements of one sample."""
        return math.prod(self.shape)

    @property
    def numpy(self) -> np.dtype[np.generic]:
        """The element type, little-endian.

        Raises:
            BadDataset: a type that no data set can be given in.
        """
        if self.dtype not in _NUMPY:
            known = ", ".join(dtype.name.lower() for dtype in _NUMPY)
            raise BadDataset(
                f"the model's input is {self.dtype.name.lower()}; data sets can be {known}",
                hint="Use a model with int8 input.",
            )
        return _NUMPY[self.dtype]

    def shaped(self, samples: NDArray[np.generic], where: str) -> NDArray[np.generic]:
        """Return `samples` (n, ...) as (n, *sample_shape), keeping the order of the elements.

        A sample may be flat, or differ in dimensions of size 1; other shapes with the same number
        of elements (channels first, say) would be scrambled and are refused.

        Raises:
            BadDataset: no samples, or samples of another shape.
        """
        if samples.ndim == 0 or samples.shape[0] == 0:
            raise BadDataset("holds no samples", where=where, hint="Give at least one input.")
        got = samples.shape[1:]
        flat = got == (self.elements,)
        if not flat and _without_ones(got) != _without_ones(self.sample_shape):
            raise BadDataset(
                f"samples have shape {_times(got)}, the model's input is {_times(self.shape)}",
                where=where,
                hint=f"Give samples of shape {_times(self.sample_shape)}, or flat ones of "
                f"{self.elements} elements.",
            )
        return np.ascontiguousarray(samples.reshape(samples.shape[0], *self.sample_shape))

    def typed(self, raw: NDArray[np.generic], where: str) -> NDArray[np.generic]:
        """Return `raw` in the input's element type: real numbers quantised, others as they are.

        Raises:
            BadDataset: integers of another type, or real numbers that cannot be quantised.
        """
        if raw.dtype.kind == "f":
            return self.quantised(raw.astype(np.float64), where)
        if raw.dtype.newbyteorder("<") != self.numpy:
            raise BadDataset(
                f"elements are {raw.dtype.name}, the model's input is {self.numpy.name}",
                where=where,
                hint=f"Save {self.numpy.name} values, or real numbers as float32.",
            )
        return raw.astype(self.numpy)

    def quantised(self, real: NDArray[np.floating], where: str) -> NDArray[np.generic]:
        """Return real values in the input's element type.

        q = round(real / scale) + zero_point, clipped to the range of the type: divided in single
        precision, halves rounded away from zero, as LiteRT's QUANTIZE does. A float input takes the
        values as they are.

        Raises:
            BadDataset: values that are not finite, or an integer input without a scale.
        """
        target = self.numpy
        if not np.isfinite(real).all():
            raise BadDataset(
                "holds values that are not finite", where=where, hint="Remove NaN and infinity."
            )
        if target.kind == "f":
            return real.astype(target)
        if not self.scale > 0:
            raise BadDataset(
                "holds real values, but the model's input has no quantisation scale",
                where=where,
                hint=f"Give {self.dtype.name.lower()} values.",
            )
        with np.errstate(over="ignore"):
            scaled = (real.astype(np.float32) / np.float32(self.scale)).astype(np.float64)
        rounded = np.copysign(np.floor(np.abs(scaled) + 0.5), scaled)
        limits = np.iinfo(target.name)
        clipped: NDArray[np.float64] = np.clip(rounded + self.zero_point, limits.min, limits.max)
        return clipped.astype(target)


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape) or "scalar"
