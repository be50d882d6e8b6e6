"""Images computed in plain integers give what LiteRT's reference kernels give, on random models."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_models as small
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from image_interpreter import run

from harness.domain.network import Network
from harness.errors import UnsupportedOperator
from harness.model import HostReference, compile_image, decode_image, read_tflite
from harness.model.requantization import quantize_multiplier
from harness.model.window import SAME, VALID, slide

ACTIVATIONS = st.sampled_from(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
SCALES = st.floats(2**-8, 2.0, width=32)
ZEROS = st.integers(-128, 127)
SOFTMAX = 25
RUNS = settings(max_examples=40, deadline=None)


def compare(content: bytes, seed: int, scratch: int = 0) -> None:
    """Every operator's output equal (SOFTMAX: within a step), for three random inputs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(content)
        network = read_tflite(path)
        try:
            image = compile_image(network, scratch=[scratch] * len(network.operators))
        except UnsupportedOperator:
            assume(False)
        compare_all(network, image.data, HostReference(path), seed)


def compare_all(network: Network, data: bytes, reference: HostReference, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = network.tensors[network.inputs[0]].shape
    decoded = decode_image(data)
    for _ in range(3):
        value = rng.integers(-128, 128, shape).astype(np.int8)
        expected = reference.tensors(value)
        for operator, out in zip(network.operators, run(decoded, value), strict=True):
            want = expected[operator.outputs[0]].astype(int).ravel()
            step = 1 if operator.opcode == SOFTMAX else 0
            assert np.abs(out.astype(int).ravel() - want).max() <= step, operator.name


def random_filters(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).integers(-127, 128, shape)


@st.composite
def convolutions(draw: st.DrawFn, kind: str) -> tuple[bytes, int]:
    seed = draw(st.integers(0, 2**32))
    h, w = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    fh, fw = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    strides = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilations = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    padding = draw(st.sampled_from([SAME, VALID]))
    rows = slide(h, fh, strides[0], dilations[0], padding).output
    columns = slide(w, fw, strides[1], dilations[1], padding).output
    assume(rows > 0 and columns > 0)
    batch, inputs = draw(st.integers(1, 2)), draw(st.integers(1, 5))
    multiplier = draw(st.integers(1, 3))
    depthwise = kind == "DEPTHWISE_CONV_2D"
    outputs = inputs * multiplier if depthwise else draw(st.integers(1, 6))
    f_shape = (1, fh, fw, outputs) if depthwise else (outputs, fh, fw, inputs)
    per_channel = draw(st.booleans())
    scales = draw(st.lists(SCALES, min_size=outputs, max_size=outputs)) if per_channel else [0.02]
    content = small.conv_2d(
        kind=kind,
        x_shape=(batch, h, w, inputs),
        f_shape=f_shape,
        y_shape=(batch, rows, columns, outputs),
        x_quantization=(draw(SCALES), draw(ZEROS)),
        y_quantization=(draw(SCALES), draw(ZEROS)),
        filter_scales=scales,
        axis=3 if depthwise else 0,
        filters=random_filters(f_shape, seed),
        bias=np.random.default_rng(seed).integers(-(2**15), 2**15, outputs),
        padding=padding,
        stride_h=strides[0],
        stride_w=strides[1],
        dilation_h_factor=dilations[0],
        dilation_w_factor=dilations[1],
        fused_activation_function=draw(ACTIVATIONS),
        **({"depth_multiplier": multiplier} if depthwise else {}),
    )
    return content, seed


@RUNS
@given(convolutions("CONV_2D"))
def test_conv_2d(case: tuple[bytes, int]) -> None:
    compare(*case, scratch=40)


@RUNS
@given(convolutions("DEPTHWISE_CONV_2D"))
def test_depthwise_conv_2d(case: tuple[bytes, int]) -> None:
    compare(*case)


@RUNS
@given(
    rows=st.integers(1, 3),
    sizes=st.tuples(st.integers(1, 40), st.integers(1, 9)),
    x=st.tuples(SCALES, ZEROS),
    y=st.tuples(SCALES, ZEROS),
    per_channel=st.booleans(),
    activation=ACTIVATIONS,
    seed=st.integers(0, 2**32),
)
def test_fully_connected(
    rows: int,
    sizes: tuple[int, int],
    x: tuple[float, int],
    y: tuple[float, int],
    per_channel: bool,
    activation: str,
    seed: int,
) -> None:
    depth, outputs = sizes
    rng = np.random.default_rng(seed)
    content = small.dense(
        x_shape=(rows, depth),
        w_shape=(outputs, depth),
        y_shape=(rows, outputs),
        x_quantization=x,
        y_quantization=y,
        scales=rng.uniform(0.01, 0.5, outputs) if per_channel else float(rng.uniform(0.01, 0.5)),
        weights=rng.integers(-127, 128, (outputs, depth)),
        bias=rng.integers(-(2**15), 2**15, outputs),
        fused_activation_function=activation,
    )
    compare(content, seed)


@RUNS
@given(
    kind=st.sampled_from(["AVERAGE_POOL_2D", "MAX_POOL_2D"]),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    window=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    strides=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.sampled_from([SAME, VALID]),
    quantization=st.tuples(SCALES, ZEROS),
    activation=ACTIVATIONS,
    seed=st.integers(0, 2**32),
)
def test_pools(
    kind: str,
    size: tuple[int, int],
    window: tuple[int, int],
    strides: tuple[int, int],
    padding: int,
    quantization: tuple[float, int],
    activation: str,
    seed: int,
) -> None:
    rows, columns = (slide(size[i], window[i], strides[i], 1, padding).output for i in range(2))
    assume(rows > 0 and columns > 0)
    content = small.pool(
        kind,
        x_shape=(2, *size, 3),
        y_shape=(2, rows, columns, 3),
        x_quantization=quantization,
        y_quantization=quantization,
        padding=padding,
        stride_h=strides[0],
        stride_w=strides[1],
        filter_height=window[0],
        filter_width=window[1],
        fused_activation_function=activation,
    )
    compare(content, seed)


@RUNS
@given(
    a=st.tuples(SCALES, ZEROS),
    b=st.tuples(SCALES, ZEROS),
    y=st.tuples(SCALES, ZEROS),
    activation=ACTIVATIONS,
    seed=st.integers(0, 2**32),
)
def test_add(
    a: tuple[float, int], b: tuple[float, int], y: tuple[float, int], activation: str, seed: int
) -> None:
    data = np.random.default_rng(seed).integers(-128, 128, (1, 50))
    content = small.add(
        a=a, b=b, y=y, shape=(1, 50), b_data=data, fused_activation_function=activation
    )
    compare(content, seed)


@RUNS
@given(
    scale=st.floats(2**-20, 3.0, width=32),
    beta=st.sampled_from([0.5, 1.0, 2.0]),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 30)),
    seed=st.integers(0, 2**32),
)
def test_softmax(scale: float, beta: float, shape: tuple[int, int], seed: int) -> None:
    compare(small.softmax(scale, beta, shape), seed)


