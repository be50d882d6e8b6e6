"""What of an ONNX model cannot be read or converted is told with the node and what mends it."""

from __future__ import annotations

import pkgutil
import re
import sys
from collections.abc import Callable
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
    UnsupportedOperator,
    UnsupportedOperators,
)
from harness.model import compile_image, onnx_nodes, read_model, read_network
from harness.model.front_ends import front_end_of

QUANTIZE_ALL = (
    "Quantise the whole model to QDQ with int8 (onnxruntime.quantization.quantize_static)."
)


def dense(model: OnnxModel, x: str) -> str:
    return model.node("MatMul", [x, model.codes(np.ones((6, 4), np.int8), 0.01)])


def through(kind: str, shape: Any = (1, 6), more: Any = (), **options: Any) -> OnnxModel:
    """Q/DQ, one operator, and Q."""
    model = OnnxModel(options.pop("opset", 17))
    x = model.input(list(shape))
    y = model.node(kind, [x, *map(model.constant, more)], **options)
    model.quantized(y, 0.05)
    return model


def not_quantised() -> OnnxModel:
    model = OnnxModel()
    model.node("Relu", [model.node("Relu", [model.input([1, 6])])])
    return model


def real_weights() -> OnnxModel:
    model = OnnxModel()
    y = model.node("MatMul", [model.input([1, 6]), model.constant(np.eye(6, dtype=np.float32))])
    model.quantized(y, 0.05)
    return model


def uncentred_weights() -> OnnxModel:
    model = OnnxModel()
    w = model.codes(np.arange(36, dtype=np.uint8).reshape(6, 6) * 7, 0.01, 0)
    model.quantized(model.node("MatMul", [model.input([1, 6]), w]), 0.05)
    return model


def wide(dtype: str) -> OnnxModel:
    model = OnnxModel(21)
    x = model.quantized(model.real_input([1, 6]), 0.01, 0, dtype)[1]
    model.quantized(model.node("Relu", [x]), 0.01, 0, dtype)
    return model


def channel_scales() -> OnnxModel:
    model = OnnxModel()
    x = model.quantized(model.real_input([1, 6]), [0.1] * 6, [0] * 6)[1]
    model.quantized(model.node("Relu", [x]), 0.05)
    return model


def groups() -> OnnxModel:
    model = OnnxModel()
    w = model.codes(np.ones((4, 2, 1, 1), np.int8), 0.01)
    model.quantized(model.node("Conv", [model.input([1, 4, 3, 3]), w], group=2), 0.05)
    return model


def real_constants() -> OnnxModel:
    model = OnnxModel()
    added = model.constant(np.arange(6, dtype=np.float32))
    model.quantized(model.node("Add", [model.input([1, 6]), added]), 0.05)
    return model


def integers() -> OnnxModel:
    model = OnnxModel()
    codes = model.quantized(model.real_input([1, 6]), 0.05)[0]
    model.node("MatMulInteger", [codes, model.constant(np.ones((6, 4), np.int8))])
    return model


def huge_bias() -> OnnxModel:
    model = OnnxModel()
    w, b = model.codes(np.ones((6, 4), np.int8), 1e-6), model.constant(np.full(4, 9e9, np.float32))
    model.quantized(model.node("Gemm", [model.input([1, 6], 1e-3), w, b]), 0.05)
    return model


def ranks() -> OnnxModel:
    model = OnnxModel()
    x, y = model.input([1, 6]), model.input([1, 2, 6], name="y")
    model.quantized(model.node("Add", [x, y]), 0.05)
    return model


