"""Joins the definition of a Caffe network's test phase with its weights."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isfinite, log2

import numpy as np

from harness.errors import BadModel, UnsupportedOperator
from harness.model.caffe.network import CaffeLayer, CaffeNetwork
from harness.model.caffe.prototxt import Message
from harness.model.caffe.weights import Weights
from harness.model.openmv_layers import PoolKind

_LEFT_OUT = {"accuracy", "softmaxwithloss", "softmax", "dropout", "split", "silence"}
_HINT = "Use a chain of convolution, pooling, ReLU and inner product layers."


def join(definition: Message, weights: Weights, where: str) -> CaffeNetwork:
    """The network of a definition's test phase.

    Raises:
        BadModel: layers and weights contradict each other.
        UnsupportedOperator: a layer, or a use of one, that q7 operators have no form for.
    """
    data, chain = _chain(definition, where)
    layers = tuple(_layer(message, weights, where) for message in chain)
    first = next((layer for layer in layers if layer.weighted), None)
    if first is None or first.kind != "convolution" or first.weights is None:
        raise _unsupported("the first layer with weights is no convolution", definition, where)
    transform = data.message("transform_param")
    values = tuple(
        round(_real(text, "mean_value", transform, where)) for text in transform.texts("mean_value")
    )
    mean_file = transform.text("mean_file")
    channels = first.weights.shape[3]
    return CaffeNetwork(
        name=definition.text("name", "caffe"),
        channels=channels,
        scale_bits=_scale_bits(transform, where),
        means=values or (None if mean_file else (0,) * channels),
        mean_file=mean_file,
        layers=layers,
    )


def _chain(definition: Message, where: str) -> tuple[Message, list[Message]]:
    """The data layer, and those that follow it one by one."""
    if definition.messages("layers"):
        raise _unsupported("layers are written in Caffe's old form (`layers`)", definition, where)
    data, blob, chain = Message(0), "", []
    for layer in definition.messages("layer"):
        phases = [include.text("phase") for include in layer.messages("include")]
        kind = layer.text("type").lower()
        if phases and "TEST" not in phases:
            continue
        if "data" in kind or kind == "input":
            data, blob = layer, (layer.texts("top") or [""])[0]
        elif kind not in _LEFT_OUT:
            if layer.texts("bottom") != [blob] or len(layer.texts("top")) != 1:
                raise _unsupported(
                    f"layer {layer.text('name')} does not follow {blob or 'the data'} alone",
                    layer,
                    where,
                )
            blob = layer.text("top")
            chain.append(layer)
    return data, chain


def _layer(message: Message, weights: Weights, where: str) -> CaffeLayer:
    name, kind = message.text("name"), message.text("type").lower()
    if kind == "relu":
        parameters = message.message("relu_param")
        slope = parameters.text("negative_slope", "0")
        if _real(slope, "negative_slope", parameters, where):
            raise _unsupported(f"layer {name} is a leaky ReLU", message, where)
        return CaffeLayer(name, kind)
    if kind == "pooling":
        return _pooling(name, message, where)
    if kind not in ("convolution", "innerproduct"):
        raise _unsupported(f"layer {name} is of type {message.text('type')}", message, where)
    blobs = weights.get(name, [])
    parameters = message.message("convolution_param" if kind == "convolution" else _PRODUCT)
    outputs = _number(parameters, "num_output", 0, where)
    wanted = 1 if parameters.text("bias_term") == "false" else 2
    if (
        len(blobs) != wanted
        or blobs[0].shape[0] != outputs
        or blobs[-1].size != (outputs if wanted == 2 else blobs[0].size)
    ):
        shapes = ", ".join(str(list(blob.shape)) for blob in blobs) or "none"
        raise BadModel(
            f"layer {name} has {outputs} outputs, and weights {shapes}",
            where=where,
            hint="Give the weights that were trained with this prototxt.",
        )
    if not all(np.isfinite(blob).all() for blob in blobs):
        raise BadModel(
            f"layer {name} has weights that are not finite",
            where=where,
            hint="Fetch the caffemodel again, or save it again.",
        )
    biases = blobs[1].ravel() if wanted == 2 else np.zeros(outputs, np.float32)
    layer = CaffeLayer(name, kind, outputs=outputs, biases=biases)
    if kind == "innerproduct":
        if parameters.text("transpose") == "true":
            raise _unsupported(f"layer {name} has transposed weights", message, where)
        return replace(layer, weights=blobs[0].reshape(outputs, -1))
    kernel, pad, stride = _window(parameters, where)
    if parameters.text("group", "1") != "1" or parameters.text("dilation", "1") != "1":
        raise _unsupported(f"layer {name} has groups or dilation", message, where)
    if blobs[0].shape[2:] != (kernel, kernel):
        raise BadModel(
            f"layer {name} has filters of {kernel}x{kernel}, and weights {list(blobs[0].shape)}",
            where=where,
            hint="Give the weights that were trained with this prototxt.",
        )
    by_place = np.ascontiguousarray(blobs[0].transpose(0, 2, 3, 1))
    return replace(layer, kernel=kernel, pad=pad, stride=stride, weights=by_place)


_PRODUCT = "inner_product_param"


def _pooling(name: str, message: Message, where: str) -> CaffeLayer:
    parameters = message.message("pooling_param")
    kind = parameters.text("pool", "MAX")
    if kind not in ("MAX", "AVE") or parameters.text("global_pooling") == "true":
        raise _unsupported(f"layer {name} pools by {kind} or over all", message, where)
    kernel, pad, stride = _window(parameters, where)
    return CaffeLayer(
        name,
        "pooling",
        kernel=kernel,
        pad=pad,
        stride=stride,
        pool=PoolKind.MAX if kind == "MAX" else PoolKind.AVERAGE,
    )


def _window(parameters: Message, where: str) -> tuple[int, int, int]:
    for name in ("kernel_h", "kernel_w", "stride_h", "stride_w", "pad_h", "pad_w"):
        if parameters.texts(name):
            raise _unsupported(f"`{name}`: windows must be square", parameters, where)
    kernel = _number(parameters, "kernel_size", 0, where)
    return kernel, _number(parameters, "pad", 0, where), _number(parameters, "stride", 1, where)


def _number(parameters: Message, name: str, default: int, where: str) -> int:
    text = parameters.text(name, str(default))
    low = 0 if name == "pad" else 1
    if not text.isdecimal() or not low <= int(text) <= 1 << 15:
        raise BadModel(
            f"line {parameters.line}: `{name}` is {text}, not {low} or more",
            where=where,
            hint="Correct the prototxt.",
        )
    return int(text)


def _real(text: str, name: str, at: Message, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = inf
    if not isfinite(value):
        raise BadModel(
            f"line {at.line}: `{name}` is {text}, which is no number",
            where=where,
            hint="Correct the prototxt.",
        )
    return value


def _scale_bits(transform: Message, where: str) -> int:
    text = transform.text("scale", "1")
    scale = _real(text, "scale", transform, where)
    bits = -log2(scale) if scale > 0 else -1
    if bits != int(bits) or not 0 <= bits <= 16:
        raise _unsupported(f"inputs are scaled by {text}, not by 2^-k", transform, where)
    return int(bits)


def _unsupported(what: str, at: Message, where: str) -> UnsupportedOperator:
    return UnsupportedOperator(f"line {at.line}: {what}", where=where, hint=_HINT)
