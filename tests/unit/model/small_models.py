"""Small `.tflite` models for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from builders.tflite_builder import TfliteModel

from harness.domain.network import Network
from harness.model import read_tflite

ONES = {"stride_w": 1, "stride_h": 1}


def network_of(content: bytes, folder: Path, name: str = "model.tflite") -> Network:
    path = folder / name
    path.write_bytes(content)
    return read_tflite(path)


def conv_2d(
    *,
    x_shape: Sequence[int] = (1, 4, 4, 2),
    f_shape: Sequence[int] = (3, 3, 3, 2),
    y_shape: Sequence[int] = (1, 4, 4, 3),
    x_quantization: tuple[float, int] = (0.5, -1),
    y_quantization: tuple[float, int] = (1.0, 2),
    filter_scales: float | Sequence[float] = (0.25, 0.5, 1.0),
    filter_zero: int = 0,
    axis: int = 0,
    filters: Any = None,
    bias: Any = None,
    bias_axis: int = 0,
    kind: str = "CONV_2D",
    **options: Any,
) -> bytes:
    """One CONV_2D (or DEPTHWISE_CONV_2D) with constant filters and bias."""
    model = TfliteModel()
    channels = f_shape[0] if kind == "CONV_2D" else f_shape[-1]
    if filters is None:
        filters = np.ones(f_shape, np.int8)
    if bias is None:
        bias = np.arange(channels, dtype=np.int32)
    x = model.tensor(x_shape, "int8", *x_quantization, name="x")
    w = model.tensor(f_shape, "int8", filter_scales, filter_zero, filters, axis, "filters")
    bias_scales = np.float32(x_quantization[0]) * np.asarray(filter_scales, np.float32)
    b = model.tensor((channels,), "int32", bias_scales, 0, bias, bias_axis, "bias")
    y = model.tensor(y_shape, "int8", *y_quantization, name="y")
    model.operator(kind, [x, w, b], [y], **{"padding": "SAME", **ONES, **options})
    return model.build([x], [y])


def dense(
    *,
    x_shape: Sequence[int] = (1, 4),
    w_shape: Sequence[int] = (3, 4),
    y_shape: Sequence[int] = (1, 3),
    x_quantization: tuple[float, int] = (0.5, -1),
    y_quantization: tuple[float, int] = (1.0, 2),
    scales: float | Sequence[float] = 0.25,
    zero_point: int = 0,
    axis: int = 0,
    weights: Any = None,
    bias: Any = None,
    **options: Any,
) -> bytes:
    """One FULLY_CONNECTED with constant weights and bias."""
    model = TfliteModel()
    weights = np.ones(w_shape, np.int8) if weights is None else weights
    bias = np.arange(w_shape[0], dtype=np.int32) if bias is None else bias
    x = model.tensor(x_shape, "int8", *x_quantization, name="x")
    w = model.tensor(w_shape, "int8", scales, zero_point, weights, axis, "weights")
    bias_scales = np.float32(x_quantization[0]) * np.asarray(scales, np.float32)
    b = model.tensor((w_shape[0],), "int32", bias_scales, 0, bias, name="bias")
    y = model.tensor(y_shape, "int8", *y_quantization, name="y")
    model.operator("FULLY_CONNECTED", [x, w, b], [y], **options)
    return model.build([x], [y])


def pool(
    kind: str,
    *,
    x_shape: Sequence[int] = (1, 4, 4, 2),
    y_shape: Sequence[int] = (1, 2, 2, 2),
    x_quantization: tuple[float, int] = (0.5, 3),
    y_quantization: tuple[float, int] = (0.5, 3),
    **options: Any,
) -> bytes:
    """One AVERAGE_POOL_2D or MAX_POOL_2D, 2 x 2 with stride 2 unless told otherwise."""
    model = TfliteModel()
    x = model.tensor(x_shape, "int8", *x_quantization, name="x")
    y = model.tensor(y_shape, "int8", *y_quantization, name="y")
    window = {"stride_w": 2, "stride_h": 2, "filter_width": 2, "filter_height": 2}
    model.operator(kind, [x], [y], **{"padding": "VALID", **window, **options})
    return model.build([x], [y])


def add(
    *,
    a: tuple[float, int] = (0.5, 1),
    b: tuple[float, int] = (0.25, 2),
    y: tuple[float, int] = (1.0, 3),
    shape: Sequence[int] = (1, 4),
    b_data: Any = None,
    b_shape: Sequence[int] | None = None,
    **options: Any,
) -> bytes:
    """One ADD of an input and a constant."""
    model = TfliteModel()
    b_shape = shape if b_shape is None else b_shape
    b_data = (
        np.arange(np.prod(b_shape), dtype=np.int8).reshape(b_shape) if b_data is None else b_data
    )
    first = model.tensor(shape, "int8", *a, name="a")
    second = model.tensor(b_shape, "int8", *b, data=b_data, name="b")
    result = model.tensor(shape, "int8", *y, name="y")
    model.operator("ADD", [first, second], [result], **options)
    return model.build([first], [result])


def reshape(x_shape: Sequence[int] = (1, 2, 3, 4), y_shape: Sequence[int] = (1, 24)) -> bytes:
    """One RESHAPE, with its shape as a second input."""
    model = TfliteModel()
    x = model.tensor(x_shape, "int8", 0.5, 1, name="x")
    shape = model.tensor((len(y_shape),), "int32", data=np.asarray(y_shape, np.int32), name="shape")
    y = model.tensor(y_shape, "int8", 0.5, 1, name="y")
    model.operator("RESHAPE", [x, shape], [y], new_shape=list(y_shape))
    return model.build([x], [y])


def softmax(
    scale: float = 0.125,
    beta: float = 1.0,
    shape: Sequence[int] = (2, 5),
    y: tuple[float, int] = (1 / 256, -128),
) -> bytes:
    """One SOFTMAX."""
    model = TfliteModel()
    x = model.tensor(shape, "int8", scale, 4, name="x")
    out = model.tensor(shape, "int8", *y, name="y")
    model.operator("SOFTMAX", [x], [out], beta=beta)
    return model.build([x], [out])


def chain() -> bytes:
    """CONV_2D, RESHAPE, FULLY_CONNECTED, SOFTMAX: a whole small classifier."""
    rng = np.random.default_rng(1)
    model = TfliteModel()
    x = model.tensor((1, 6, 6, 1), "int8", 0.5, -3, name="image")
    w = model.tensor(
        (4, 3, 3, 1), "int8", [0.1, 0.2, 0.3, 0.4], 0, rng.integers(-127, 128, (4, 3, 3, 1)), 0
    )
    b = model.tensor((4,), "int32", [0.05, 0.1, 0.15, 0.2], 0, rng.integers(-99, 99, 4))
    c = model.tensor((1, 3, 3, 4), "int8", 2.0, -128, name="conv")
    shape = model.tensor((2,), "int32", data=[1, 36])
    r = model.tensor((1, 36), "int8", 2.0, -128, name="flat")
    v = model.tensor((5, 36), "int8", 0.02, 0, rng.integers(-127, 128, (5, 36)))
    d = model.tensor((1, 5), "int8", 0.2, 7, name="logits")
    s = model.tensor((1, 5), "int8", 1 / 256, -128, name="classes")
    options = {"padding": "SAME", "stride_w": 2, "stride_h": 2}
    model.operator("CONV_2D", [x, w, b], [c], fused_activation_function="RELU", **options)
    model.operator("RESHAPE", [c, shape], [r], new_shape=[1, 36])
    model.operator("FULLY_CONNECTED", [r, v, -1], [d])
    model.operator("SOFTMAX", [d], [s], beta=1.0)
    return model.build([x], [s])
