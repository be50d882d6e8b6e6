"""Random networks of operators in types other than int8, and of those with several outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from builders.tflite_builder import TfliteModel
from builders.typed_operator import TypedOperator, codes
from hypothesis import strategies as st

SIZES = st.integers(1, 7)
SCALES = st.floats(2**-9, 0.5, width=32)
ACTIVATIONS = st.sampled_from(["NONE", "RELU", "RELU6"])
ZEROS = {"int8": st.integers(-128, 127), "int16": st.just(0), "uint8": st.integers(0, 255)}
KINDS = {
    "int16": ("int16", "int8", "int64"),
    "uint8": ("uint8", "uint8", "int32"),
    "int4": ("int8", "int4", "int32"),
}


def _rng(draw: Any) -> np.random.Generator:
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


def _device_codes(rng: np.random.Generator, dtype: str, shape: Any) -> Any:
    return codes(rng, "int8" if dtype == "uint8" else dtype, shape)


@st.composite
def weighted(draw: Any, name: str, kind: str) -> TypedOperator:
    """CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED."""
    rng, (activation, weight, bias) = _rng(draw), KINDS[kind]
    model, options = TfliteModel(), {"fused_activation_function": draw(ACTIVATIONS)}
    size, depth, channels = (draw(SIZES), draw(SIZES)), draw(SIZES), draw(SIZES)
    taps = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    if name == "FULLY_CONNECTED":
        depth = draw(st.integers(1, 70))
        x_shape, w_shape = (draw(SIZES), depth), (channels, depth)
        y_shape, axis, count = (x_shape[0], channels), 0, depth
    else:
        x_shape, y_shape = (1, *size, depth), (1, *size, channels)
        w_shape, axis, count = (channels, *taps, depth), 0, taps[0] * taps[1] * depth
        options |= {"padding": "SAME", "stride_w": 1, "stride_h": 1}
        if name == "DEPTHWISE_CONV_2D":
            multiplier = draw(st.integers(1, 2))
            if kind == "int4" and multiplier > 1:  # else CMSIS-NN's kernel is refused
                depth += depth % 2
                x_shape = (1, *size, depth)
            channels = depth * multiplier
            y_shape, w_shape = (1, *size, channels), (1, *taps, channels)
            axis, count = 3, taps[0] * taps[1]
            options["depth_multiplier"] = multiplier
    x_scale, many = draw(SCALES), draw(st.booleans()) and kind != "uint8"
    if kind == "int4" and name == "FULLY_CONNECTED":
        many = False
    scales = [draw(SCALES) for _ in range(channels if many else 1)]
    spread = 59 if activation != "int16" else 2000
    y_scale = np.float32(
        x_scale * max(scales) * count**0.5 * spread * 2.0 ** draw(st.floats(-3, 3))
    )
    x_zero, y_zero = draw(ZEROS[activation]), draw(ZEROS[activation])
    x = model.tensor(x_shape, activation, x_scale, x_zero, name="x")
    span = (-8, 8) if weight == "int4" else (0, 256) if weight == "uint8" else (-127, 128)
    zero = draw(ZEROS["uint8"]) if weight == "uint8" else 0
    w = model.tensor(w_shape, weight, scales, zero, rng.integers(*span, w_shape), axis, name="w")
    b_scales = [np.float32(x_scale) * np.float32(scale) for scale in scales]
    b = model.tensor((channels,), bias, b_scales, 0, rng.integers(-9999, 9999, channels), name="b")
    y = model.tensor(y_shape, activation, y_scale, y_zero, name="y")
    version = {"CONV_2D": 7, "DEPTHWISE_CONV_2D": 6}.get(name, 4) if weight == "int4" else 4
    model.operator(name, [x, w, b], [y], version=version, **options)
    return TypedOperator(model.build([x], [y]), [_device_codes(rng, activation, x_shape)])


@st.composite
def pools(draw: Any, name: str, dtype: str) -> TypedOperator:
    """AVERAGE_POOL_2D or MAX_POOL_2D."""
    rng, model = _rng(draw), TfliteModel()
    shape = (1, draw(SIZES), draw(SIZES), draw(SIZES))
    scale, zero = draw(SCALES), draw(ZEROS[dtype])
    x, y = (model.tensor(shape, dtype, scale, zero, name=one) for one in "xy")
    window = {"filter_width": draw(st.integers(1, 4)), "filter_height": draw(st.integers(1, 4))}
    model.operator(
        name, [x], [y], padding="SAME", stride_w=1, stride_h=1, **window,
        fused_activation_function=draw(ACTIVATIONS),
    )  # fmt: skip
    return TypedOperator(model.build([x], [y]), [_device_codes(rng, dtype, shape)])


@st.composite
def softmaxes(draw: Any) -> TypedOperator:
    """SOFTMAX of int16."""
    rng, model = _rng(draw), TfliteModel()
    shape = (draw(SIZES), draw(st.integers(1, 40)))
    x = model.tensor(shape, "int16", draw(st.floats(2**-16, 2**-6, width=32)), name="x")
    y = model.tensor(shape, "int16", 1 / 32768, 0, name="y")
    model.operator("SOFTMAX", [x], [y], beta=draw(st.sampled_from([0.5, 1.0])))
    return TypedOperator(model.build([x], [y]), [codes(rng, "int16", shape)])


@st.composite
def sums(draw: Any, name: str, dtype: str) -> TypedOperator:
    """ADD or MUL of tensors of one shape."""
    rng, model = _rng(draw), TfliteModel()
    shape = (draw(SIZES), draw(SIZES))
    scales = [float(np.float32(draw(SCALES) * 0.777)) for _ in range(2)]
    scale = (max(scales) if name == "ADD" else scales[0] * scales[1] * 3000) * draw(
        st.floats(0.6, 3)
    )
    inputs = [
        model.tensor(shape, dtype, one, draw(ZEROS[dtype]), name=f"x{i}")
        for i, one in enumerate(scales)
    ]
    y = model.tensor(shape, dtype, float(np.float32(scale)), draw(ZEROS[dtype]), name="y")
    more = {"pot_scale_int16": False} if name == "ADD" else {}
    model.operator(name, inputs, [y], fused_activation_function=draw(ACTIVATIONS), **more)
    return TypedOperator(
        model.build(inputs, [y]), [_device_codes(rng, dtype, shape) for _ in range(2)]
    )


@st.composite
def quantizations(draw: Any, first: str, last: str) -> TypedOperator:
    """QUANTIZE between integers."""
    rng, model = _rng(draw), TfliteModel()
    shape = (draw(SIZES), draw(st.integers(1, 99)))
    scale = draw(SCALES)
    x = model.tensor(shape, first, scale, draw(ZEROS[first]), name="x")
    y_scale = float(np.float32(scale * 2.0 ** draw(st.floats(-4, 4))))
    y = model.tensor(shape, last, y_scale, draw(ZEROS[last]), name="y")
    model.operator("QUANTIZE", [x], [y])
    return TypedOperator(model.build([x], [y]), [codes(rng, first, shape)])


@st.composite
def parts(draw: Any, name: str, dtype: str) -> TypedOperator:
    """SPLIT, SPLIT_V, UNPACK or PACK."""
    rng, model = _rng(draw), TfliteModel()
    shape = [draw(SIZES) for _ in range(draw(st.integers(1, 3)))]
    axis, count = draw(st.integers(0, len(shape) - 1)), draw(st.integers(1, 4))
    quantization = (0.5, 0 if dtype == "int16" else 3)
    sizes = [draw(SIZES) if name == "SPLIT_V" else shape[axis] for _ in range(count)]
    if name in ("UNPACK", "PACK"):
        whole = [*shape[:axis], count, *shape[axis:]]
        each = [shape] * count
    else:
        whole = [*shape[:axis], sum(sizes), *shape[axis + 1 :]]
        each = [[*shape[:axis], size, *shape[axis + 1 :]] for size in sizes]
    x = model.tensor(whole, dtype, *quantization, name="x")
    some = [model.tensor(one, dtype, *quantization, name=f"p{i}") for i, one in enumerate(each)]
    at = model.tensor((), "int32", data=np.int32(axis))
    if name == "PACK":
        model.operator(name, some, [x], values_count=count, axis=axis)
        return TypedOperator(model.build(some, [x]), [codes(rng, dtype, one) for one in each])
    if name == "SPLIT":
        model.operator(name, [at, x], some, num_splits=count)
    elif name == "SPLIT_V":
        lengths = model.tensor((count,), "int32", data=sizes)
        model.operator(name, [x, lengths, at], some, num_splits=count)
    else:
        model.operator(name, [x], some, num=count, axis=axis)
    return TypedOperator(model.build([x], some), [codes(rng, dtype, whole)])


@st.composite
def svdfs(draw: Any) -> TypedOperator:
    """SVDF with a state of int16 that holds anything."""
    rng, model = _rng(draw), TfliteModel()
    batches, depth, memory = draw(st.integers(1, 2)), draw(st.integers(1, 20)), draw(SIZES)
    rank, units = draw(st.integers(1, 2)), draw(SIZES)
    filters = rank * units
    x = model.tensor((batches, depth), "int8", draw(SCALES), draw(ZEROS["int8"]), name="x")
    weights = rng.integers(-127, 128, (filters, depth))
    feature = model.tensor((filters, depth), "int8", draw(SCALES), 0, weights, name="f")
    times = rng.integers(-900, 900, (filters, memory))
    time = model.tensor((filters, memory), "int16", draw(SCALES), 0, times, name="t")
    bias = model.tensor((units,), "int32", 0.1, 0, rng.integers(-9999, 9999, units), name="b")
    state = model.tensor(
        (batches, memory * filters), "int16", draw(SCALES) * 8, name="s", variable=True
    )
    y = model.tensor((batches, units), "int8", draw(SCALES) * 2**12, draw(ZEROS["int8"]), name="y")
    model.operator(
        "SVDF", [x, feature, time, bias, state], [y], rank=rank, version=3,
        fused_activation_function="RELU",
    )  # fmt: skip
    before = rng.integers(-3000, 3000, (batches, memory * filters)).astype(np.int16)
    content = model.build([x], [y])
    return TypedOperator(content, [codes(rng, "int8", (batches, depth))], "", ((state, before),))


WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
VARIANTS: dict[str, st.SearchStrategy[TypedOperator]] = {
    **{f"{name} {kind}": weighted(name, kind) for name in WEIGHTED for kind in KINDS},
    **{
        f"{name} {dtype}": pools(name, dtype)
        for name in ("AVERAGE_POOL_2D", "MAX_POOL_2D")
        for dtype in ("int16", "uint8")
    },
    "SOFTMAX int16": softmaxes(),
    **{
        f"{name} {dtype}": sums(name, dtype)
        for name in ("ADD", "MUL")
        for dtype in ("int16", "uint8")
    },
    "QUANTIZE int8": quantizations("int8", "int8"),
    "QUANTIZE int8 to int16": quantizations("int8", "int16"),
    "QUANTIZE int16 to int8": quantizations("int16", "int8"),
    "QUANTIZE int16": quantizations("int16", "int16"),
    **{
        f"{name} {dtype}": parts(name, dtype)
        for name in ("SPLIT", "SPLIT_V", "UNPACK", "PACK")
        for dtype in ("int8", "int16")
    },
    "SVDF int8": svdfs(),
}
