"""A network of one operator for a shape: seeded weights, quantised so that outputs fill int8."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.operator_shape import OperatorShape
from harness.model.tflite_writer import TfliteModel

IN_SCALE, IN_ZERO = 0.05, -5
WEIGHT_SCALE = 0.02
OUT_ZERO = 3
_SPREAD = 74.0  # standard deviation of int8 values that are uniform over the whole range
_FILL = 3.0  # standard deviations of the sums that the output's range holds


def tflite_of(shape: OperatorShape) -> bytes:
    """The `.tflite` of one operator, the same bytes for the same shape for ever.

    Weights come from SHAKE-256 of the shape's label, biases are of the size of the sums. ADD's
    second input is a constant: the bench streams one.

    Raises:
        KeyError: an operator without a network here.
    """
    return _NETWORKS[shape.operator](_Draft(shape))


@dataclass
class _Draft:
    shape: OperatorShape
    model: TfliteModel = field(default_factory=TfliteModel)

    @property
    def x_shape(self) -> tuple[int, ...]:
        return (self.shape.batch, *self.shape.input)

    @property
    def y_shape(self) -> tuple[int, ...]:
        return (self.shape.batch, *self.shape.output_shape)

    def random(self, name: str, shape: tuple[int, ...]) -> NDArray[np.int8]:
        seed = f"harness kernel benchmark 1 {self.shape.label} {name}".encode()
        stream = hashlib.shake_256(seed).digest(math.prod(shape))
        # Weights are symmetric: -128 is not among them.
        return np.maximum(np.frombuffer(stream, np.int8), np.int8(-127)).reshape(shape)

    def window(self) -> dict[str, Any]:
        (stride_h, stride_w), (dilation_h, dilation_w) = self.shape.stride, self.shape.dilation
        options = {"stride_h": stride_h, "stride_w": stride_w, "padding": self.shape.padding}
        if self.shape.dilation != (1, 1):
            options |= {"dilation_h_factor": dilation_h, "dilation_w_factor": dilation_w}
        return options

    def finish(self, name: str, inputs: list[int], y: int, **options: Any) -> bytes:
        version = 2 if "dilation_h_factor" in options else 1
        self.model.operator(name, inputs, [y], version=version, **options)
        return self.model.build(inputs[:1], [y])


def _weighted(draft: _Draft, weights: tuple[int, ...], axis: int, taps: int, **more: Any) -> bytes:
    shape, model = draft.shape, draft.model
    channels = weights[axis]
    scales = WEIGHT_SCALE * (
        1 + np.arange(channels) / channels if shape.per_channel else np.ones(1)
    )
    sums = _SPREAD * _SPREAD * math.sqrt(taps)
    bias = draft.random("bias", (channels,)).astype(np.int64) * int(sums) // 128
    y_scale = _FILL * sums * IN_SCALE * float(scales.mean()) / 127
    x = model.tensor(draft.x_shape, "int8", IN_SCALE, IN_ZERO, name="x")
    w = model.tensor(
        weights, "int8", scales.tolist(), 0, draft.random("weights", weights), axis, "weights"
    )
    b = model.tensor((channels,), "int32", (IN_SCALE * scales).tolist(), 0, bias, name="bias")
    y = model.tensor(draft.y_shape, "int8", y_scale, OUT_ZERO, name="y")
    options = {"fused_activation_function": shape.activation, **more}
    return draft.finish(shape.operator, [x, w, b], y, **options)


def _conv_2d(draft: _Draft) -> bytes:
    shape = draft.shape
    weights = (shape.output, *shape.kernel, shape.input[2])
    return _weighted(draft, weights, 0, math.prod(weights[1:]), **draft.window())


def _depthwise_conv_2d(draft: _Draft) -> bytes:
    shape = draft.shape
    weights = (1, *shape.kernel, shape.output)
    multiplier = shape.output // shape.input[2]
    window = draft.window() | {"depth_multiplier": multiplier}
    return _weighted(draft, weights, 3, math.prod(shape.kernel), **window)


def _fully_connected(draft: _Draft) -> bytes:
    depth = draft.shape.input[0]
    return _weighted(draft, (draft.shape.output, depth), 0, depth)


def _pool_2d(draft: _Draft) -> bytes:
    shape, model = draft.shape, draft.model
    x = model.tensor(draft.x_shape, "int8", IN_SCALE, IN_ZERO, name="x")
    y = model.tensor(draft.y_shape, "int8", IN_SCALE, IN_ZERO, name="y")
    filter_h, filter_w = shape.kernel
    options = draft.window() | {"filter_height": filter_h, "filter_width": filter_w}
    options["fused_activation_function"] = shape.activation
    return draft.finish(shape.operator, [x], y, **options)


def _add(draft: _Draft) -> bytes:
    model, sizes = draft.model, draft.x_shape
    a = model.tensor(sizes, "int8", IN_SCALE, IN_ZERO, name="a")
    b = model.tensor(sizes, "int8", IN_SCALE * 0.7, 9, draft.random("b", sizes), name="b")
    y = model.tensor(sizes, "int8", IN_SCALE * 1.3, OUT_ZERO, name="y")
    return draft.finish("ADD", [a, b], y, fused_activation_function=draft.shape.activation)


def _softmax(draft: _Draft) -> bytes:
    model, sizes = draft.model, draft.x_shape
    x = model.tensor(sizes, "int8", IN_SCALE, IN_ZERO, name="x")
    y = model.tensor(sizes, "int8", 1 / 256, -128, name="y")
    return draft.finish("SOFTMAX", [x], y, beta=1.0)


_NETWORKS: dict[str, Callable[[_Draft], bytes]] = {
    "ADD": _add,
    "AVERAGE_POOL_2D": _pool_2d,
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "FULLY_CONNECTED": _fully_connected,
    "MAX_POOL_2D": _pool_2d,
    "SOFTMAX": _softmax,
}
