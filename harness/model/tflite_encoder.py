"""Encodes the tensors and operators of one subgraph as a TensorFlow Lite flatbuffer.

The layout follows TensorFlow Lite's schema (`schema.fbs`, file identifier ``TFL3``) through the
builder functions that the `tflite` package generates from it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import tflite  # type: ignore[import-untyped]

# Operators whose options table is not named after them.
_OPTIONS = {
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "BATCH_MATMUL": "BatchMatMulOptions",
    "MEAN": "ReducerOptions",
    "SVDF": "SVDFOptions",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions",
}

# The schema's scalar options that hold an enumeration; callers name the member.
_ENUMS = {
    "padding": tflite.Padding,
    "fused_activation_function": tflite.ActivationFunctionType,
    "weights_format": tflite.FullyConnectedOptionsWeightsFormat,
}


@dataclass(frozen=True)
class TensorParts:
    """A tensor as the schema holds it; one without scales is not quantised."""

    shape: tuple[int, ...]
    dtype: str
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    data: bytes | None
    axis: int
    name: str
    variable: bool = False


@dataclass(frozen=True)
class OperatorParts:
    """An operator by the name of its `BuiltinOperator`, with tensors by their indices."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Any]
    version: int
    intermediates: tuple[int, ...]


class Encoder:
    """The bytes of a model, built once; tensors and operators stand in it in their order."""

    def __init__(self, tensors: Sequence[TensorParts], operators: Sequence[OperatorParts]) -> None:
        self._stored, self._executed = tensors, operators
        self.builder = flatbuffers.Builder(1024)

    def encoded(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """The file; `inputs` and `outputs` are the subgraph's, by tensor index."""
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
        return [self._buffer(t.data) for t in self._stored if t.data is not None]

    def _keys(self) -> list[tuple[str, int]]:
        return list(dict.fromkeys((o.name, o.version) for o in self._executed))

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
        for tensor in self._stored:
            tensors.append(self._tensor(tensor, 0 if tensor.data is None else next_buffer))
            next_buffer += tensor.data is not None
        operators = self._tables([self._operator(o) for o in self._executed])
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

    def _tensor(self, tensor: TensorParts, buffer: int) -> int:
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

    def _quantization(self, tensor: TensorParts) -> int:
        b = self.builder
        scales = b.CreateNumpyVector(np.asarray(tensor.scales, np.float32))
        zeros = self._ints(tensor.zero_points, 8)
        m = importlib.import_module("tflite.QuantizationParameters")
        m.Start(b)
        m.AddScale(b, scales)
        m.AddZeroPoint(b, zeros)
        m.AddQuantizedDimension(b, tensor.axis)
        return int(m.End(b))

    def _operator(self, operator: OperatorParts) -> int:
        b = self.builder
        inputs, outputs = self._ints(operator.inputs), self._ints(operator.outputs)
        inner = self._ints(operator.intermediates) if operator.intermediates else 0
        table = _OPTIONS.get(operator.name, _camel(operator.name) + "Options")
        kind = getattr(tflite.BuiltinOptions, table, 0)
        options = self._options(table, operator.options) if kind else 0
        m = importlib.import_module("tflite.Operator")
        m.Start(b)
        m.AddOpcodeIndex(b, self._keys().index((operator.name, operator.version)))
        m.AddInputs(b, inputs)
        m.AddOutputs(b, outputs)
        if inner:
            m.AddIntermediates(b, inner)
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


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
