"""Operators to image parameters: every number here is worked out by hand from the model's."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import small_models as small

from harness.model import compile_image, decode_image
from harness.model.decode import DecodedImage, DecodedOperator

Q = 1 << 30  # the multiplier of every power of two


def compiled(content: bytes, folder: Path) -> tuple[DecodedImage, DecodedOperator]:
    image = decode_image(compile_image(small.network_of(content, folder)).data)
    (operator,) = image.operators
    return image, operator


def test_conv_2d(tmp_path: Path) -> None:
    content = small.conv_2d(
        x_shape=(1, 7, 6, 2),
        y_shape=(1, 4, 6, 3),
        stride_h=2,
        dilation_w_factor=2,
        fused_activation_function="RELU6",
    )
    image, conv = compiled(content, tmp_path)
    assert conv.opcode == 3
    # Rows: 3 * 2 + 3 - 7 = 2 missing; columns reach over 5: 5 + 5 - 6 = 4 missing.
    # RELU6 with scale 1 and zero point 2: 0 at 2, 6 at 8.
    assert conv.params[:10] == (1, 2, 1, 2, 2, 1, 2, 1, 2, 8)
    # 0.5 * (1/4, 1/2, 1) / 1 = 1/8, 1/4, 1/2
    assert image.words(conv.params[10], 3) == (Q, Q, Q)
    assert image.words(conv.params[11], 3) == (-2, -1, 0)
    assert len(conv.params) == 12
    x, w, b = (image.tensors[i] for i in conv.inputs if i is not None)
    assert (x.dims, x.dtype, x.in_arena) == ((1, 7, 6, 2), 9, True)
    assert (w.dims, w.dtype, w.data) == ((3, 3, 3, 2), 9, b"\1" * 54)
    assert (b.dims, b.dtype, b.data) == ((1, 1, 1, 3), 2, np.arange(3, dtype="<i4").tobytes())
    (y,) = (image.tensors[i] for i in conv.outputs)
    assert (y.dims, y.nbytes, y.in_arena) == ((1, 4, 6, 3), 72, True)


def test_conv_2d_with_one_scale_has_it_for_each_channel(tmp_path: Path) -> None:
    image, conv = compiled(small.conv_2d(filter_scales=0.25), tmp_path)
    assert image.words(conv.params[10], 3) == (Q, Q, Q)
    assert image.words(conv.params[11], 3) == (-2, -2, -2)


def test_conv_2d_valid(tmp_path: Path) -> None:
    _, conv = compiled(small.conv_2d(y_shape=(1, 2, 2, 3), padding="VALID"), tmp_path)
    assert conv.params[:10] == (1, 2, 1, 1, 0, 0, 1, 1, -128, 127)


def test_a_bias_with_a_foreign_axis_is_taken(tmp_path: Path) -> None:
    """TensorFlow Lite Micro's person_detect gives its biases the axis of its weights, 3."""
    _, conv = compiled(small.conv_2d(bias_axis=3), tmp_path)
    assert None not in conv.inputs


def test_depthwise_conv_2d(tmp_path: Path) -> None:
    content = small.conv_2d(
        kind="DEPTHWISE_CONV_2D",
        f_shape=(1, 3, 2, 4),
        y_shape=(1, 4, 4, 4),
        filter_scales=(0.25, 0.5, 1.0, 3.0),
        axis=3,
        depth_multiplier=2,
        fused_activation_function="RELU",
    )
    image, depthwise = compiled(content, tmp_path)
    assert depthwise.opcode == 4
    # 2 channels to 4; a filter of width 2 misses one column, which comes after the input.
    assert depthwise.params[:11] == (1, 2, 2, 1, 1, 0, 1, 1, 1, 2, 127)
    assert image.words(depthwise.params[11], 4) == (Q, Q, Q, 3 << 29)  # 0.5 * 3 = 0.75 * 2
    assert image.words(depthwise.params[12], 4) == (-2, -1, 0, 1)
    assert len(depthwise.params) == 13
    assert image.tensors[depthwise.inputs[1] or 0].dims == (1, 3, 2, 4)


