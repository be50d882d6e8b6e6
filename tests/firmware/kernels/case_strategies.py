"""Random operators for hypothesis: shapes and scales are drawn, the contents come from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from operator_cases import Codes, OperatorCase, add, conv_2d, fully_connected, pool_2d, softmax

ACTIVATIONS = st.sampled_from(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
PADDINGS = st.sampled_from(["SAME", "VALID"])
SIZES = st.integers(1, 9)
# Beyond the 16 lanes of a vector, and not only whole vectors.
WIDE = st.integers(1, 40)
ZEROS = st.integers(-128, 127)
# Powers of two make exact ties, where one rounding tells from another.
SCALES = st.one_of(
    st.floats(2**-9, 0.5, width=32), st.integers(-9, -1).map(lambda exponent: 2.0**exponent)
)


def _is_uneven(scale: float) -> bool:
    numerator, _ = float(scale).as_integer_ratio()
    return numerator > 2**16


# Off powers of two, so that no product is an exact tie.
_UNEVEN = st.floats(2**-7, 0.25, width=32).map(lambda s: s if _is_uneven(s) else 0.0123)


def codes(rng: np.random.Generator, *shape: int) -> NDArray[np.int8]:
    """Any int8 values."""
    return rng.integers(-128, 128, shape).astype(np.int8)


def _rng(draw: Any) -> np.random.Generator:
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


def _weight_scales(draw: Any, channels: int) -> list[float]:
    per_channel = draw(st.booleans())
    return [draw(SCALES) for _ in range(channels if per_channel else 1)]


def _output_scale(draw: Any, x: float, weights: list[float], taps: int) -> float:
    """A scale that spreads the outputs over their range, now and then much too small."""
    spread = x * max(weights) * taps**0.5 * 59.3
    return float(np.float32(spread * 2.0 ** draw(st.integers(-8, 1))))


def _filter_size(draw: Any, size: int, dilation: int, padding: str) -> int:
    largest = (size - 1) // dilation + 1 if padding == "VALID" else 5
    return int(draw(st.integers(1, largest)))


@st.composite
def convolutions(
    draw: Any, *, depthwise: bool, depths: st.SearchStrategy[int] = SIZES
) -> OperatorCase:
    """CONV_2D or DEPTHWISE_CONV_2D of all strides, dilations, batches and paddings."""
    rng, padding = _rng(draw), draw(PADDINGS)
    height, width, channels_in = draw(SIZES), draw(SIZES), draw(depths)
    multiplier = draw(st.integers(1, 5)) if depthwise else None
    channels = channels_in * multiplier if multiplier else draw(depths)
    dilated = draw(st.booleans())
    dilation = (draw(st.integers(1, 3)), draw(st.integers(1, 3))) if dilated else (1, 1)
    # LiteRT refuses a stride together with a dilation, and unequal strides of a depthwise one.
    stride_h = 1 if dilated else draw(st.integers(1, 3))
    stride = (stride_h, stride_h if depthwise or dilated else draw(st.integers(1, 3)))
    size = [
        _filter_size(draw, n, d, padding) for n, d in zip((height, width), dilation, strict=True)
    ]
    if depthwise and padding == "SAME" and draw(st.booleans()):
        size = [3, 3]  # CMSIS-NN has a kernel for it
    shape = (1, *size, channels) if depthwise else (channels, *size, channels_in)
    x = Codes(
        codes(rng, draw(st.integers(1, 2)), height, width, channels_in), draw(SCALES), draw(ZEROS)
    )
    scales = _weight_scales(draw, channels)
    taps = size[0] * size[1] * (1 if depthwise else channels_in)
    bias = rng.integers(-20000, 20000, channels).astype(np.int32) if draw(st.booleans()) else None
    y = (_output_scale(draw, x.scale, scales, taps), draw(ZEROS))
    return conv_2d(
        x, codes(rng, *shape), scales, bias, y, stride=stride, dilation=dilation, padding=padding,
        activation=draw(ACTIVATIONS), depth_multiplier=multiplier,
    )  # fmt: skip


@st.composite
def row_convolutions(draw: Any) -> OperatorCase:
    """CONV_2D along one row, for which CMSIS-NN has a kernel."""
    rng, padding = _rng(draw), draw(PADDINGS)
    width, filter_width = draw(st.integers(1, 24)), draw(st.integers(2, 9))
    channels_in, channels = 4 * draw(st.integers(1, 6)), draw(WIDE)
    if padding == "VALID":
        width = max(width, filter_width)
    x = Codes(codes(rng, draw(st.integers(1, 2)), 1, width, channels_in), draw(SCALES), draw(ZEROS))
    scales = _weight_scales(draw, channels)
    bias = rng.integers(-20000, 20000, channels).astype(np.int32) if draw(st.booleans()) else None
    y = (_output_scale(draw, x.scale, scales, filter_width * channels_in), draw(ZEROS))
    return conv_2d(
        x, codes(rng, channels, 1, filter_width, channels_in), scales, bias, y,
        stride=(1, draw(st.integers(1, 5))), dilation=(1, 1), padding=padding,
        activation=draw(ACTIVATIONS), depth_multiplier=None,
    )  # fmt: skip


@st.composite
def dense(draw: Any, *, power_of_two: bool) -> OperatorCase:
    """FULLY_CONNECTED: batches, per-tensor and per-channel weights, inputs of rank 2 to 4."""
    rng = _rng(draw)
    depth, channels, batch = draw(st.integers(1, 70)), draw(SIZES), draw(st.integers(1, 3))
    shape = (batch, depth)
    keep_num_dims = draw(st.booleans())
    if keep_num_dims:
        shape = (1, draw(st.integers(1, 2)), *shape)[-draw(st.integers(2, 4)) :]
    exact = st.integers(-9, -1).map(lambda exponent: 2.0**exponent)
    scale = exact if power_of_two else _UNEVEN
    x = Codes(codes(rng, *shape), draw(scale), draw(ZEROS))
    scales = [draw(scale) for _ in range(channels if draw(st.booleans()) else 1)]
    bias = rng.integers(-20000, 20000, channels).astype(np.int32) if draw(st.booleans()) else None
    y_scale = _output_scale(draw, x.scale, scales, depth)
    if power_of_two:
        y_scale = 2.0 ** np.floor(np.log2(y_scale))
    return fully_connected(
        x, codes(rng, channels, depth), scales, bias, (float(y_scale), draw(ZEROS)),
        activation=draw(ACTIVATIONS), keep_num_dims=keep_num_dims,
    )  # fmt: skip


@st.composite
def fine_dense(draw: Any) -> OperatorCase:
    """FULLY_CONNECTED of small sums and scales near 1, where rounding twice shows often."""
    rng, zero = _rng(draw), draw(st.integers(-100, 100))
    depth, channels = draw(st.integers(1, 12)), draw(st.integers(4, 40))
    x = Codes((zero + rng.integers(-4, 5, (2, depth))).astype(np.int8), draw(_UNEVEN), zero)
    weights = rng.integers(-3, 4, (channels, depth)).astype(np.int8)
    scales = [draw(_UNEVEN) for _ in range(channels if draw(st.booleans()) else 1)]
    bias = rng.integers(-40, 41, channels).astype(np.int32)
    y_scale = x.scale * max(scales) * draw(st.floats(1.2, 9))
    return fully_connected(x, weights, scales, bias, (float(np.float32(y_scale)), draw(ZEROS)))


@st.composite
def pools(draw: Any, kind: str, depths: st.SearchStrategy[int] = SIZES) -> OperatorCase:
    """AVERAGE_POOL_2D or MAX_POOL_2D."""
    rng, padding = _rng(draw), draw(PADDINGS)
    height, width, channels = draw(SIZES), draw(SIZES), draw(depths)
    size = (_filter_size(draw, height, 1, padding), _filter_size(draw, width, 1, padding))
    x = Codes(
        codes(rng, draw(st.integers(1, 2)), height, width, channels), draw(SCALES), draw(ZEROS)
    )
    stride = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    return pool_2d(kind, x, size, stride=stride, padding=padding, activation=draw(ACTIVATIONS))


@st.composite
def additions(draw: Any) -> OperatorCase:
    """ADD of two tensors of one shape and scales of their own."""
    rng = _rng(draw)
    shape = (1, draw(SIZES), draw(SIZES), draw(SIZES))
    a = Codes(codes(rng, *shape), draw(SCALES), draw(ZEROS))
    b = Codes(codes(rng, *shape), draw(SCALES), draw(ZEROS))
    y_scale = max(a.scale, b.scale) * draw(st.sampled_from([0.25, 0.5, 0.9, 1.0, 1.7, 2.0, 4.0]))
    return add(a, b, (float(np.float32(y_scale)), draw(ZEROS)), activation=draw(ACTIVATIONS))


@st.composite
def softmaxes(draw: Any) -> OperatorCase:
    """SOFTMAX of several rows, inputs spread out or close to each other."""
    rng = _rng(draw)
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 60)))
    q = codes(rng, *shape)
    if draw(st.booleans()):
        q = (q // 32).astype(np.int8)
    scale = draw(st.one_of(SCALES, st.floats(2**-13, 4.0, width=32)))
    return softmax(Codes(q, scale, draw(ZEROS)), beta=draw(st.sampled_from([0.5, 1.0, 2.0])))
