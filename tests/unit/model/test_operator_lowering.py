"""Parameters of the operators beyond convolutions and dense layers, worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_models as small
from builders.tflite_builder import TfliteModel

from harness.errors import BadModel
from harness.model.lowered import Lowered, Words
from harness.model.lowering import lower, macs_of
from harness.model.operator_use import OperatorUse

Quantization = tuple[float, int]
HALF = (0.5, 0)


def use_of(
    folder: Path,
    name: str,
    shapes: Sequence[Sequence[int]],
    y_shape: Sequence[int],
    *constants: Any,
    x: Quantization = HALF,
    y: Quantization = HALF,
    **options: Any,
) -> OperatorUse:
    model = TfliteModel()
    inputs = [model.tensor(shape, "int8", *x) for shape in shapes]
    operands = list(inputs)
    for values in constants:
        array = np.asarray(values)
        quantization = HALF if array.dtype == np.int8 else ()
        kind = "int8" if array.dtype == np.int8 else "int32"
        operands.append(model.tensor(array.shape, kind, *quantization, data=array))
    if name == "TRANSPOSE_CONV":
        operands = [operands[1], operands[2], operands[0]]
    output = model.tensor(y_shape, "int8", *y)
    model.operator(name, operands, [output], **options)
    network = small.network_of(model.build(inputs, [output]), folder)
    return OperatorUse(network, network.operators[0])


def lowered(folder: Path, name: str, *more: Any, **options: Any) -> Lowered:
    return lower(use_of(folder, name, *more, **options))


def table(folder: Path, name: str, **options: Any) -> dict[int, int]:
    """Output code of each input code."""
    (words,) = lowered(folder, name, [(4,)], (4,), **options).params
    assert isinstance(words, Words)
    entries = np.asarray(words.values, "<i4").tobytes()
    assert len(entries) == 256
    signed = np.frombuffer(entries, np.int8)
    return {code: int(signed[code % 256]) for code in range(-128, 128)}


def test_logistic(tmp_path: Path) -> None:
    found = table(tmp_path, "LOGISTIC", x=(1 / 8, 10), y=(1 / 256, -128))
    assert found[10] == 128 - 128  # 1/2
    assert found[18] == round(256 / (1 + np.exp(-1.0))) - 128
    assert (found[-128], found[127]) == (-128, 127)  # e^-17, and 1 in 256 steps


def test_tanh(tmp_path: Path) -> None:
    found = table(tmp_path, "TANH", x=(1 / 4, 0), y=(1 / 128, 0))
    assert found[0] == 0
    assert found[2] == -found[-2] == round(128 * float(np.tanh(0.5)))
    assert (found[-128], found[127]) == (-128, 127)


def test_relu_and_relu6_are_bounded_after_requantisation(tmp_path: Path) -> None:
    found = table(tmp_path, "RELU", x=(0.5, 3), y=(0.25, -128))
    assert [found[code] for code in (-128, 3, 4, 5, 127)] == [-128, -128, -126, -124, 120]
    found = table(tmp_path, "RELU6", x=(0.5, 3), y=(0.25, -100))
    assert [found[code] for code in (-128, 3, 14, 15, 127)] == [-100, -100, -78, -76, -76]


def test_leaky_relu_has_a_slope_for_each_sign(tmp_path: Path) -> None:
    found = table(tmp_path, "LEAKY_RELU", x=(0.5, 0), y=(0.5, 10), alpha=0.25)
    assert [found[code] for code in (-128, -8, 0, 8, 127)] == [-22, 8, 10, 18, 127]


def test_hard_swish_is_nothing_below_minus_3_and_the_identity_above_3(tmp_path: Path) -> None:
    found = table(tmp_path, "HARD_SWISH", x=(1 / 8, 0), y=(1 / 8, 0))
    assert {found[code] for code in range(-128, -24)} == {0}
    assert all(abs(found[code] - code) <= 1 for code in range(24, 128))
    assert found[-12] == round(-1.5 * 1.5 / 6 * 8)


def test_mean_takes_the_division_into_its_multiplier(tmp_path: Path) -> None:
    found = lowered(tmp_path, "MEAN", [(1, 2, 3, 5)], (1, 5), (1, 2), x=(0.5, -7), y=(0.25, 4))
    sum_offset, output_offset, multiplier, shift = found.params
    assert (sum_offset, output_offset) == (7 * 6, 4)
    assert isinstance(multiplier, int)
    assert isinstance(shift, int)
    assert multiplier * 2.0 ** (shift - 31) == pytest.approx(0.5 / 0.25 / 6, rel=2**-29)
    assert found.output.dims == (1, 1, 1, 5)
    assert found.inputs[0] is not None
    assert found.inputs[0].dims == (1, 2, 3, 5)


def test_a_sum_too_long_for_a_multiplier_of_its_own_is_not_shifted_too_far(tmp_path: Path) -> None:
    found = lowered(tmp_path, "MEAN", [(64, 1)], (1,), (0,), x=(2.0**-28, 0), y=(1.0, 0))
    multiplier, shift = found.params[2:]
    assert shift == -31
    assert multiplier == 2**30 * 16 // 64  # 2^-28 is 2^30 with shift -27: 4 of 6 bits are left


def test_transposition_and_slices_are_steps(tmp_path: Path) -> None:
    found = lowered(tmp_path, "TRANSPOSE", [(2, 3)], (3, 2), (1, 0))
    assert found.params == (0, 0, 0, 1, 3)
    assert found.output.dims == (1, 1, 3, 2)
    found = lowered(tmp_path, "STRIDED_SLICE", [(4, 6)], (2, 3), (3, 1), (-9, 6), (-2, 2))
    assert found.params == (3 * 6 + 1, 0, 0, -2 * 6, 2)
    one = {"shrink_axis_mask": 1, "begin_mask": 2, "end_mask": 2}
    found = lowered(tmp_path, "STRIDED_SLICE", [(4, 6)], (6,), (-2, 5), (0, 0), (1, -1), **one)
    assert found.params == (2 * 6 + 5, 0, 0, 6, -1)


def test_padding_lies_before_each_axis(tmp_path: Path) -> None:
    around = ((1, 0), (2, 3))
    found = lowered(tmp_path, "PAD", [(2, 3)], (3, 8), around, x=(0.5, 9), y=(0.5, 9))
    assert found.params == (0, 0, 1, 2, 9)
    found = lowered(tmp_path, "PADV2", [(2, 3)], (3, 8), around, np.int8(-4))
    assert found.params == (0, 0, 1, 2, -4)
    assert found.opcode == 34  # the kernel of PAD


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({}, (0, 0, 1, 1, 2)),  # floor(i * 3 / 5)
        ({"align_corners": True}, (0, 1, 1, 2, 2)),  # round(i * 2 / 4), ties up
        ({"half_pixel_centers": True}, (0, 0, 1, 2, 2)),  # floor((i + 1/2) * 3 / 5)
    ],
)
def test_nearest_rows(tmp_path: Path, options: dict[str, bool], rows: tuple[int, ...]) -> None:
    found = lowered(
        tmp_path, "RESIZE_NEAREST_NEIGHBOR", [(1, 3, 1, 2)], (1, 5, 1, 2), (5, 1), **options
    )
    assert found.params == (Words(rows), Words((0,)))


def test_concatenation_counts_rows_below_the_axis(tmp_path: Path) -> None:
    found = lowered(tmp_path, "CONCATENATION", [(2, 3, 4), (2, 3, 1)], (2, 3, 5), axis=-1)
    assert found.params == (6,)


def test_broadcast_operands_keep_their_axes(tmp_path: Path) -> None:
    found = lowered(tmp_path, "MUL", [(2, 3, 4), (4,)], (2, 3, 4))
    assert [operand.dims for operand in found.inputs if operand] == [(1, 2, 3, 4), (1, 1, 1, 4)]


def test_a_transposed_convolution(tmp_path: Path) -> None:
    filters = np.ones((5, 3, 3, 2), np.int8)
    use = use_of(
        tmp_path, "TRANSPOSE_CONV", [(1, 2, 2, 2)], (1, 4, 4, 5), (1, 4, 4, 5), filters,
        x=(0.5, -3), y=(2.0, 6), stride_h=2, stride_w=2,
    )  # fmt: skip
    # From 4 to 2 by strides of 2 a window of 3 wants 1 more element, at the end.
    assert lower(use).params[:12] == (3, 6, 2, 2, 0, 0, 1, 1, 1, 1, -128, 127)
    assert macs_of(use) == 2 * 2 * 3 * 3 * 2 * 5


def test_a_product_of_matrices(tmp_path: Path) -> None:
    use = use_of(tmp_path, "BATCH_MATMUL", [(4, 2, 3), (5, 4)], (4, 3, 5), adj_x=True, adj_y=True)
    with pytest.raises(BadModel, match="the shapes are not those of a product of matrices"):
        lower(use)
    use = use_of(tmp_path, "BATCH_MATMUL", [(4, 2, 3), (5, 2)], (4, 3, 5), adj_x=True, adj_y=True)
    assert lower(use).params == (0, 0, 0, 2**30, 0, -128, 127, 1, 1)
    assert macs_of(use) == 4 * 3 * 5 * 2
