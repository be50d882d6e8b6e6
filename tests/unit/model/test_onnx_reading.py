"""Files that are no ONNX model, or a damaged one, are refused; records name the reference."""

from __future__ import annotations

import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from builders.onnx_models import OnnxModel
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from onnx import TensorProto

import harness
from harness.errors import (
    BadModel,
    HarnessError,
    ToolMissing,
    UnsupportedOperators,
)
from harness.model import compile_image, onnx_nodes, read_model, read_network
from harness.model.front_ends import front_end_of


def dense(model: OnnxModel, x: str) -> str:
    return model.node("MatMul", [x, model.codes(np.ones((6, 4), np.int8), 0.01)])


def small() -> Any:
    model = OnnxModel()
    return model.model(model.quantized(dense(model, model.input([1, 6])), 0.05)[0])


def refused(path: Path, content: bytes) -> BadModel:
    path.write_bytes(content)
    with pytest.raises(BadModel) as caught:
        read_model(path)
    assert caught.value.where == str(path)
    return caught.value


def test_a_file_that_is_none(tmp_path: Path) -> None:
    error = refused(tmp_path / "net.onnx", b"\x89PNG\r\n\x1a\n" * 9)
    assert error.what.startswith(
        "not an ONNX model, or a damaged one: none can be decoded from its 72 bytes ("
    )
    assert error.hint == "Copy or export the model again."
    error = refused(tmp_path / "net.onnx", b"")
    assert error.what == "there is no operator in its 0 bytes"
    assert error.hint == "Export the model again."


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadModel) as caught:
        read_model(tmp_path / "gone.onnx")
    assert caught.value.what == "the model file cannot be read: No such file or directory"
    assert caught.value.hint == "Correct the path."


def test_weights_in_another_file(tmp_path: Path) -> None:
    made = small()
    tensor = made.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    error = refused(tmp_path / "net.onnx", made.SerializeToString())
    assert error.what == f"the constant `{tensor.name}` is kept in another file"
    assert error.hint == "Save the model with all weights in one file (onnx.save_model)."


def test_sizes_left_open(tmp_path: Path) -> None:
    made = small()
    dims = made.graph.input[0].type.tensor_type.shape.dim
    dims[0].dim_param = "batch"
    path = tmp_path / "net.onnx"
    path.write_bytes(made.SerializeToString())
    network = read_network(path)
    assert network.tensors[network.inputs[0]].shape == (1, 6)
    dims[1].dim_param = "length"
    error = refused(path, made.SerializeToString())
    assert error.what == "axis 1 of the input `x` has no fixed size (it is length)"
    assert error.hint == "Export the model with fixed input shapes."


def test_a_graph_that_contradicts_itself(tmp_path: Path) -> None:
    made = small()
    made.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 7
    error = refused(tmp_path / "net.onnx", made.SerializeToString())
    assert error.what.startswith("the model contradicts itself: ")
    assert error.hint == "Export the model again."


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(small().SerializeToString())
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ToolMissing) as caught:
        read_model(path)
    assert caught.value.what.startswith("the package onnx cannot be loaded: ")
    assert caught.value.where == "reading .onnx models"
    assert caught.value.hint == "Install it with `pip install 'cortexm-harness[onnx]'`."


def test_the_record_says_how_the_reference_came_about(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(small().SerializeToString())
    whose = front_end_of(path).compared_with(path)
    assert whose.name == "litert"
    assert whose.version.endswith(f" (network converted by onnx {onnx.__version__})")
    before = whose.key
    model = OnnxModel()
    made = model.model(model.quantized(dense(model, model.input([1, 6])), 0.06)[0])
    path.write_bytes(made.SerializeToString())
    assert front_end_of(path).compared_with(path).key != before


def test_the_reference_refuses_a_file_that_changed(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(small().SerializeToString())
    with pytest.raises(BadModel, match="the file changed while it was in use"):
        front_end_of(path).reference(path, "0" * 64)


def survives(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    caught: HarnessError | None = None
    try:
        compile_image(read_network(path))
    except HarnessError as error:
        caught = error
    if caught:
        assert str(path) in caught.where
        assert caught.hint or isinstance(caught, UnsupportedOperators)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged") / "net.onnx"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_damaged_file_is_refused(damaged: Path, data: st.DataObject) -> None:
    content = bytearray(SAMPLE)
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    for _ in range(data.draw(st.integers(0, 4)) if content else 0):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    survives(damaged, bytes(content))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
@example(b"\x3a\x00")
def test_bytes_are_refused(damaged: Path, content: bytes) -> None:
    survives(damaged, content)


def sample() -> bytes:
    model = OnnxModel()
    x = model.input([1, 3, 6, 6])
    w = model.codes(np.ones((4, 3, 3, 3), np.int8), np.full(4, 0.01))
    y = model.quantized(model.node("Conv", [x, w], pads=[1] * 4), 0.1)[1]
    y = model.quantized(model.node("MaxPool", [y], kernel_shape=[2, 2], strides=[2, 2]), 0.1)[1]
    y = model.quantized(model.node("Reshape", [y, model.constant([1, -1])]), 0.1)[1]
    y = model.node("Gemm", [y, model.codes(np.ones((36, 4), np.int8), 0.01)])
    return model.build(model.quantized(y, 0.05)[0])


SAMPLE = sample()


def test_the_page_names_every_operator() -> None:
    page = (Path(harness.__file__).parent / "model" / "ONNX.md").read_text(encoding="utf-8")
    table = re.findall(r"(?m)^\| (.+?) \| .+ \|$", page)[1:]
    told = {name for row in table for name in re.findall(r"[A-Z]\w+", re.sub(r"\(.*?\)", "", row))}
    files = {module.name for module in pkgutil.iter_modules(onnx_nodes.__path__)}
    assert {name.lower() for name in told} == files
