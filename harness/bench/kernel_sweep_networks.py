"""A network of one operator for a shape: seeded weights, quantised so that outputs fill int8."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.bench.kernel_sweep_copies import COPIES
from harness.bench.kernel_sweep_draft import FILL, IN_SCALE, IN_ZERO, OUT_ZERO, SPREAD, Draft
from harness.bench.kernel_sweep_elementwise import ELEMENTWISE
from harness.domain.operator_shape import OperatorShape

WEIGHT_SCALE = 0.02


def tflite_of(shape: OperatorShape) -> bytes:
    """The `.tflite` of one operator, the same bytes for the same shape for ever.

    Weights come from SHAKE-256 of the shape's label, biases are of the size of the sums. ADD's
    second input is a constant: the bench streams one.

    Raises:
        KeyError: an operator without a network here.
    """
    return _NETWORKS[shape.operator](Draft(shape))


def _weighted(draft: Draft, weights: tuple[int, ...], axis: int, taps: int, **more: Any) -> bytes:
    shape, model = draft.shape, draft.model
    channels = weights[axis]
    scales = WEIGHT_SCALE * (
        1 + np.arange(channels) / channels if shape.per_channel else np.ones(1)
    )
    sums = SPREAD * SPREAD * math.sqrt(taps)
    bias = draft.random("bias", (channels,)).astype(np.int64) * int(sums) // 128
    y_scale = FILL * sums * IN_SCALE * float(scales.mean()) / 127
    x = model.tensor(draft.x_shape, "int8", IN_SCALE, IN_ZERO, name="x")
    w = model.tensor(
        weights, "int8", scales.tolist(), 0, draft.random("weights", weights), axis, "weights"
    )
    b = model.tensor((channels,), "int32", (IN_SCALE * scales).tolist(), 0, bias, name="bias")
    y = model.tensor(draft.y_shape, "int8", y_scale, OUT_ZERO, name="y")
    options = {"fused_activation_function": shape.activation, **more}
    return draft.finish(shape.operator, [x, w, b], y, **options)


def _conv_2d(draft: Draft) -> bytes:
    shape = draft.shape
    weights = (shape.output, *shape.kernel, shape.input[2])
    return _weighted(draft, weights, 0, math.prod(weights[1:]), **draft.window())


def _depthwise_conv_2d(draft: Draft) -> bytes:
    shape = draft.shape
    weights = (1, *shape.kernel, shape.output)
    multiplier = shape.output // shape.input[2]
    window = draft.window() | {"depth_multiplier": multiplier}
    return _weighted(draft, weights, 3, math.prod(shape.kernel), **window)


def _fully_connected(draft: Draft) -> bytes:
    depth = draft.shape.input[0]
    return _weighted(draft, (draft.shape.output, depth), 0, depth)


def _transpose_conv(draft: Draft) -> bytes:
    shape, model = draft.shape, draft.model
    weights = (shape.output, *shape.kernel, shape.input[2])
    scales = WEIGHT_SCALE * (1 + np.arange(shape.output) / shape.output * shape.per_channel)
    taps = math.prod(weights[1:]) / math.prod(shape.stride)
    y_scale = FILL * SPREAD * SPREAD * math.sqrt(taps) * IN_SCALE * float(scales.mean()) / 127
    x, sizes = draft.x(), draft.integers(draft.y_shape)
    each = scales.tolist() if shape.per_channel else WEIGHT_SCALE
    w = model.tensor(weights, "int8", each, 0, draft.random("weights", weights), 0, "weights")
    y = draft.y(y_scale, OUT_ZERO)
    model.operator("TRANSPOSE_CONV", [sizes, w, x], [y], **draft.window())
    return model.build([x], [y])


def _batch_matmul(draft: Draft) -> bytes:
    depth, columns = draft.shape.input[-1], draft.shape.output
    sizes = (*draft.x_shape[:-2], depth, columns)
    b = draft.model.tensor(sizes, "int8", WEIGHT_SCALE, 0, draft.random("b", sizes), name="b")
    y_scale = FILL * SPREAD * SPREAD * math.sqrt(depth) * IN_SCALE * WEIGHT_SCALE / 127
    return draft.finish("BATCH_MATMUL", [draft.x(), b], draft.y(y_scale, OUT_ZERO))


def _pool_2d(draft: Draft) -> bytes:
    shape, model = draft.shape, draft.model
    x = model.tensor(draft.x_shape, "int8", IN_SCALE, IN_ZERO, name="x")
    y = model.tensor(draft.y_shape, "int8", IN_SCALE, IN_ZERO, name="y")
    filter_h, filter_w = shape.kernel
    options = draft.window() | {"filter_height": filter_h, "filter_width": filter_w}
    options["fused_activation_function"] = shape.activation
    return draft.finish(shape.operator, [x], y, **options)


def _softmax(draft: Draft) -> bytes:
    model, sizes = draft.model, draft.x_shape
    x = model.tensor(sizes, "int8", IN_SCALE, IN_ZERO, name="x")
    y = model.tensor(sizes, "int8", 1 / 256, -128, name="y")
    return draft.finish("SOFTMAX", [x], y, beta=1.0)


_NETWORKS: dict[str, Callable[[Draft], bytes]] = {
    "AVERAGE_POOL_2D": _pool_2d,
    "BATCH_MATMUL": _batch_matmul,
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "FULLY_CONNECTED": _fully_connected,
    "MAX_POOL_2D": _pool_2d,
    "SOFTMAX": _softmax,
    "TRANSPOSE_CONV": _transpose_conv,
    **COPIES,
    **ELEMENTWISE,
}
