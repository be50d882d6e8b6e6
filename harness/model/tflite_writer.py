"""Writes `.tflite` files without TensorFlow: networks made here, for kernel benchmarks and tests.

The layout follows TensorFlow Lite's schema (`schema.fbs`, file identifier ``TFL3``) through the
builder functions that the `tflite` package generates from it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import tflite  # type: ignore[import-untyped]
from numpy.typing import ArrayLike, NDArray

# Operators whose options table is not named after them.
_OPTIONS = {
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "BATCH_MATMUL": "BatchMatMulOptions",
    "MEAN": "ReducerOptions",
    "SVDF": "SVDFOptions",
}

# The schema's scalar options that hold an enumeration; callers name the member.
_ENUMS = {
    "padding": tflite.Padding,
    "fused_activation_function": tflite.ActivationFunctionType,
    "weights_format": tflite.FullyConnectedOptionsWeightsFormat,
}

ABSENT = -1
"""The index of an optional input that is not given."""


@dataclass(frozen=True)
class _Tensor:
    shape: tuple[int, ...]
    dtype: str
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    data: bytes | None
    axis: int
    name: str
    variable: bool = False


@dataclass(frozen=True)
class _Operator:
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Any]
    version: int


@dataclass
class TfliteModel:
    """One subgraph under construction.

    >>> model = TfliteModel()
    >>> x = model.tensor((1, 4), "int8", 0.5, -3)
    >>> y = model.tensor((1, 4), "int8", 1 / 256, -128)
    >>> model.operator("SOFTMAX", [x], [y], beta=1.0)
    >>> content = model.build([x], [y])
    """

    tensors: list[_Tensor] = field(default_factory=list)
    operators: list[_Operator] = field(default_factory=list)

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
            _Tensor(
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
        **options: Any,
    ) -> None:
        """Add an operator by the name of its `BuiltinOperator` ("CONV_2D").

        Options carry the schema's field names (`stride_w=2`, `padding="SAME"`,
        `fused_activation_function="RELU6"`); `ABSENT` stands for an optional input left out.
        """
        self.operators.append(_Operator(name, tuple(inputs), tuple(outputs), options, version))

    def build(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Return the bytes of the file; `inputs` and `outputs` are the subgraph's."""
        return _Writer(self).write(inputs, outputs)


