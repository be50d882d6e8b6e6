"""What of an ONNX model cannot be read or converted is told with the node and what mends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders.onnx_models import OnnxModel
from onnx import TensorProto, helper

from harness.errors import (
    BadModel,
    HarnessError,
    UnsupportedOperator,
    UnsupportedOperators,
)
from harness.model import read_model

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


def test_a_scale_that_is_computed(tmp_path: Path) -> None:
    model = OnnxModel()
    x = model.real_input([1, 6])
    scale = model.node("ReduceMax", [model.real_input([1, 6], "y")], keepdims=0)
    codes = model.node("QuantizeLinear", [x, scale, model.constant(np.int8(0))])
    path = tmp_path / "net.onnx"
    path.write_bytes(model.build(codes))
    with pytest.raises(HarnessError) as caught:
        read_model(path)
    assert isinstance(caught.value, UnsupportedOperators)
    assert [(problem.what, problem.hint) for problem in caught.value.each[:2]] == [
        ("its scale is not a constant", QUANTIZE_ALL),
        ("the input is not quantised", QUANTIZE_ALL),
    ]


def refused(path: Path, content: bytes) -> BadModel:
    path.write_bytes(content)
    with pytest.raises(BadModel) as caught:
        read_model(path)
    return caught.value


def test_attributes_that_contradict_their_inputs(tmp_path: Path) -> None:
    model = through("Transpose", (1, 6), perm=[1, 0])
    model.nodes[-2].attribute[0].ints[:] = [1, 1]
    made = helper.make_model(
        helper.make_graph(
            model.nodes,
            "net",
            model.inputs,
            [helper.make_tensor_value_info(model.nodes[-1].output[0], TensorProto.INT8, [6, 1])],
            model.constants,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    error = refused(tmp_path / "net.onnx", made.SerializeToString())
    assert "contradict" in error.what
    assert error.hint == "Export the model again."


def test_a_number_beyond_32_bits(tmp_path: Path) -> None:
    model = OnnxModel()
    x = model.input([1, 2, 4, 4])
    w = model.codes(np.ones((2, 2, 1, 1), np.int8), 0.01)
    y = model.node("Conv", [x, w], strides=[2**40, 1])
    error = refused(tmp_path / "net.onnx", model.build(model.quantized(y, 0.1)[0]))
    assert error.what.startswith("a number of it cannot be written: ")
    assert error.where == str(tmp_path / "net.onnx")
    assert error.hint == "Export the model again."
