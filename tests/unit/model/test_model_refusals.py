"""What the image compiler refuses, and how it says so: file, operator, tensors, next step."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_models as small
from builders.tflite_builder import TfliteModel

from harness.domain.network import Network
from harness.errors import BadModel, HarnessError, ImageTooLarge, UnsupportedOperator
from harness.model import compile_image

INT8_HINT = "Quantise it to full int8 (input and output int8)."
AGAIN = "Copy or convert the model again."
CONV_TENSORS = (
    "(inputs: `x` int8 [1, 4, 4, 2], `filters` int8 [3, 3, 3, 2], `bias` int32 [3]; "
    "outputs: `y` int8 [1, 4, 4, 3])"
)


def refusal(content: bytes, folder: Path, **more: Any) -> HarnessError:
    with pytest.raises(HarnessError) as caught:
        compile_image(small.network_of(content, folder), **more)
    error: HarnessError = caught.value
    assert error.where.startswith(str(folder / "model.tflite"))
    return error


def one_operator(name: str, x: str, y: str, **options: Any) -> bytes:
    model = TfliteModel()
    quantised = {"float32": None}
    a = model.tensor((1, 4), x, quantised.get(x, 0.5), 0, name="a")
    b = model.tensor((1, 4), y, quantised.get(y, 0.5), 0, name="b")
    model.operator(name, [a], [b], **options)
    return model.build([a], [b])


def test_an_unknown_operator_is_named_with_its_tensors(tmp_path: Path) -> None:
    error = refusal(one_operator("COS", "int8", "int8"), tmp_path)
    assert isinstance(error, UnsupportedOperator)
    assert str(error).startswith(
        f"{tmp_path / 'model.tflite'}, operator 0 COS: the operator is not supported "
        "(inputs: `a` int8 [1, 4]; outputs: `b` int8 [1, 4])\n"
        "  -> Build the model of ADD, AVERAGE_POOL_2D, "
    )
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_an_operator_is_never_looked_up_outside_the_folder(tmp_path: Path) -> None:
    network = small.network_of(small.add(), tmp_path)
    for name in ("CUSTOM:../add", "add", "__INIT__", "", "CUSTOM:"):
        (operator,) = network.operators
        odd = type(operator)(0, name, 32, operator.inputs, operator.outputs)
        changed = Network(
            network.name,
            network.source,
            network.source_sha256,
            network.tensors,
            (odd,),
            network.inputs,
            network.outputs,
        )
        with pytest.raises(UnsupportedOperator, match="the operator is not supported"):
            compile_image(changed)


@pytest.mark.parametrize(
    ("name", "x", "y", "what", "hint"),
    [
        ("COS", "float32", "float32", "the model is float32 at tensor `a` float32", INT8_HINT),
        ("COS", "int16", "int16", "the model is int16 at tensor `a` int16", INT8_HINT),
        (
            "RESHAPE",
            "int32",
            "int32",
            "`a` int32 [1, 4] is not int8 or int16",
            "Quantise the model to full int8 (input and output int8).",
        ),
    ],
)
def test_element_types(name: str, x: str, y: str, what: str, hint: str, tmp_path: Path) -> None:
    error = refusal(one_operator(name, x, y), tmp_path)
    assert isinstance(error, UnsupportedOperator)
    assert what in error.what
    assert f"operator 0 {name}" in error.where
    assert error.hint == hint


REFUSED = {
    "grouped": (
        small.conv_2d(x_shape=(1, 4, 4, 4)),
        "take 2 of 4 input channels; grouped convolution is not supported",
        "Build the model of CONV_2D without groups, or of DEPTHWISE_CONV_2D.",
    ),
    "asymmetric filters": (
        small.conv_2d(filter_scales=0.5, filter_zero=3),
        "the weights `filters` int8 [3, 3, 3, 2] have a zero point other than 0",
        "Quantise the weights symmetrically.",
    ),
    "activation": (
        small.conv_2d(fused_activation_function="TANH"),
        "fused activation number 4 is not one of NONE, RELU, RELU_N1_TO_1, RELU6",
        "Convert the model with the activation as an operator of its own.",
    ),
    "padding": (
        small.conv_2d(padding=2),
        "padding number 2 is neither SAME nor VALID",
        "Convert the model with one.",
    ),
    "reach": (
        small.conv_2d(dilation_w_factor=2**24),
        "the filter reaches over 33,554,433 inputs; up to 16,777,216 are supported",
        "Build the model with smaller filters.",
    ),
    "scale too large": (
        small.conv_2d(x_quantization=(2.0**31, 0), filter_scales=1.0),
        "cannot be requantised: 2^30 and above is too large",
        "Quantise the model again.",
    ),
    "shuffled": (
        small.dense(weights_format="SHUFFLED4x16INT8"),
        "the weights are shuffled (SHUFFLED4x16INT8)",
        "Convert the model without shuffling.",
    ),
    "ADD scale": (
        small.add(y=(2.0**-21, 0)),
        "the output scale 4.76837e-07 is too small for inputs of scale 0.5 and 0.25",
        "Quantise the model again.",
    ),
    "pool scale": (
        small.pool("MAX_POOL_2D", y_quantization=(0.25, 3)),
        "the input has scale 0.5 and zero point 3, the output 0.25 and 3; pooling does not",
        "Quantise the model again.",
    ),
    "pool zero point": (
        small.pool("AVERAGE_POOL_2D", y_quantization=(0.5, 4)),
        "zero point 3, the output 0.5 and 4; pooling does not requantise",
        "Quantise the model again.",
    ),
    "softmax output": (
        small.softmax(y=(1 / 128, 0)),
        "the output has scale 0.0078125 and zero point 0; 1/256 and -128 are needed",
        "Quantise the model again.",
    ),
    "softmax row": (
        small.softmax(shape=(1, 4096)),
        "rows of 4096 values are too long; up to 4095 are supported",
        "Build the model with fewer classes.",
    ),
    "softmax beta": (
        small.softmax(beta=0.0),
        "beta 0 times the input scale 0.125 is too small",
        "Quantise the model again, or convert it with beta 1.",
    ),
    "rank": (
        small.reshape((1, 2, 3, 4), (2, 1, 1, 3, 4)),
        "`y` int8 [2, 1, 1, 3, 4] has 5 dimensions and 24 bytes; at most 4 and",
        "Convert the model with smaller tensors.",
    ),
    "empty": (
        small.reshape((1, 0), (0,)),
        "`x` int8 [1, 0] has 2 dimensions and 0 bytes; at most 4 and 1 to 2,147,483,647",
        "Convert the model with smaller tensors.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_unsupported_uses(case: str, tmp_path: Path) -> None:
    content, what, hint = REFUSED[case]
    error = refusal(content, tmp_path)
    assert isinstance(error, UnsupportedOperator)
    assert what in error.what
    assert "(inputs: `" in error.what
    assert ", operator 0 " in error.where
    assert error.hint == hint


BROKEN = {
    "output shape": (
        small.conv_2d(y_shape=(1, 3, 4, 3)),
        "the window gives 1 x 4 x 4 outputs, the output tensor has 1 x 3 x 4",
    ),
    "output channels": (small.conv_2d(y_shape=(1, 4, 4, 5)), "3 filters give 5 output channels"),
    "stride": (small.conv_2d(stride_w=0), "`stride_w` is 0, not 1 or more"),
    "axis": (
        small.conv_2d(axis=3),
        "the weights `filters` int8 [3, 3, 3, 2] have 3 scales along axis 3; 3 along axis 0",
    ),
    "scales": (
        small.conv_2d(filter_scales=(0.5, 0.5)),
        "have 2 scales along axis 0; 3 along axis 0 are needed",
    ),
    "depth": (
        small.dense(x_shape=(1, 5)),
        "weights [3, 4] do not turn `x` int8 [1, 5] into the output",
    ),
    "weights rank": (
        small.dense(w_shape=(3, 4, 1)),
        "the weights `weights` int8 [3, 4, 1] do not have the shape [out, in]",
    ),
    "conv rank": (
        small.conv_2d(x_shape=(4, 4, 2)),
        "`x` int8 [4, 4, 2] does not have the four dimensions n, h, w, c",
    ),
    "multiplier": (
        small.conv_2d(
            kind="DEPTHWISE_CONV_2D", f_shape=(1, 3, 3, 3), filter_scales=0.5, y_shape=(1, 4, 4, 3)
        ),
        "filters of shape [1, 3, 3, 3] do not turn 2 channels into 3",
    ),
    "pool channels": (
        small.pool("MAX_POOL_2D", y_shape=(1, 2, 2, 3)),
        "2 channels are pooled to 3",
    ),
    "reshape": (small.reshape((1, 6), (1, 7)), "`x` int8 [1, 6] cannot take the shape [1, 7]"),
    "scale 0": (
        small.conv_2d(y_quantization=(0.0, 0)),
        "the scale of `y` int8 [1, 4, 4, 3] is 0.0",
    ),
    "zero point": (
        small.conv_2d(y_quantization=(0.5, 200)),
        "the zero point of `y` int8 [1, 4, 4, 3] is 200, not an int8",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_operators_that_contradict_their_tensors(case: str, tmp_path: Path) -> None:
    content, what = BROKEN[case]
    error = refusal(content, tmp_path)
    assert isinstance(error, BadModel)
    assert what in error.what
    assert ", operator 0 " in error.where
    assert error.hint == AGAIN


def test_tensors_are_named_in_full(tmp_path: Path) -> None:
    assert CONV_TENSORS in refusal(small.conv_2d(padding=2), tmp_path).what


def built(make: Any) -> bytes:
    """A model of CONV_2D-like parts that `make` wires up."""
    model = TfliteModel()
    return model.build(*make(model))


def _dense_without_weights(model: TfliteModel) -> tuple[list[int], list[int]]:
    x, w = model.tensor((1, 4), "int8", 0.5), model.tensor((3, 4), "int8", 0.5, name="w")
    y = model.tensor((1, 3), "int8", 0.5)
    model.operator("FULLY_CONNECTED", [x, w, -1], [y])
    return [x, w], [y]


def _dense(model: TfliteModel, bias: int, outputs: int = 1) -> tuple[list[int], list[int]]:
    x = model.tensor((1, 4), "int8", 0.5)
    w = model.tensor((3, 4), "int8", 0.5, data=np.ones((3, 4)))
    ys = [model.tensor((1, 3), "int8", 0.5) for _ in range(outputs)]
    model.operator("FULLY_CONNECTED", [x, w, bias], ys)
    return [x], ys


def _int64_bias(model: TfliteModel) -> tuple[list[int], list[int]]:
    return _dense(model, model.tensor((3,), "int64", 0.25, data=np.zeros(3), name="b"))


def _short_bias(model: TfliteModel) -> tuple[list[int], list[int]]:
    return _dense(model, model.tensor((2,), "int32", 0.25, data=np.zeros(2), name="b"))


def _two_outputs(model: TfliteModel) -> tuple[list[int], list[int]]:
    return _dense(model, -1, outputs=2)


def _absent_input(model: TfliteModel) -> tuple[list[int], list[int]]:
    x, y = model.tensor((1, 4), "int8", 0.5), model.tensor((1, 4), "int8", 0.5)
    model.operator("ADD", [x, -1], [y])
    return [x], [y]


def _no_scale(model: TfliteModel) -> tuple[list[int], list[int]]:
    x, y = model.tensor((1, 4), "int8", name="x"), model.tensor((1, 4), "int8", 0.5)
    model.operator("ADD", [x, x], [y])
    return [x], [y]


def _two_scales(model: TfliteModel) -> tuple[list[int], list[int]]:
    x, y = model.tensor((1, 2), "int8", [0.5, 1.0], name="x"), model.tensor((1, 2), "int8", 0.5)
    model.operator("ADD", [x, x], [y])
    return [x], [y]


def _weights_without_scale(model: TfliteModel) -> tuple[list[int], list[int]]:
    x = model.tensor((1, 1, 1, 1), "int8", 0.5)
    w = model.tensor((1, 1, 1, 1), "int8", data=np.ones((1, 1, 1, 1)), name="w")
    y = model.tensor((1, 1, 1, 1), "int8", 0.5)
    model.operator("CONV_2D", [x, w], [y], **small.ONES)
    return [x], [y]


def _constant_output(model: TfliteModel) -> tuple[list[int], list[int]]:
    x = model.tensor((1, 4), "int8", 0.5)
    y = model.tensor((1, 4), "int8", 0.5, data=np.ones((1, 4)), name="y")
    model.operator("ADD", [x, x], [y])
    return [x], [y]


WIRED = {
    "computed weights": (
        _dense_without_weights,
        UnsupportedOperator,
        "the weights `w` int8 [3, 4] are computed while the model runs",
        "Convert the model with constant weights.",
    ),
    "int64 bias": (
        _int64_bias,
        UnsupportedOperator,
        "the bias `b` int64 [3] is not a constant of type int32",
        "Quantise the model to full int8.",
    ),
    "short bias": (_short_bias, BadModel, "the bias `b` int32 [2] has 2 values for 3", AGAIN),
    "two outputs": (_two_outputs, BadModel, "there are 2 outputs instead of one", AGAIN),
    "absent input": (_absent_input, BadModel, "input 1 is absent (inputs: `tensor_0`", AGAIN),
    "no scale": (
        _no_scale,
        UnsupportedOperator,
        "`x` int8 [1, 4] needs one scale and zero point and has none",
        "Quantise the model to full int8.",
    ),
    "two scales": (
        _two_scales,
        UnsupportedOperator,
        "`x` int8 [1, 2] needs one scale and zero point and has 2 scales",
        "Quantise the model to full int8.",
    ),
    "weights without scale": (
        _weights_without_scale,
        UnsupportedOperator,
        "the weights `w` int8 [1, 1, 1, 1] have no scale",
        "Quantise the model to full int8.",
    ),
    "constant output": (_constant_output, BadModel, "the output `y` int8 [1, 4] is a", AGAIN),
}


@pytest.mark.parametrize("case", WIRED)
def test_operands(case: str, tmp_path: Path) -> None:
    make, kind, what, hint = WIRED[case]
    error = refusal(built(make), tmp_path)
    assert type(error) is kind
    assert what in error.what
    assert error.hint == hint


def _reads_the_future(model: TfliteModel) -> tuple[list[int], list[int]]:
    x, y, z = (model.tensor((1, 4), "int8", 0.5, name=name) for name in "xyz")
    model.operator("ADD", [x, z], [y])
    model.operator("ADD", [x, y], [z])
    return [x], [z]


def _writes_twice(model: TfliteModel) -> tuple[list[int], list[int]]:
    x, y = (model.tensor((1, 4), "int8", 0.5, name=name) for name in "xy")
    model.operator("ADD", [x, x], [y])
    model.operator("ADD", [x, x], [y])
    return [x], [y]


def _never_written(model: TfliteModel) -> tuple[list[int], list[int]]:
    x, y, z = (model.tensor((1, 4), "int8", 0.5, name=name) for name in "xyz")
    model.operator("ADD", [x, x], [y])
    return [x], [z]


def _constant_input(model: TfliteModel) -> tuple[list[int], list[int]]:
    x, y = model.tensor((1, 4), "int8", 0.5, data=np.ones((1, 4)), name="x"), None
    y = model.tensor((1, 4), "int8", 0.5, name="y")
    model.operator("ADD", [x, x], [y])
    return [x], [y]


def _unread_input(model: TfliteModel) -> tuple[list[int], list[int]]:
    x, y, z = (model.tensor((1, 4), "int8", 0.5, name=name) for name in "xyz")
    model.operator("ADD", [x, x], [y])
    return [x, z], [y]


def _nothing(model: TfliteModel) -> tuple[list[int], list[int]]:
    x = model.tensor((1, 4), "int8", 0.5, name="x")
    return [x], [x]


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (_reads_the_future, "tensor `z` int8 [1, 4] is read before anything writes it"),
        (_writes_twice, "tensor `y` int8 [1, 4] is written twice"),
        (_never_written, "tensor `z` int8 [1, 4] is read before anything writes it"),
        (_constant_input, "tensor `x` int8 [1, 4] is a constant and an input of the model"),
        (_unread_input, "tensor `z` int8 [1, 4] is an input that no operator reads"),
        (_nothing, "tensor `x` int8 [1, 4] is an input that no operator reads"),
    ],
)
def test_order_of_reads_and_writes(make: Any, what: str, tmp_path: Path) -> None:
    error = refusal(built(make), tmp_path)
    assert isinstance(error, BadModel)
    assert (error.what, error.hint) == (what, AGAIN)


def test_an_arena_beyond_the_format(tmp_path: Path) -> None:
    error = refusal(small.add(), tmp_path, scratch=[2**31])
    assert isinstance(error, ImageTooLarge)
    assert (error.need, error.have) == (2**31 + 32, 2**31 - 1)
    assert error.what == (
        "the arena of a model image needs 2,147,483,680 bytes and has 2,147,483,647"
    )
    assert error.hint == "Choose a model that a microcontroller can hold."


@pytest.mark.parametrize("scratch", [[], [1, 2], [-1]])
def test_scratch_has_one_size_per_operator(scratch: list[int], tmp_path: Path) -> None:
    network = small.network_of(small.add(), tmp_path)
    with pytest.raises(ValueError, match="does not have a size for each of 1 operators"):
        compile_image(network, scratch=scratch)