class _Writer:
    def __init__(self, model: TfliteModel) -> None:
        self.model = model
        self.builder = flatbuffers.Builder(1024)

    def write(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        b = self.builder
        buffers = self._tables([self._buffer(None), *self._constants()])
        subgraph = self._subgraph(inputs, outputs)
        subgraphs = self._tables([subgraph])
        codes = self._tables([self._code(*key) for key in self._keys()])
        description = b.CreateString("made by harness")
        m = importlib.import_module("tflite.Model")
        m.Start(b)
        m.AddVersion(b, 3)
        m.AddOperatorCodes(b, codes)
        m.AddSubgraphs(b, subgraphs)
        m.AddDescription(b, description)
        m.AddBuffers(b, buffers)
        b.Finish(m.End(b), b"TFL3")
        return bytes(b.Output())

    def _constants(self) -> list[int]:
        return [self._buffer(t.data) for t in self.model.tensors if t.data is not None]

    def _keys(self) -> list[tuple[str, int]]:
        return list(dict.fromkeys((o.name, o.version) for o in self.model.operators))

    def _ints(self, values: Sequence[int], itemsize: int = 4) -> int:
        dtype = np.int32 if itemsize == 4 else np.int64
        return int(self.builder.CreateNumpyVector(np.asarray(values, dtype)))

    def _tables(self, offsets: Sequence[int]) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return int(self.builder.EndVector())

    def _buffer(self, data: bytes | None) -> int:
        b, vector = self.builder, 0
        if data is not None:
            # The schema asks for 16-byte alignment, which CreateByteVector does not give.
            b.StartVector(1, len(data), 16)
            b.head = b.Head() - len(data)
            b.Bytes[b.Head() : b.Head() + len(data)] = data
            vector = b.EndVector()
        m = importlib.import_module("tflite.Buffer")
        m.Start(b)
        if vector:
            m.AddData(b, vector)
        return int(m.End(b))

    def _code(self, name: str, version: int) -> int:
        code = getattr(tflite.BuiltinOperator, name)
        m = importlib.import_module("tflite.OperatorCode")
        m.Start(self.builder)
        m.AddDeprecatedBuiltinCode(self.builder, min(code, 127))
        m.AddVersion(self.builder, version)
        m.AddBuiltinCode(self.builder, code)
        return int(m.End(self.builder))

    def _subgraph(self, inputs: Sequence[int], outputs: Sequence[int]) -> int:
        b, next_buffer, tensors = self.builder, 1, []
        for tensor in self.model.tensors:
            tensors.append(self._tensor(tensor, 0 if tensor.data is None else next_buffer))
            next_buffer += tensor.data is not None
        operators = self._tables([self._operator(o) for o in self.model.operators])
        tensors_at = self._tables(tensors)
        inputs_at, outputs_at = self._ints(inputs), self._ints(outputs)
        name = b.CreateString("main")
        m = importlib.import_module("tflite.SubGraph")
        m.Start(b)
        m.AddTensors(b, tensors_at)
        m.AddInputs(b, inputs_at)
        m.AddOutputs(b, outputs_at)
        m.AddOperators(b, operators)
        m.AddName(b, name)
        return int(m.End(b))

    def _tensor(self, tensor: _Tensor, buffer: int) -> int:
        b = self.builder
        name, shape = b.CreateString(tensor.name), self._ints(tensor.shape)
        quantization = self._quantization(tensor) if tensor.scales else 0
        m = importlib.import_module("tflite.Tensor")
        m.Start(b)
        m.AddShape(b, shape)
        m.AddType(b, getattr(tflite.TensorType, tensor.dtype.upper()))
        m.AddBuffer(b, buffer)
        m.AddName(b, name)
        if quantization:
            m.AddQuantization(b, quantization)
        if tensor.variable:
            m.AddIsVariable(b, True)
        return int(m.End(b))

    def _quantization(self, tensor: _Tensor) -> int:
        b = self.builder
        scales = b.CreateNumpyVector(np.asarray(tensor.scales, np.float32))
        zeros = self._ints(tensor.zero_points, 8)
        m = importlib.import_module("tflite.QuantizationParameters")
        m.Start(b)
        m.AddScale(b, scales)
        m.AddZeroPoint(b, zeros)
        m.AddQuantizedDimension(b, tensor.axis)
        return int(m.End(b))

    def _operator(self, operator: _Operator) -> int:
        b = self.builder
        inputs, outputs = self._ints(operator.inputs), self._ints(operator.outputs)
        table = _OPTIONS.get(operator.name, _camel(operator.name) + "Options")
        kind = getattr(tflite.BuiltinOptions, table, 0)
        options = self._options(table, operator.options) if kind else 0
        m = importlib.import_module("tflite.Operator")
        m.Start(b)
        m.AddOpcodeIndex(b, self._keys().index((operator.name, operator.version)))
        m.AddInputs(b, inputs)
        m.AddOutputs(b, outputs)
        if options:
            m.AddBuiltinOptionsType(b, kind)
            m.AddBuiltinOptions(b, options)
        return int(m.End(b))

    def _options(self, table: str, options: dict[str, Any]) -> int:
        vectors = {k: self._ints(v) for k, v in options.items() if isinstance(v, (list, tuple))}
        m = importlib.import_module(f"tflite.{table}")
        m.Start(self.builder)
        for key, value in options.items():
            if isinstance(value, str):
                value = getattr(_ENUMS[key], value)
            getattr(m, f"Add{_camel(key)}")(self.builder, vectors.get(key, value))
        return int(m.End(self.builder))


def _content(data: ArrayLike, dtype: str, shape: tuple[int, ...]) -> bytes:
    """The bytes of a constant; of int4, two to a byte, the first in the low half."""
    array: NDArray[Any] = np.asarray(data, dtype=np.int8 if dtype == "int4" else np.dtype(dtype))
    if array.shape != shape:
        raise ValueError(f"data has shape {array.shape}, the tensor {shape}")
    if dtype != "int4":
        return array.tobytes()
    halves = np.append(array.ravel(), np.zeros(array.size % 2, np.int8)).astype(np.uint8) & 15
    return bytes(halves[0::2] | halves[1::2] << 4)


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
