"""Reads `.onnx` files by the `onnx` package, with all shapes worked out."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadModel, ToolMissing
from harness.model.model_bytes import model_bytes

LARGEST_FILE = 256 * 2**20
_EXPORT_AGAIN = "Export the model again."


@dataclass(frozen=True)
class Node:
    """An operator of a graph: its type, the names of its values ("" where absent), attributes."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """A graph in execution order; `shapes` and `types` (ONNX's numbers) are by value name.

    `constants` holds initializers and the outputs of Constant nodes; `opset` is the version of
    ONNX's own operators.
    """

    path: Path
    sha256: str
    opset: int
    nodes: tuple[Node, ...]
    constants: Mapping[str, NDArray[Any]]
    shapes: Mapping[str, tuple[int, ...]]
    types: Mapping[str, int]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @cached_property
    def readers(self) -> Mapping[str, tuple[Node, ...]]:
        """The nodes that read each value."""
        found: dict[str, tuple[Node, ...]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                found[name] = (*found.get(name, ()), node)
        return found

    @cached_property
    def writers(self) -> Mapping[str, Node]:
        """The node that computes each value."""
        return {name: node for node in self.nodes for name in node.outputs}


def load_onnx() -> Any:
    """The `onnx` package.

    Raises:
        ToolMissing: it is not installed.
    """
    try:
        return importlib.import_module("onnx")
    except ImportError as error:
        raise ToolMissing(
            f"the package onnx cannot be loaded: {error}",
            where="reading .onnx models",
            hint="Install it with `pip install 'cortexm-harness[onnx]'`.",
        ) from error


def read_onnx(path: Path) -> Graph:
    """Read an ONNX model; a batch whose size is left open is 1.

    Raises:
        BadModel: the file cannot be read, is damaged, contradicts itself, keeps weights in other
            files, or leaves sizes other than the batch's open.
        ToolMissing: the `onnx` package is not installed.
    """
    onnx = load_onnx()
    data = model_bytes(path, LARGEST_FILE)
    model = _parsed(onnx, data, path)
    for tensor in model.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise _bad(
                path,
                f"the constant `{tensor.name}` is kept in another file",
                "Save the model with all weights in one file (onnx.save_model).",
            )
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    for value in inputs:
        _fix_batch(value, path)
    return _graph(onnx, _inferred(onnx, model, path), path, data)


def _parsed(onnx: Any, data: bytes, path: Path) -> Any:
    decode_error = importlib.import_module("google.protobuf.message").DecodeError
    try:
        model = onnx.load_model_from_string(data)
    except (decode_error, ValueError, TypeError, RuntimeError) as error:
        raise _bad(
            path,
            f"not an ONNX model, or a damaged one: none can be decoded from its {len(data):,} "
            f"bytes ({_line(error)})",
            "Copy or export the model again.",
        ) from error
    if not model.graph.node:
        raise _bad(path, f"there is no operator in its {len(data):,} bytes", _EXPORT_AGAIN)
    return model


def _fix_batch(value: Any, path: Path) -> None:
    for axis, dim in enumerate(value.type.tensor_type.shape.dim):
        if dim.HasField("dim_value") and dim.dim_value > 0:
            continue
        if axis > 0:
            size = dim.dim_param or "not told"
            raise _bad(
                path,
                f"axis {axis} of the input `{value.name}` has no fixed size (it is {size})",
                "Export the model with fixed input shapes.",
            )
        dim.dim_value = 1


def _inferred(onnx: Any, model: Any, path: Path) -> Any:
    inference = importlib.import_module("onnx.shape_inference")
    refusals = (onnx.checker.ValidationError, inference.InferenceError, RuntimeError, ValueError)
    try:
        del model.graph.value_info[:]  # what tools left there may be of another batch
        for value in model.graph.output:
            for dim in value.type.tensor_type.shape.dim:
                dim.Clear()
        onnx.checker.check_model(model)
        return inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except (*refusals, TypeError, UnicodeDecodeError) as error:
        raise _bad(path, f"the model contradicts itself: {_line(error)}", _EXPORT_AGAIN) from error


def _graph(onnx: Any, model: Any, path: Path, data: bytes) -> Graph:
    shapes: dict[str, tuple[int, ...]] = {}
    types: dict[str, int] = {}
    graph = model.graph
    for value in (*graph.input, *graph.value_info, *graph.output):
        tensor = value.type.tensor_type
        types[value.name] = tensor.elem_type
        if tensor.HasField("shape") and all(d.HasField("dim_value") for d in tensor.shape.dim):
            shapes[value.name] = tuple(dim.dim_value for dim in tensor.shape.dim)
    constants: dict[str, NDArray[Any]] = {}
    nodes = []
    try:
        for tensor in graph.initializer:
            constants[tensor.name] = onnx.numpy_helper.to_array(tensor)
        for node in (_node(onnx, one) for one in graph.node):
            if node.kind == "Constant":
                constants[node.outputs[0]] = _constant(onnx, node)
            else:
                nodes.append(node)
    except (ValueError, TypeError, IndexError, KeyError, RuntimeError, AttributeError) as error:
        raise _bad(path, f"a constant or attribute is damaged: {_line(error)}") from error
    for name, array in constants.items():
        shapes[name] = array.shape
    own = [one.version for one in model.opset_import if one.domain in ("", "ai.onnx")]
    return Graph(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        opset=max(own, default=0),
        nodes=tuple(nodes),
        constants=constants,
        shapes=shapes,
        types=types,
        inputs=tuple(value.name for value in graph.input if value.name not in constants),
        outputs=tuple(value.name for value in graph.output),
    )


def _node(onnx: Any, node: Any) -> Node:
    attributes = {}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        attributes[attribute.name] = value.decode() if isinstance(value, bytes) else value
    name = node.name or (node.output[0] if node.output else "")
    return Node(name, node.op_type, tuple(node.input), tuple(node.output), attributes)


def _constant(onnx: Any, node: Node) -> NDArray[Any]:
    (value,) = node.attributes.values()
    if isinstance(value, onnx.TensorProto):
        array: NDArray[Any] = onnx.numpy_helper.to_array(value)
        return array
    kind = np.float32 if next(iter(node.attributes)).startswith("value_float") else np.int64
    return np.asarray(value, kind)


def _line(error: Exception) -> str:
    words = " ".join(str(error).split())
    return words[:300] or type(error).__name__


def _bad(path: Path, what: str, hint: str = _EXPORT_AGAIN) -> BadModel:
    return BadModel(what, where=str(path), hint=hint)
