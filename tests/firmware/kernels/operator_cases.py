"""One operator twice: as a `.tflite` for LiteRT's reference kernels and as a record for ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from builders.tflite_builder import TfliteModel
from numpy.typing import NDArray
from operator_image import OperatorImage, dims_of
from quantization_by_paper import (
    activation_bounds,
    output_size,
    pad_before,
    quantize_multiplier,
    softmax_scaling,
)

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]


@dataclass(frozen=True)
class Codes:
    """Quantised values: `q` (or only a shape, for outputs), scale and zero point."""

    q: Int8
    scale: float
    zero: int = 0


@dataclass(frozen=True)
class OperatorCase:
    """An operator with its inputs."""

    tflite: bytes
    image: OperatorImage

    def expected(self) -> Int8:
        """What LiteRT's reference kernels give."""
        resolver = OpResolverType.BUILTIN_REF
        interpreter = Interpreter(model_content=self.tflite, experimental_op_resolver_type=resolver)
        interpreter.allocate_tensors()
        for detail, x in zip(interpreter.get_input_details(), self.image.inputs, strict=True):
            interpreter.set_tensor(detail["index"], x)
        interpreter.invoke()
        output: Int8 = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        return output.reshape(self.image.output_dims)


def _f32(value: float) -> float:
    return float(np.float32(value))


def _requantization(x: float, weights: Sequence[float], y: float) -> tuple[list[int], list[int]]:
    pairs = [quantize_multiplier(_f32(x) * _f32(w) / _f32(y)) for w in weights]
    return [p[0] for p in pairs], [p[1] for p in pairs]


def _weighted(
    operator: str,
    x: Codes,
    weights: Int8,
    weight_scales: Sequence[float],
    axis: int,
    bias: Int32 | None,
    y_shape: Sequence[int],
    y: tuple[float, int],
    options: dict[str, Any],
) -> bytes:
    model = TfliteModel()
    inputs = [model.tensor(x.q.shape, "int8", x.scale, x.zero)]
    inputs.append(model.tensor(weights.shape, "int8", weight_scales, 0, weights, axis))
    if bias is not None:
        scales = [_f32(x.scale) * _f32(w) for w in weight_scales]
        inputs.append(model.tensor(bias.shape, "int32", scales, 0, bias))
    output = model.tensor(y_shape, "int8", y[0], y[1])
    model.operator(operator, inputs, [output], **options)
    return model.build(inputs[:1], [output])


def conv_2d(
    x: Codes,
    weights: Int8,
    weight_scales: Sequence[float],
    bias: Int32 | None,
    y: tuple[float, int],
    *,
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    padding: str = "VALID",
    activation: str = "NONE",
    depth_multiplier: int | None = None,
) -> OperatorCase:
    """CONV_2D, or DEPTHWISE_CONV_2D where `depth_multiplier` is given.

    Pairs are (h, w); `y` is scale and zero point of the output.
    """
    depthwise = depth_multiplier is not None
    n, *size = x.q.shape[:3]
    channels = weights.shape[3 if depthwise else 0]
    filter_size = weights.shape[1:3]
    axes = list(zip(size, filter_size, stride, dilation, strict=True))
    shape = (n, *(output_size(*a, padding) for a in axes), channels)
    pads = [pad_before(*a, padding) for a in axes]
    options = {
        "padding": padding,
        "stride_h": stride[0],
        "stride_w": stride[1],
        "dilation_h_factor": dilation[0],
        "dilation_w_factor": dilation[1],
        "fused_activation_function": activation,
    }
    if depthwise:
        options["depth_multiplier"] = depth_multiplier
    name, axis = ("DEPTHWISE_CONV_2D", 3) if depthwise else ("CONV_2D", 0)
    # LiteRT wants a bias; a bias of zeros stands for none.
    zeros = np.zeros(channels, np.int32) if bias is None else bias
    content = _weighted(name, x, weights, weight_scales, axis, zeros, shape, y, options)
    per_channel = list(weight_scales) * (channels if len(weight_scales) == 1 else 1)
    multipliers, shifts = _requantization(x.scale, per_channel, y[0])
    params = [-x.zero, y[1], *([depth_multiplier] if depthwise else [])]
    params += [*stride[::-1], *pads[::-1], *dilation[::-1], *activation_bounds(activation, *y)]
    image = OperatorImage(
        4 if depthwise else 3, [x.q], [weights, bias], shape, params, multipliers, shifts
    )
    return OperatorCase(content, image)


