"""For each operator the smallest network of it in every data type there may be a kernel for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from builders.tflite_builder import TfliteModel

IMAGE, ROW = (1, 4, 4, 2), (1, 8)
BIASES = {"int16": "int64"}
PRESCRIBED = {
    "LOGISTIC": {"int8": (1 / 256, -128), "uint8": (1 / 256, 0), "int16": (1 / 32768, 0)},
    "SOFTMAX": {"int8": (1 / 256, -128), "uint8": (1 / 256, 0), "int16": (1 / 32768, 0)},
    "TANH": {"int8": (1 / 128, 0), "uint8": (1 / 128, 128), "int16": (1 / 32768, 0)},
}


@dataclass
class Sample:
    """A network of the operator `name`, of `activations` and `weights` in the types named."""

    name: str
    activations: str
    weights: str
    model: TfliteModel = field(default_factory=TfliteModel)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    def x(self, shape: Sequence[int] = ROW) -> int:
        zero = 128 if self.activations == "uint8" else 0
        self.inputs.append(self.model.tensor(shape, self.activations, 0.5, zero))
        return self.inputs[-1]

    def y(self, shape: Sequence[int] = ROW) -> int:
        zero = 128 if self.activations == "uint8" else 0
        scale, zero = PRESCRIBED.get(self.name, {}).get(self.activations, (0.5, zero))
        self.outputs.append(self.model.tensor(shape, self.activations, scale, zero))
        return self.outputs[-1]

    def w(self, shape: Sequence[int]) -> int:
        """Weights; uint8 near their zero point or, `uint8 far`, one of them too far for int8."""
        codes, zero = np.ones(shape, int), 0
        if self.weights.startswith("uint8"):
            codes, zero = codes + 127, 127
        if self.weights == "uint8 far":
            codes.flat[0] = 255
        return self.model.tensor(shape, self.weights.removesuffix(" far"), 0.25, zero, codes)

    def bias(self, channels: int) -> int:
        dtype = BIASES.get(self.activations, "int32")
        return self.model.tensor((channels,), dtype, 0.125, 0, np.zeros(channels, int))

    def ints(self, *values: int) -> int:
        return self.model.tensor((len(values),), "int32", data=list(values))

    def build(self, inputs: Sequence[int], outputs: Sequence[int], **options: Any) -> bytes:
        self.model.operator(self.name, inputs, outputs, **options)
        return self.model.build(self.inputs, self.outputs)


SAMPLES: dict[str, Callable[[Sample], bytes]] = {}
WEIGHTED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "SVDF"}


def _sample(*names: str) -> Callable[[Callable[[Sample], bytes]], Callable[[Sample], bytes]]:
    def keep(make: Callable[[Sample], bytes]) -> Callable[[Sample], bytes]:
        SAMPLES.update(dict.fromkeys(names, make))
        return make

    return keep


def sample(name: str, activations: str, weights: str = "int8") -> list[bytes]:
    """Networks of the operator; where none is written for it, one of each likely form."""
    makes = [SAMPLES[name]] if name in SAMPLES else [_unary, _binary]
    return [make(Sample(name, activations, weights)) for make in makes]


def _unary(s: Sample) -> bytes:
    return s.build([s.x()], [s.y()])


def _binary(s: Sample) -> bytes:
    return s.build([s.x(), s.x()], [s.y()])


@_sample("CONV_2D")
def _(s: Sample) -> bytes:
    inputs = [s.x(IMAGE), s.w((3, 1, 1, 2)), s.bias(3)]
    return s.build(inputs, [s.y((1, 4, 4, 3))], padding="VALID", stride_w=1, stride_h=1)


@_sample("DEPTHWISE_CONV_2D")
def _(s: Sample) -> bytes:
    inputs = [s.x(IMAGE), s.w((1, 1, 1, 2)), s.bias(2)]
    return s.build(
        inputs, [s.y(IMAGE)], padding="VALID", stride_w=1, stride_h=1, depth_multiplier=1
    )


@_sample("FULLY_CONNECTED")
def _(s: Sample) -> bytes:
    return s.build([s.x(), s.w((3, 8)), s.bias(3)], [s.y((1, 3))])


@_sample("TRANSPOSE_CONV")
def _(s: Sample) -> bytes:
    inputs = [s.ints(1, 4, 4, 3), s.w((3, 1, 1, 2)), s.x(IMAGE), s.bias(3)]
    return s.build(inputs, [s.y((1, 4, 4, 3))], padding="VALID", stride_w=1, stride_h=1)


@_sample("ADD", "SUB")
def _(s: Sample) -> bytes:
    return s.build([s.x(), s.x()], [s.y()], pot_scale_int16=False)


@_sample("BATCH_MATMUL")
def _(s: Sample) -> bytes:
    return s.build([s.x((2, 3)), s.x((3, 4))], [s.y((2, 4))])


@_sample("AVERAGE_POOL_2D", "MAX_POOL_2D")
def _(s: Sample) -> bytes:
    window = {"filter_width": 2, "filter_height": 2, "stride_w": 1, "stride_h": 1}
    return s.build([s.x(IMAGE)], [s.y((1, 3, 3, 2))], padding="VALID", **window)


@_sample("SOFTMAX")
def _(s: Sample) -> bytes:
    return s.build([s.x()], [s.y()], beta=1.0)


@_sample("LEAKY_RELU")
def _(s: Sample) -> bytes:
    return s.build([s.x()], [s.y()], alpha=0.1)


@_sample("RESHAPE")
def _(s: Sample) -> bytes:
    return s.build([s.x(), s.ints(2, 4)], [s.y((2, 4))])


@_sample("SQUEEZE")
def _(s: Sample) -> bytes:
    return s.build([s.x()], [s.y((8,))])


@_sample("EXPAND_DIMS")
def _(s: Sample) -> bytes:
    return s.build([s.x(), s.ints(0)], [s.y((1, 1, 8))])


@_sample("TRANSPOSE")
def _(s: Sample) -> bytes:
    return s.build([s.x((2, 3)), s.ints(1, 0)], [s.y((3, 2))])


@_sample("MEAN")
def _(s: Sample) -> bytes:
    return s.build([s.x(IMAGE), s.ints(1, 2)], [s.y((1, 2))], keep_dims=False)


@_sample("CONCATENATION")
def _(s: Sample) -> bytes:
    return s.build([s.x(), s.x()], [s.y((1, 16))], axis=1)


@_sample("PACK")
def _(s: Sample) -> bytes:
    return s.build([s.x(), s.x()], [s.y((2, 1, 8))], axis=0, values_count=2)


@_sample("UNPACK")
def _(s: Sample) -> bytes:
    return s.build([s.x((2, 8))], [s.y((8,)), s.y((8,))], axis=0, num=2)


@_sample("SPLIT")
def _(s: Sample) -> bytes:
    axis = s.model.tensor((1,), "int32", data=[1])
    return s.build([axis, s.x()], [s.y((1, 4)), s.y((1, 4))], num_splits=2)


@_sample("SPLIT_V")
def _(s: Sample) -> bytes:
    inputs = [s.x(), s.ints(3, 5), s.ints(1)]
    return s.build(inputs, [s.y((1, 3)), s.y((1, 5))], num_splits=2)


@_sample("PAD")
def _(s: Sample) -> bytes:
    pads = s.model.tensor((2, 2), "int32", data=[[0, 0], [1, 1]])
    return s.build([s.x(), pads], [s.y((1, 10))])


@_sample("PADV2")
def _(s: Sample) -> bytes:
    pads = s.model.tensor((2, 2), "int32", data=[[0, 0], [1, 1]])
    zero = 128 if s.activations == "uint8" else 0
    value = s.model.tensor((1,), s.activations, 0.5, zero, [3])
    return s.build([s.x(), pads, value], [s.y((1, 10))])


@_sample("STRIDED_SLICE")
def _(s: Sample) -> bytes:
    return s.build([s.x(), s.ints(0, 2), s.ints(1, 6), s.ints(1, 1)], [s.y((1, 4))])


@_sample("RESIZE_NEAREST_NEIGHBOR")
def _(s: Sample) -> bytes:
    return s.build([s.x(IMAGE), s.ints(8, 8)], [s.y((1, 8, 8, 2))])


@_sample("SVDF")
def _(s: Sample) -> bytes:
    time = s.model.tensor((4, 3), "int16", 0.01, 0, np.ones((4, 3), int))
    state = s.model.tensor((1, 12), "int16", 0.5, 0, variable=True)
    feature = s.w((4, 8))
    inputs = [s.x(), feature, time, s.bias(4), state]
    return s.build(inputs, [s.y((1, 4))], rank=1, fused_activation_function="RELU")