@pytest.mark.parametrize("content", [small.chain(), small.reshape()])
def test_whole_models(content: bytes) -> None:
    compare(content, seed=3, scratch=24)


def test_litert_multiplies_the_scales_of_fully_connected_in_double_precision() -> None:
    """Sums for which single and double precision round apart: LiteRT is on the image's side.

    LiteRT's own kernel works in floating point; sums that tell it from 31-bit multipliers are rarer
    still (some in a hundred million), and are left out.
    """
    x_scale, w_scale, y_scale = (np.float32(value) for value in (0.7, 0.013, 1e5))
    single = float(np.float32(x_scale * w_scale)) / float(y_scale)
    double = float(x_scale) * float(w_scale) / float(y_scale)
    sums = np.arange(1, 2**30, 101, dtype=np.int64)
    rounded = []
    for real in (single, double):
        multiplier, shift = quantize_multiplier(real)
        rounded.append((sums * multiplier + (1 << (30 - shift))) >> (31 - shift))
    in_single, in_double = rounded
    exact = np.floor(sums * double + 0.5).astype(np.int64)
    apart = (in_single != in_double) & (in_double == exact)
    biases, want = sums[apart], in_double[apart]
    assert len(biases) >= 5
    content = small.dense(
        x_shape=(1, 1),
        w_shape=(len(biases), 1),
        y_shape=(1, len(biases)),
        x_quantization=(float(x_scale), 0),
        y_quantization=(float(y_scale), 0),
        scales=float(w_scale),
        bias=biases,
    )
    zero = np.zeros((1, 1), np.int8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(content)
        outputs = HostReference(path).outputs(zero)
        image = decode_image(compile_image(read_tflite(path)).data)
    assert outputs.ravel().tolist() == want.tolist()
    assert run(image, zero)[0].ravel().tolist() == want.tolist()