NODES: dict[str, tuple[Callable[[], OnnxModel], str, str, str]] = {
    "operator": (
        lambda: through("Erf"),
        "Erf",
        "the operator is not supported",
        "Build the model of Add, AveragePool, Clip, Concat, Conv, Flatten, Gemm, ",
    ),
    "other format": (
        integers,
        "MatMulInteger",
        "the operator is not supported",
        "Quantise the model in the QDQ format (QuantFormat.QDQ).",
    ),
    "batch normalisation": (
        lambda: through("BatchNormalization", (1, 6), [np.ones(6, np.float32)] * 4),
        "BatchNormalization",
        "the operator is not supported",
        "Fuse it into the convolution before it (quant_pre_process does).",
    ),
    "output": (not_quantised, "Relu", "its output `relu_7` is not quantised", QUANTIZE_ALL),
    "weights": (real_weights, "MatMul", "the weights are real numbers, not int8", QUANTIZE_ALL),
    "zero point": (
        uncentred_weights,
        "MatMul",
        "the weights have a zero point, around which they do not fit into int8",
        "Quantise the weights symmetrically (QuantType.QInt8, WeightSymmetric).",
    ),
    "16 bits": (
        lambda: wide("int16"),
        "QuantizeLinear",
        "codes are int16; int8 and uint8 are supported",
        "Quantise activations and weights to 8 bits (QuantType.QInt8).",
    ),
    "channels": (
        channel_scales,
        "QuantizeLinear",
        "an activation has a scale for each channel",
        QUANTIZE_ALL,
    ),
    "groups": (
        groups,
        "Conv",
        "4 channels are taken in 2 groups; 1 and 4 are supported",
        "Build the model without groups, or of depthwise convolutions.",
    ),
    "constants": (
        real_constants,
        "Add",
        "a constant of several real numbers is not quantised",
        QUANTIZE_ALL,
    ),
    "bias": (
        huge_bias,
        "Gemm",
        "the bias of 4 values does not fit 4 channels in 32 bits",
        "Quantise the model again.",
    ),
    "ranks": (
        ranks,
        "Add",
        "its inputs have 2 and 3 dimensions, its output 3",
        "Export the model with inputs of one rank.",
    ),
    "hard sigmoid": (
        lambda: through("HardSigmoid"),
        "HardSigmoid",
        "it is not the gate of a HardSwish (slope 1/6, times its own input)",
        "Build the model of HardSwish or Sigmoid.",
    ),
    "alpha": (
        lambda: through("Gemm", (1, 6), [np.ones((6, 6), np.float32)], alpha=0.5),
        "Gemm",
        "`alpha` is 0.5; 1 is supported",
        "Export the model of Linear layers.",
    ),
    "bounds": (
        lambda: through("Clip", more=[np.float32(-2), np.float32(3)]),
        "Clip",
        "it bounds to -2 and 3; 0 or none below, and 6 or none above, are supported",
        "Build the model of Relu or Relu6.",
    ),
    "interpolation": (
        lambda: through(
            "Resize",
            (1, 2, 3, 3),
            [np.array([], np.float32), np.array([1, 1, 2, 2], np.float32)],
            mode="linear",
        ),
        "Resize",
        "it interpolates (linear)",
        "Build the model with nearest-neighbour resizing.",
    ),
    "other pixels": (
        lambda: through(
            "Resize",
            (1, 2, 4, 4),
            [np.array([], np.float32), np.array([1, 1, 1.5, 1.5], np.float32)],
            nearest_mode="ceil",
        ),
        "Resize",
        "from 4 to 6 pixels it takes others than asymmetric and floor would",
        "Export it with coordinates asymmetric, rounded to floor.",
    ),
    "pool dilations": (
        lambda: through("MaxPool", (1, 2, 5, 5), kernel_shape=[2, 2], dilations=[2, 2]),
        "MaxPool",
        "it has dilations",
        "Build the model without them.",
    ),
    "pool of a mean": (
        lambda: through("AveragePool", (1, 2, 6, 6), kernel_shape=[3, 3], pads=[1, 1, 0, 0]),
        "AveragePool",
        "means leave out the padding [(1, 0), (1, 0)], which is not that of SAME",
        "Build the model without padding there, or with count_include_pad 1.",
    ),
    "ceiling": (
        lambda: through(
            "AveragePool",
            (1, 2, 5, 5),
            kernel_shape=[2, 2],
            strides=[2, 2],
            ceil_mode=1,
            count_include_pad=1,
            pads=[0, 0, 0, 0],
        ),
        "AveragePool",
        "its last window reaches beyond the padding (ceil_mode)",
        "Build the model with ceil_mode 0.",
    ),
    "padding": (
        lambda: through("Pad", (1, 6), [np.array([0, 1, 0, 1])], mode="reflect"),
        "Pad",
        "it pads in mode reflect, or only some axes",
        "Pad all axes with a constant.",
    ),
    "negative padding": (
        lambda: through("Pad", (1, 6), [np.array([0, 1, 0, -1])]),
        "Pad",
        "a padding is negative",
        "Build the model with Slice instead.",
    ),
    "old softmax": (
        lambda: through("Softmax", (1, 6, 2), opset=11),
        "Softmax",
        "it goes over all axes from 1 on",
        "Export the model with opset 13 or later.",
    ),
    "dimensions": (
        lambda: through("GlobalAveragePool", (1, 2, 3, 3, 3)),
        "GlobalAveragePool",
        "the input has 5 dimensions; 3 and 4 are supported",
        "Build the model of two-dimensional operators.",
    ),
    "empty": (
        lambda: through("Slice", more=[np.array([v]) for v in (4, 2, 1)]),
        "Slice",
        "nothing is left of an axis",
        "Export the model again.",
    ),
}


