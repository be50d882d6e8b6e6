"""Writes `.tflite` files without TensorFlow: of kernel benchmarks, of ONNX networks, of tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.model.tflite_encoder import Encoder, OperatorParts, TensorParts

ABSENT = -1
"""The index of an optional input that is not given."""


@dataclass
class TfliteModel:
    """One subgraph under construction.

    >>> model = TfliteModel()
    >>> x = model.tensor((1, 4), "int8", 0.5, -3)
    >>> y = model.tensor((1, 4), "int8", 1 / 256, -128)
    >>> model.operator("SOFTMAX", [x], [y], beta=1.0)
    >>> content = model.build([x], [y])
    """

    tensors: list[TensorParts] = field(default_factory=list)
    operators: list[OperatorParts] = field(default_factory=list)

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        scale: float | Sequence[float] | None = None,
        zero_point: int | Sequence[int] = 0,
        data: ArrayLike | None = None,
        axis: int = 0,
        name: str = "",
        variable: bool = False,
    ) -> int:
        """Add a tensor and return its index.

        `dtype` is a member of the schema's `TensorType` in any case ("int8", "FLOAT32"). Several
        scales make the tensor per-channel along `axis`; `scale=None` leaves it unquantised.
        """
        scales = () if scale is None else tuple(np.atleast_1d(np.asarray(scale, np.float32)))
        zeros = tuple(int(z) for z in np.atleast_1d(zero_point))
        if len(zeros) == 1:
            zeros = zeros * len(scales)
        stored = None
        if data is not None:
            stored = _content(data, dtype.lower(), tuple(shape))
        index = len(self.tensors)
        self.tensors.append(
            TensorParts(
                tuple(shape),
                dtype,
                scales,
                zeros,
                stored,
                axis,
                name or f"tensor_{index}",
                variable,
            )
        )
        return index

    def operator(
        self,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        version: int = 1,
        intermediates: Sequence[int] = (),
        **options: Any,
    ) -> None:
        """Add an operator by the name of its `BuiltinOperator` ("CONV_2D").

        Options carry the schema's field names (`stride_w=2`, `padding="SAME"`,
        `fused_activation_function="RELU6"`); `ABSENT` stands for an optional input left out.
        """
        self.operators.append(
            OperatorParts(
                name, tuple(inputs), tuple(outputs), options, version, tuple(intermediates)
            )
        )

    def build(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Return the bytes of the file; `inputs` and `outputs` are the subgraph's."""
        return Encoder(self.tensors, self.operators).encoded(inputs, outputs)


def _content(data: ArrayLike, dtype: str, shape: tuple[int, ...]) -> bytes:
    """The bytes of a constant; of int4, two to a byte, the first in the low half."""
    array: NDArray[Any] = np.asarray(data, dtype=np.int8 if dtype == "int4" else np.dtype(dtype))
    if array.shape != shape:
        raise ValueError(f"data has shape {array.shape}, the tensor {shape}")
    if dtype != "int4":
        return array.tobytes()
    halves = np.append(array.ravel(), np.zeros(array.size % 2, np.int8)).astype(np.uint8) & 15
    return bytes(halves[0::2] | halves[1::2] << 4)
