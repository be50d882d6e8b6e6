"""Converts ONNX graphs in Q/DQ form to int8 networks of TensorFlow Lite's operators.

A value that DequantizeLinear gives is the codes it was made of; an operator between such values and
a QuantizeLinear becomes the integer operator that does the same with one rounding less. Images lie
with their channels last, as kernels want them: weights are transposed here, a Transpose of the
graph costs nothing until an operator needs the axes in another order.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Protocol, cast

import numpy as np

from harness.domain.network import Quantization
from harness.errors import UnsupportedOperator, UnsupportedOperators
from harness.model import onnx_nodes
from harness.model.onnx_activation import bounds_of, fused
from harness.model.onnx_device import DeviceNetwork
from harness.model.onnx_file import Graph, Node
from harness.model.onnx_use import QUANTIZE_ALL, NodeUse, UnknownOperand
from harness.model.onnx_values import Activation, Constant, Value, channels_last, natural, signed

_SPATIAL = {"Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "Resize"}
_SAME_VALUE = {"Identity", "Dropout"}
_REAL = {1, 10, 11, 16}  # float, float16, double, bfloat16 of ONNX's TensorProto


class NodeConversion(Protocol):
    """A file of `onnx_nodes/`, named after an operator of ONNX in lower case."""

    def convert(self, use: NodeUse) -> None:
        """Write the node's output.

        Raises:
            UnsupportedOperator: naming the node.
        """


@dataclass(frozen=True)
class Destination:
    """Where a result goes: the value behind a fused activation, and what quantises it."""

    name: str
    quantization: Quantization | None
    activation: str | None = None


@dataclass
class Conversion:
    """A graph on its way: what each value is, and what was refused so far."""

    graph: Graph
    device: DeviceNetwork = field(default_factory=DeviceNetwork)
    values: dict[str, Value] = field(default_factory=dict)
    problems: list[UnsupportedOperator] = field(default_factory=list)
    done: set[str] = field(default_factory=set)

    def value(self, name: str, use: NodeUse) -> Value:
        """The value `name`, which `use` reads.

        Raises:
            UnknownOperand: the node that writes it was refused.
        """
        if name not in self.values:
            raise UnknownOperand
        return self.values[name]

    def define(self, value: Value, *names: str) -> None:
        """Say what values are."""
        self.values |= dict.fromkeys(names, value)

    def destination(self, name: str, fuses: bool) -> Destination:
        """Where the result `name` goes, an activation that is its one reader fused if possible."""
        readers = self.graph.readers.get(name, ())
        quantizers = [node for node in readers if node.kind == "QuantizeLinear"]
        if quantizers:
            return Destination(name, self.quantization(NodeUse(quantizers[0], self)))
        if fuses and len(readers) == 1 and name not in self.graph.outputs:
            (reader,) = readers
            bounds = bounds_of(NodeUse(reader, self))
            behind = self.destination(reader.outputs[0], fuses=False) if bounds else None
            if bounds and behind and behind.quantization:
                activation = fused(bounds, behind.quantization)
                if activation is not None:
                    self.done.add(reader.outputs[0])
                    return replace(behind, activation=activation)
        return Destination(name, None)

    def quantization(self, use: NodeUse) -> Quantization:
        """Scale and zero point of a QuantizeLinear or DequantizeLinear of activations, for int8.

        Raises:
            UnsupportedOperator: a type other than int8 and uint8, or a scale per channel.
        """
        found = _parameters(use, np.dtype(np.uint8))
        if found.per_channel:
            raise use.refused("an activation has a scale for each channel", QUANTIZE_ALL)
        return found

    def convert(self) -> bytes:
        """The `.tflite` of the graph.

        Raises:
            UnsupportedOperator: a node cannot be converted; several are told together.
        """
        self.values |= {name: Constant(array) for name, array in self.graph.constants.items()}
        inputs = [self._input(name) for name in self.graph.inputs]
        # Bounds of a Clip may be quantised behind the operator that it becomes part of.
        ahead = [node for node in self.graph.nodes if self._is_constant(node)]
        for node in ahead + [node for node in self.graph.nodes if node not in ahead]:
            self._take(node)
        outputs = [self._output(name) for name in self.graph.outputs]
        if self.problems:
            raise _all_of(self.problems, str(self.graph.path))
        return self.device.model.build(
            [index for index in inputs if index is not None],
            [index for index in outputs if index is not None],
        )

    def _is_constant(self, node: Node) -> bool:
        quantizes = node.kind in ("QuantizeLinear", "DequantizeLinear")
        return quantizes and all(name in self.graph.constants for name in node.inputs if name)

    def _take(self, node: Node) -> None:
        kinds = {self.graph.types.get(name, 0) for name in node.outputs}
        quantizes = node.kind in ("QuantizeLinear", "DequantizeLinear")
        of_numbers = quantizes or kinds & {0, *_REAL} or _is_of_integers(node)
        if node.outputs[0] in self.done or not of_numbers:
            return  # fused, or shapes, which are known already
        use = NodeUse(node, self)
        try:
            if quantizes:
                _requantize(use)
            elif node.kind in _SAME_VALUE:
                self.define(use.either(0), node.outputs[0])
            else:
                _conversion_of(use).convert(use)
        except UnknownOperand:
            return
        except UnsupportedOperator as problem:
            self.problems.append(problem)

    def _input(self, name: str) -> int | None:
        """Add an input, its channels last where the first operator wants them so."""
        reader = next(iter(self.graph.readers.get(name, ())), None)
        shape = self.graph.shapes.get(name, ())
        where = Node(name, "graph input", (), (name,), {})
        if reader is None or reader.kind not in ("QuantizeLinear", "DequantizeLinear"):
            self.problems.append(
                NodeUse(where, self).refused("the input is not quantised", QUANTIZE_ALL)
            )
            return None
        try:
            quantization = self.quantization(NodeUse(reader, self))
        except UnsupportedOperator as problem:
            self.problems.append(problem)
            return None
        rank = len(shape)
        spatial = rank in (3, 4) and _reads_spatially(self.graph, name)
        order = channels_last(rank) if spatial else natural(rank)
        placed = self.device.tensor([shape[axis] for axis in order], quantization, name)
        self.define(Activation(placed.index, shape, order, quantization), name)
        return placed.index

    def _output(self, name: str) -> int | None:
        value = self.values.get(name)
        use = NodeUse(Node(name, "graph output", (name,), (name,), {}), self)
        if isinstance(value, Constant):
            self.problems.append(use.refused("the output is a constant", "Export another output."))
        if value is None and not self.problems:
            self.problems.append(
                use.refused("it is not computed from quantised values", QUANTIZE_ALL)
            )
        if not isinstance(value, Activation):
            return None
        if len(value.shape) != 4 or value.order != channels_last(4):
            value = use.laid_out(value, natural(len(value.shape)))
        return value.index


def tflite_of(graph: Graph) -> bytes:
    """The graph as the content of a `.tflite` with int8 inputs and outputs.

    Inputs and outputs are those of the graph without Q/DQ at its edges; images have their channels
    last, shape [n, h, w, c].

    Raises:
        UnsupportedOperator: a node cannot be converted; several are told together.
    """
    return Conversion(graph).convert()


def _is_of_integers(node: Node) -> bool:
    """Whether an operator takes codes rather than what they stand for."""
    return node.kind.startswith("QLinear") or node.kind.endswith("Integer")


def _reads_spatially(graph: Graph, name: str) -> bool:
    """Whether the first operators behind Q/DQ and operators of single elements are of images."""
    for node in graph.readers.get(name, ()):
        if node.kind in _SPATIAL:
            return True
        passes = node.kind in {"QuantizeLinear", "DequantizeLinear", "Pad", "Mul", "Sub", "Add"}
        if passes and _reads_spatially(graph, node.outputs[0]):
            return True
    return False


def _conversion_of(use: NodeUse) -> NodeConversion:
    known = _known()
    kind = use.node.kind
    if kind not in known:
        hint = f"Build the model of {', '.join(known)}."
        if kind == "BatchNormalization":
            hint = "Fuse it into the convolution before it (quant_pre_process does)."
        elif _is_of_integers(use.node):
            hint = "Quantise the model in the QDQ format (QuantFormat.QDQ)."
        raise use.refused("the operator is not supported", hint)
    return known[kind]


@cache
def _known() -> dict[str, NodeConversion]:
    found: dict[str, NodeConversion] = {}
    for module in pkgutil.iter_modules(onnx_nodes.__path__):
        imported: Any = importlib.import_module(f"{onnx_nodes.__name__}.{module.name}")
        found[imported.KIND] = cast(NodeConversion, imported)
    return dict(sorted(found.items()))


def _requantize(use: NodeUse) -> None:
    """QuantizeLinear and DequantizeLinear: the codes of a value, by either of its names."""
    value = use.either(0)
    if isinstance(value, Activation):
        wanted = use.conversion.quantization(use)
        moved = use.device.requantized(use.placed(value), wanted)
        kept = replace(value, index=moved.index, quantization=moved.quantization)
        use.conversion.define(kept, use.node.outputs[0])
        return
    found = _parameters(use, value.array.dtype if use.node.kind[0] == "D" else np.dtype(np.uint8))
    array = value.array
    if use.node.kind == "QuantizeLinear":
        array = _quantized(value.array, found)
    elif array.dtype == np.uint8:
        array = signed(array, np.zeros(1))[0]
    use.conversion.define(Constant(array, found), use.node.outputs[0])


def _quantized(array: Any, by: Quantization) -> Any:
    shape = [1] * array.ndim
    if by.per_channel:
        shape[by.axis] = len(by.scales)
    codes = np.rint(array / np.reshape(by.scales, shape)) + np.reshape(by.zero_points, shape)
    return np.clip(codes, -128, 127).astype(np.int8)


def _parameters(use: NodeUse, default: np.dtype[Any]) -> Quantization:
    """Scales and zero points, those of uint8 less 128."""
    scales = use.constant(1, "scale").array.ravel()
    zeros = np.zeros(len(scales), default)
    if use.given(2):
        zeros = use.constant(2, "zero point").array.ravel()
    if zeros.dtype not in (np.int8, np.uint8, np.int32) or (
        zeros.dtype == np.int32 and use.node.kind == "QuantizeLinear"
    ):
        raise use.refused(
            f"codes are {zeros.dtype.name}; int8 and uint8 are supported",
            "Quantise activations and weights to 8 bits (QuantType.QInt8).",
        )
    if len(zeros) != len(scales) or not np.all(np.isfinite(scales)) or not np.all(scales > 0):
        raise use.refused("a scale is not above 0, or has no zero point", "Export the model again.")
    rank = len(use.graph.shapes.get(use.node.inputs[0], ()))
    axis = int(use.option("axis", 1)) % max(rank, 1)
    return Quantization(
        tuple(float(scale) for scale in scales.astype(np.float32)),
        tuple(int(zero) for zero in signed(zeros, zeros)[1]),
        axis if len(scales) > 1 else 0,
    )


def _all_of(problems: list[UnsupportedOperator], where: str) -> UnsupportedOperator:
    if len(problems) == 1:
        return problems[0]
    return UnsupportedOperators(tuple(problems), where=where)