@pytest.mark.parametrize("name", NODES)
def test_a_node_that_cannot_run_is_named(name: str, tmp_path: Path) -> None:
    make, kind, what, hint = NODES[name]
    model = make()
    path = tmp_path / "net.onnx"
    path.write_bytes(model.build(model.nodes[-1].output[0]))
    with pytest.raises(UnsupportedOperator) as caught:
        read_model(path)
    node = next(node.name for node in model.nodes if node.op_type == kind)
    if name == "output":
        node = model.nodes[-2].name
    assert caught.value.what == what
    assert caught.value.where == f"{path}, node {node} ({kind})"
    assert caught.value.hint.startswith(hint)
    assert caught.value.hint.endswith(".")


def test_all_problems_are_told_at_once_and_none_that_follows_from_another(tmp_path: Path) -> None:
    model = OnnxModel()
    x = model.input([1, 6])
    a = model.quantized(model.node("Erf", [x]), 0.05)[1]
    model.quantized(model.node("Relu", [a]), 0.05)
    model.quantized(model.node("Sin", [x]), 0.05)
    path = tmp_path / "net.onnx"
    path.write_bytes(model.build(model.nodes[-1].output[0]))
    with pytest.raises(UnsupportedOperators) as caught:
        read_model(path)
    assert [error.where.rpartition(" ")[2] for error in caught.value.each] == ["(Erf)", "(Sin)"]
    assert caught.value.what.startswith(f"2 operators cannot run:\n  {path}, node /Erf_")
    assert caught.value.where == str(path)


def test_an_input_of_real_numbers(tmp_path: Path) -> None:
    model = OnnxModel()
    model.node("Relu", [model.real_input([1, 6])])
    path = tmp_path / "net.onnx"
    path.write_bytes(model.build(model.nodes[-1].output[0]))
    with pytest.raises(UnsupportedOperator) as caught:
        read_model(path)
    assert caught.value.what == "the input is not quantised"
    assert caught.value.where == f"{path}, node x (graph input)"
    assert caught.value.hint == QUANTIZE_ALL


def test_an_output_of_integers(tmp_path: Path) -> None:
    model = OnnxModel()
    y = model.node("ArgMax", [model.input([1, 6])], axis=1)
    path = tmp_path / "net.onnx"
    path.write_bytes(model.build(y))
    with pytest.raises(UnsupportedOperator) as caught:
        read_model(path)
    assert caught.value.what == "it is not computed from quantised values"
    assert caught.value.where == f"{path}, node {y} (graph output)"


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