def fully_connected(
    x: Codes,
    weights: Int8,
    weight_scales: Sequence[float],
    bias: Int32 | None,
    y: tuple[float, int],
    *,
    activation: str = "NONE",
    keep_num_dims: bool = False,
) -> OperatorCase:
    """FULLY_CONNECTED; `weights` is [out, in]."""
    channels, depth = weights.shape
    shape: tuple[int, ...] = (x.q.size // depth, channels)
    if keep_num_dims:
        shape = (*x.q.shape[:-1], channels)
    options = {"fused_activation_function": activation, "keep_num_dims": keep_num_dims}
    content = _weighted("FULLY_CONNECTED", x, weights, weight_scales, 0, bias, shape, y, options)
    multipliers, shifts = _requantization(x.scale, weight_scales, y[0])
    per_channel = len(weight_scales) > 1
    params = [-x.zero, 0, y[1], *activation_bounds(activation, *y), per_channel]
    image = OperatorImage(
        9, [x.q], [weights, bias], dims_of(shape), params, multipliers, shifts,
        constant_dims=[(depth, 1, 1, channels), (1, 1, 1, channels)],
    )  # fmt: skip
    return OperatorCase(content, image)


def pool_2d(
    kind: str,
    x: Codes,
    filter_size: tuple[int, int],
    *,
    stride: tuple[int, int] = (1, 1),
    padding: str = "VALID",
    activation: str = "NONE",
) -> OperatorCase:
    """AVERAGE_POOL_2D or MAX_POOL_2D (`kind` is AVERAGE or MAX)."""
    n, *size, channels = x.q.shape
    axes = list(zip(size, filter_size, stride, (1, 1), strict=True))
    shape = (n, *(output_size(*a, padding) for a in axes), channels)
    pads = [pad_before(*a, padding) for a in axes]
    model = TfliteModel()
    source = model.tensor(x.q.shape, "int8", x.scale, x.zero)
    output = model.tensor(shape, "int8", x.scale, x.zero)
    model.operator(
        f"{kind}_POOL_2D", [source], [output], padding=padding, stride_h=stride[0],
        stride_w=stride[1], filter_height=filter_size[0], filter_width=filter_size[1],
        fused_activation_function=activation,
    )  # fmt: skip
    bounds = activation_bounds(activation, x.scale, x.zero)
    params = [*stride[::-1], *pads[::-1], *bounds, *filter_size[::-1]]
    image = OperatorImage(1 if kind == "AVERAGE" else 17, [x.q], [], shape, params)
    return OperatorCase(model.build([source], [output]), image)


def add(a: Codes, b: Codes, y: tuple[float, int], *, activation: str = "NONE") -> OperatorCase:
    """ADD of two activations of one shape."""
    model = TfliteModel()
    inputs = [model.tensor(t.q.shape, "int8", t.scale, t.zero) for t in (a, b)]
    output = model.tensor(a.q.shape, "int8", y[0], y[1])
    model.operator("ADD", inputs, [output], fused_activation_function=activation)
    twice = 2 * max(_f32(a.scale), _f32(b.scale))
    params: list[int] = []
    for t in (a, b):
        params += [-t.zero, *quantize_multiplier(_f32(t.scale) / twice)]
    params += [20, y[1], *quantize_multiplier(twice / (2**20 * _f32(y[0])))]
    params += activation_bounds(activation, *y)
    image = OperatorImage(0, [a.q, b.q], [], dims_of(a.q.shape), params)
    return OperatorCase(model.build(inputs, [output]), image)


def softmax(x: Codes, *, beta: float = 1.0) -> OperatorCase:
    """SOFTMAX over the last axis."""
    model = TfliteModel()
    source = model.tensor(x.q.shape, "int8", x.scale, x.zero)
    output = model.tensor(x.q.shape, "int8", 1 / 256, -128)
    model.operator("SOFTMAX", [source], [output], beta=beta)
    size = x.q.shape[-1]
    params = [*softmax_scaling(beta, x.scale), x.q.size // size, size]
    image = OperatorImage(25, [x.q], [], dims_of(x.q.shape), params)
    return OperatorCase(model.build([source], [output]), image)