def test_fully_connected(tmp_path: Path) -> None:
    image, fc = compiled(small.dense(x_shape=(2, 4), y_shape=(2, 3), zero_point=-5), tmp_path)
    assert fc.opcode == 9
    assert fc.params[:6] == (1, 5, 2, -128, 127, 0)
    assert image.words(fc.params[6], 1) == (Q,)
    assert image.words(fc.params[7], 1) == (-2,)
    w, depth = image.tensors[fc.inputs[1] or 0], 4
    weights = np.frombuffer(image.data[w.offset : w.offset + w.nbytes], np.int8)
    sums = [sum(int(v) for v in weights[n : n + depth]) for n in range(0, len(weights), depth)]
    assert image.words(fc.params[8], 3) == tuple(sums)
    assert len(fc.params) == 9
    x, w, b = (image.tensors[i] for i in fc.inputs if i is not None)
    assert (x.dims, w.dims, b.dims) == ((2, 1, 1, 4), (4, 1, 1, 3), (1, 1, 1, 3))


def test_fully_connected_multiplies_its_scales_in_double_precision(tmp_path: Path) -> None:
    """Which precision LiteRT takes is tried in test_model_execution.py."""
    content = small.dense(x_quantization=(0.1, 0), scales=0.3, y_quantization=(0.7, 0))
    image, fc = compiled(content, tmp_path)
    x, w, y = (Fraction(float(np.float32(value))) for value in (0.1, 0.3, 0.7))
    exact = x * w / y * 16 * 2**31  # 0.03 / 0.7 = 0.686 / 16
    assert image.words(fc.params[7], 1) == (-4,)
    assert image.words(fc.params[6], 1) == (round(exact),)
    single = Fraction(float(np.float32(0.1) * np.float32(0.3))) / y * 16 * 2**31
    assert round(single) != round(exact)


def test_fully_connected_per_channel(tmp_path: Path) -> None:
    image, fc = compiled(small.dense(scales=(0.25, 0.5, 1.0)), tmp_path)
    assert fc.params[:6] == (1, 0, 2, -128, 127, 1)
    assert image.words(fc.params[7], 3) == (-2, -1, 0)


def test_fully_connected_of_a_batch_and_a_missing_bias(tmp_path: Path) -> None:
    model = small.TfliteModel()
    x = model.tensor((2, 3, 4), "int8", 0.5, 0)
    w = model.tensor((5, 4), "int8", 0.5, 0, np.ones((5, 4), np.int8))
    y = model.tensor((2, 3, 5), "int8", 0.5, 0)
    model.operator("FULLY_CONNECTED", [x, w, -1], [y], keep_num_dims=True)
    image, fc = compiled(model.build([x], [y]), tmp_path)
    assert fc.inputs[2] is None
    assert image.tensors[fc.outputs[0]].dims == (1, 2, 3, 5)


@pytest.mark.parametrize(("kind", "opcode"), [("AVERAGE_POOL_2D", 1), ("MAX_POOL_2D", 17)])
def test_pools(kind: str, opcode: int, tmp_path: Path) -> None:
    content = small.pool(
        kind,
        x_shape=(1, 5, 4, 2),
        y_shape=(1, 3, 4, 2),
        stride_w=1,
        filter_width=3,
        padding="SAME",
        fused_activation_function="RELU_N1_TO_1",
    )
    _, pool = compiled(content, tmp_path)
    # -1 and 1 with scale 0.5 are two steps from the zero point 3; rows miss one, behind.
    assert (pool.opcode, pool.params) == (opcode, (1, 2, 1, 0, 1, 5, 3, 2))


def test_add(tmp_path: Path) -> None:
    _, add = compiled(small.add(), tmp_path)
    assert add.opcode == 0
    # Twice the larger scale is 1: inputs enter with 1/2 and 1/4, the sum leaves with 1 / 2^20.
    assert add.params == (-1, Q, 0, -2, Q, -1, 20, 3, Q, -19, -128, 127)


def test_add_scales_that_are_no_powers_of_two(tmp_path: Path) -> None:
    _, add = compiled(small.add(a=(3.0, 0), b=(1.0, 0), y=(4.0, 0)), tmp_path)
    # 1 / 6 = 2/3 * 2^-2; 6 / (2^20 * 4) = 0.75 * 2^-19
    assert add.params[1:3] == (Q, 0)
    assert add.params[4:6] == (1431655765, -2)
    assert add.params[8:10] == (3 << 29, -19)


