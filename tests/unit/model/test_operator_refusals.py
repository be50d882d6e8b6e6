"""What the operators beyond convolutions and dense layers refuse, in which words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_models as small
from builders.tflite_builder import ABSENT, TfliteModel

from harness.errors import BadModel, HarnessError, UnsupportedOperator
from harness.model import compile_image

AGAIN = "Quantise the model again."
Q = (0.5, 0)


class Use:
    """One operator: int8 inputs by their shapes, constants, one output."""

    def __init__(
        self, name: str, *shapes: Sequence[int], q: Sequence[tuple[float, int]] = ()
    ) -> None:
        self.name, self.model = name, TfliteModel()
        each = [*q, *[Q] * len(shapes)]
        self.inputs = [
            self.model.tensor(shape, "int8", *each[i], name="ab"[i])
            for i, shape in enumerate(shapes)
        ]
        self.operands = list(self.inputs)

    def integers(self, values: Any, dtype: str = "int32", constant: bool = True) -> Use:
        array = np.asarray(values, np.int32)
        index = self.model.tensor(array.shape, dtype, data=array if constant else None, name="k")
        self.operands.append(index)
        if not constant:
            self.inputs.append(index)
        return self

    def code(self, value: Any, q: tuple[float, int] = Q) -> Use:
        array = np.asarray(value, np.int8)
        self.operands.append(self.model.tensor(array.shape, "int8", *q, array, name="c"))
        return self

    def to(self, shape: Sequence[int], q: tuple[float, int] = Q, **options: Any) -> bytes:
        y = self.model.tensor(shape, "int8", *q, name="y")
        self.model.operator(self.name, self.operands, [y], **options)
        return self.model.build(self.inputs, [y])


def slice_of(begin: int, end: int, step: int, **options: Any) -> bytes:
    use = Use("STRIDED_SLICE", (4,)).integers([begin]).integers([end]).integers([step])
    return use.to((2,), **options)


def transpose_conv(
    y_shape: Sequence[int] = (1, 4, 4, 3),
    sizes: Any = None,
    filters: Sequence[int] = (3, 3, 3, 2),
    **options: Any,
) -> bytes:
    """2x2x2 to 4x4x3 by 3x3 filters."""
    use = Use("TRANSPOSE_CONV")
    use.integers(y_shape if sizes is None else sizes)
    use.code(np.ones(filters, np.int8))
    use.inputs = [use.model.tensor((1, 2, 2, 2), "int8", *Q, name="a")]
    use.operands += use.inputs
    return use.to(y_shape, **{"stride_h": 2, "stride_w": 2, **options})


def moved(name: str) -> Use:
    """An operator that does not requantise, whose input has other codes than its output."""
    return Use(name, (1, 2, 2, 4), q=[(0.25, 3)])


def resize(shape: Sequence[int], size: Sequence[int], y: Sequence[int]) -> bytes:
    return Use("RESIZE_NEAREST_NEIGHBOR", shape).integers(size).to(y)


APART = "`a` int8 [1, 2, 2, 4] has scale 0.25 and zero point 3, the output 0.5 and 0; {} does not"
UNSUPPORTED = {
    "SUB scale": (
        Use("SUB", (4,), (4,)).to((4,), (2.0**-21, 0)),
        "the output scale 4.76837e-07 is too small for inputs of scale 0.5 and 0.5",
        AGAIN,
    ),
    "MUL scale": (
        Use("MUL", (4,), (4,)).to((4,), (2.0**-40, 0)),
        "a scale of 2.74878e+11 cannot be requantised: 2^30 and above is too large",
        AGAIN,
    ),
    "RELU scale": (
        Use("RELU", (4,)).to((4,), (2.0**-40, 0)),
        "a scale of 5.49756e+11 cannot be requantised",
        AGAIN,
    ),
    "LEAKY_RELU alpha": (
        Use("LEAKY_RELU", (4,)).to((4,), alpha=-0.5),
        "a scale of -0.5 cannot be requantised",
        AGAIN,
    ),
    "HARD_SWISH scale": (
        Use("HARD_SWISH", (4,)).to((4,), (2.0**-10, 0)),
        "the output scale 0.000976562 does not suit an input of scale 0.5",
        AGAIN,
    ),
    "LOGISTIC scale": (
        Use("LOGISTIC", (4,)).to((4,)),
        "the output has scale 0.5; 1/256 is needed",
        AGAIN,
    ),
    "MINIMUM": (
        Use("MINIMUM", (1, 2, 2, 4), (4,), q=[(0.25, 3)]).to((1, 2, 2, 4)),
        APART.format("MINIMUM"),
        AGAIN,
    ),
    "TRANSPOSE": (
        moved("TRANSPOSE").integers([0, 1, 2, 3]).to((1, 2, 2, 4)),
        APART.format("TRANSPOSE"),
        AGAIN,
    ),
    "CONCATENATION": (
        Use("CONCATENATION", (1, 2, 2, 4), (1, 2, 2, 4), q=[(0.25, 3)]).to((1, 2, 2, 8), axis=3),
        APART.format("CONCATENATION"),
        AGAIN,
    ),
    "CONCATENATION activation": (
        Use("CONCATENATION", (4,), (4,)).to((8,), axis=0, fused_activation_function="RELU"),
        "a fused activation would bound the output",
        "Convert the model with the activation as an operator of its own.",
    ),
    "PAD": (
        moved("PAD").integers(np.zeros((4, 2))).to((1, 2, 2, 4)),
        APART.format("PAD"),
        AGAIN,
    ),
    "negative padding": (
        Use("PAD", (4,)).integers([[-1, 0]]).to((3,)),
        "a padding is negative",
        "Convert the model with STRIDED_SLICE.",
    ),
    "computed padding": (
        Use("PAD", (4,)).integers([[1, 0]], constant=False).to((5,)),
        "the paddings `k` int32 [1, 2] are not constants of type int32 or int64",
        "Convert the model with constant paddings.",
    ),
    "PADV2 value": (
        Use("PADV2", (4,)).integers([[1, 0]]).code([1, 2]).to((5,)),
        "the padding's value `c` int8 [2] is not one constant",
        "Convert the model with a constant value.",
    ),
    "PADV2 scale": (
        Use("PADV2", (4,)).integers([[1, 0]]).code([1], (0.25, 0)).to((5,)),
        "`c` int8 [1] has scale 0.25 and zero point 0, the output 0.5 and 0; PADV2 does not",
        AGAIN,
    ),
    "MEAN size": (
        Use("MEAN", (2**22 + 1, 1)).integers([0]).to((1,)),
        "the mean of 4,194,305 elements is taken; up to 4,194,304 are supported",
        "Build the model with smaller tensors.",
    ),
    "STRIDED_SLICE mask": (
        slice_of(0, 2, 1, new_axis_mask=1),
        "`new_axis_mask` is set",
        "Convert the model with a begin, an end and a step per axis.",
    ),
    "BATCH_MATMUL depth": (
        Use("BATCH_MATMUL", (1, 2**15 + 1), (2**15 + 1, 1)).to((1, 1)),
        "rows of 32,769 elements are too long; up to 32,768 are supported",
        "Build the model with smaller matrices.",
    ),
}

BROKEN = {
    "broadcast": (
        small.add(b_shape=(1, 3)),
        "do not broadcast to the shape [1, 4]",
    ),
    "broadcast beyond the output": (
        Use("MAXIMUM", (1, 4), (2, 4)).to((1, 4)),
        "`a` int8 [1, 4] and `b` int8 [2, 4] do not broadcast to the shape [1, 4]",
    ),
    "lookup": (
        Use("TANH", (4,)).to((1, 4)),
        "input and output do not have the same shape",
    ),
    "permutation": (
        Use("TRANSPOSE", (2, 3)).integers([0, 0]).to((2, 2)),
        "[0, 0] is no permutation of 2 axes",
    ),
    "axis": (
        Use("TRANSPOSE", (2, 3)).integers([0, 2]).to((2, 3)),
        "[0, 2] is no permutation of 2 axes",
    ),
    "transposed shape": (
        Use("TRANSPOSE", (2, 3)).integers([1, 0]).to((2, 3)),
        "axes in the order [1, 0] do not give the output's shape",
    ),
    "slice": (slice_of(0, 3, 1), "the slice has the shape [3]"),
    "step": (slice_of(0, 2, 0), "begins (0,), ends (2,) and strides (0,) do not fit"),
    "index": (slice_of(4, 5, 1, shrink_axis_mask=1), "index 4 lies outside axis 0 of size 4"),
    "padding": (
        Use("PAD", (4,)).integers([[1, 1]]).to((5,)),
        "padding before [1] and after [1] does not fit",
    ),
    "mean axis": (
        Use("MEAN", (2, 3)).integers([2]).to((2,)),
        "axis 2 is not one of the 2 of the input",
    ),
    "mean shape": (
        Use("MEAN", (2, 3)).integers([1]).to((3,)),
        "the mean over axes [1] has the shape [2]",
    ),
    "joined": (
        Use("CONCATENATION", (2, 3), (2, 3)).to((2, 5), axis=1),
        "the inputs do not make the output along axis 1",
    ),
    "joined along": (
        Use("CONCATENATION", (2, 3), (3, 3)).to((2, 6), axis=1),
        "the inputs do not make the output along axis 1",
    ),
    "size": (
        resize((1, 2, 2, 1), (4, 4), (1, 4, 5, 1)),
        "the size [4, 4] does not give the output's shape",
    ),
    "matrix": (Use("BATCH_MATMUL", (4,), (4, 1)).to((1,)), "an input has no rows and columns"),
    "product": (
        Use("BATCH_MATMUL", (2, 4), (3, 1)).to((2, 1)),
        "the shapes are not those of a product of matrices",
    ),
    "batches": (
        Use("BATCH_MATMUL", (2, 2, 4), (3, 4, 1)).to((3, 2, 1)),
        "the shapes are not those of a product of matrices",
    ),
    "asked for": (
        transpose_conv(sizes=[1, 4, 4, 4]),
        "the output has not the shape that is asked for",
    ),
    "filters": (
        transpose_conv(filters=(3, 3, 3, 1)),
        "the filters `c` int8 [3, 3, 3, 1] do not fit input and output",
    ),
    "positions": (
        transpose_conv(stride_h=1),
        "windows over 4 outputs are 4, not 2 inputs",
    ),
    "stride": (transpose_conv(stride_h=0), "`stride_h` is 0, not 1 or more"),
}


def refusal(content: bytes, folder: Path) -> HarnessError:
    with pytest.raises(HarnessError) as caught:
        compile_image(small.network_of(content, folder))
    return caught.value


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_an_unsupported_use_of_an_operator(case: str, tmp_path: Path) -> None:
    content, what, hint = UNSUPPORTED[case]
    error = refusal(content, tmp_path)
    assert isinstance(error, UnsupportedOperator)
    assert what in error.what
    assert "; outputs: `y` int8" in error.what
    assert ", operator 0 " in error.where
    assert error.hint == hint


@pytest.mark.parametrize("case", BROKEN)
def test_an_operator_that_contradicts_its_tensors(case: str, tmp_path: Path) -> None:
    content, what = BROKEN[case]
    error = refusal(content, tmp_path)
    assert isinstance(error, BadModel)
    assert what in error.what
    assert error.hint == "Copy or convert the model again."


def test_a_padding_number_that_is_neither_same_nor_valid(tmp_path: Path) -> None:
    error = refusal(transpose_conv(padding=2), tmp_path)
    assert error.what.startswith("padding number 2 is neither SAME nor VALID")
    assert error.hint == "Convert the model with one."


def test_transposed_weights_must_be_constants(tmp_path: Path) -> None:
    use = Use("TRANSPOSE_CONV", (3, 3, 3, 2), (1, 2, 2, 2))
    sizes = use.integers((1, 4, 4, 3)).operands.pop()
    use.operands = [sizes, *use.inputs, ABSENT]
    error = refusal(use.to((1, 4, 4, 3), stride_h=2, stride_w=2), tmp_path)
    assert error.what.startswith("the weights `a` int8 [3, 3, 3, 2] are computed while the model")
    assert error.hint == "Convert the model with constant weights."