def test_reshape_takes_one_input_and_the_place_of_it(tmp_path: Path) -> None:
    image, reshape = compiled(small.reshape(), tmp_path)
    assert (reshape.opcode, reshape.params, len(reshape.inputs)) == (22, (), 1)
    before, after = image.tensors[reshape.inputs[0] or 0], image.tensors[reshape.outputs[0]]
    assert before.offset == after.offset
    assert (before.dims, after.dims) == ((1, 2, 3, 4), (1, 1, 1, 24))
    assert len(image.tensors) == 2  # the constant shape stays behind
    assert image.arena_bytes == 32


def test_softmax(tmp_path: Path) -> None:
    _, softmax = compiled(small.softmax(), tmp_path)
    # 0.125 in Q5.26 is 2^23 = 0.5 * 2^24; differences matter up to 31 * 2^26 / 2^24 = 124.
    assert (softmax.opcode, softmax.params) == (25, (Q, 24, -124, 2, 5))


def test_softmax_with_beta(tmp_path: Path) -> None:
    _, softmax = compiled(small.softmax(scale=0.1, beta=0.5), tmp_path)
    # 0.05 * 2^26 = 0.8 * 2^22 (0.1 is not exact in single precision: 0.10000000149)
    assert softmax.params == (1717986944, 22, -496, 2, 5)


def test_softmax_saturates_a_huge_scale(tmp_path: Path) -> None:
    _, softmax = compiled(small.softmax(scale=64.0), tmp_path)
    assert softmax.params[:3] == (2**31 - 1, 31, 0)


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "bounds"),
    [
        ("NONE", 0.5, 3, (-128, 127)),
        ("RELU", 0.5, -200 + 72, (-128, 127)),
        ("RELU", 0.5, 3, (3, 127)),
        ("RELU6", 0.5, 3, (3, 15)),
        ("RELU6", 0.01, 3, (3, 127)),
        ("RELU6", 2.4, 0, (0, 3)),  # 6 / 2.4 = 2.5 rounds away from zero
        ("RELU_N1_TO_1", 0.4, 0, (-3, 3)),  # 2.5 again, on both sides
        ("RELU_N1_TO_1", 1e-38, 5, (-128, 127)),
    ],
)
def test_activation_bounds(
    activation: str, scale: float, zero_point: int, bounds: tuple[int, int], tmp_path: Path
) -> None:
    content = small.pool(
        "MAX_POOL_2D",
        x_quantization=(scale, zero_point),
        y_quantization=(scale, zero_point),
        fused_activation_function=activation,
    )
    assert compiled(content, tmp_path)[1].params[4:6] == bounds


@pytest.mark.parametrize(
    ("shape", "dims"),
    [
        ((2, 3, 4, 5), (2, 3, 4, 5)),
        ((3, 4, 5), (1, 3, 4, 5)),
        ((4, 5), (4, 1, 1, 5)),
        ((5,), (1, 1, 1, 5)),
        ((), (1, 1, 1, 1)),
    ],
)
def test_shapes_to_dims(shape: tuple[int, ...], dims: tuple[int, ...], tmp_path: Path) -> None:
    image, add = compiled(small.add(shape=shape), tmp_path)
    assert image.tensors[add.outputs[0]].dims == dims


@pytest.mark.parametrize(
    ("content", "macs"),
    [
        (small.conv_2d(), 4 * 4 * 3 * 3 * 3 * 2),
        (
            small.conv_2d(
                kind="DEPTHWISE_CONV_2D",
                f_shape=(1, 3, 2, 4),
                y_shape=(1, 4, 4, 4),
                filter_scales=0.5,
            ),
            4 * 4 * 4 * 3 * 2,
        ),
        (small.dense(x_shape=(2, 4), y_shape=(2, 3)), 2 * 3 * 4),
        (small.pool("AVERAGE_POOL_2D"), 0),
        (small.pool("MAX_POOL_2D"), 0),
        (small.add(), 0),
        (small.reshape(), 0),
        (small.softmax(), 0),
    ],
)
def test_macs(content: bytes, macs: int, tmp_path: Path) -> None:
    image = compile_image(small.network_of(content, tmp_path))
    assert image.macs == image.operators[0].macs == macs
