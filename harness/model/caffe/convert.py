"""A Caffe network with chosen formats as layers of 8-bit integers."""

from __future__ import annotations

import numpy as np

from harness.errors import UnsupportedOperator
from harness.model.caffe.network import CaffeLayer, CaffeNetwork, Real
from harness.model.caffe.search import DATA, Formats
from harness.model.openmv_layers import (
    Q7,
    BlobShape,
    Convolution,
    Data,
    InnerProduct,
    Layer,
    Pool,
    Relu,
)


def q7_layers(
    network: CaffeNetwork,
    shapes: list[BlobShape],
    image: BlobShape,
    means: tuple[int, ...],
    formats: Formats,
) -> list[Layer]:
    """Layers for `q7_network` and `encode_openmv`.

    A sum of products has the fraction bits of weights and input together: biases are shifted left
    to it, and outputs right from it. The input's shift is 7 - f, and more where Caffe scales bytes.

    Raises:
        UnsupportedOperator: an output with more fraction bits than its sums have.
    """
    red, green, blue = (means * 3)[:3]
    incoming = formats.outputs[DATA]
    shift = 7 - incoming + network.scale_bits
    if shift < 0:
        raise _refused(network, DATA, f"{incoming} fraction bits for bytes")
    layers: list[Layer] = [Data(image, (red, green, blue), shift)]
    for layer, shape in zip(network.layers, shapes, strict=True):
        if layer.kind == "relu":
            layers.append(Relu(shape))
        elif layer.kind == "pooling":
            layers.append(Pool(shape, layer.pool, layer.kernel, layer.pad, layer.stride))
        else:
            layers.append(_weighted(network, layer, shape, incoming, formats))
        incoming = formats.outputs.get(layer.name, incoming)
    return layers


def _weighted(
    network: CaffeNetwork, layer: CaffeLayer, shape: BlobShape, incoming: int, formats: Formats
) -> Layer:
    name = layer.name
    products = formats.weights[name] + incoming
    out_shift = products - formats.outputs[name]
    if out_shift < 0:
        raise _refused(network, name, f"{formats.outputs[name]} fraction bits of {products}")
    assert layer.weights is not None
    assert layer.biases is not None
    weights = codes(layer.weights, formats.weights[name])
    biases = codes(layer.biases, formats.biases[name])
    bias_shift = products - formats.biases[name]
    if layer.kind == "innerproduct":
        return InnerProduct(shape, bias_shift, out_shift, weights, biases)
    return Convolution(
        shape, bias_shift, out_shift, layer.kernel, layer.pad, layer.stride, weights, biases
    )


def codes(values: Real, fraction_bits: int) -> Q7:
    """Real values as int8 with so many fraction bits: rounded half to even, saturated."""
    steps = np.round(values.astype(np.float64) * 2.0**fraction_bits)
    return np.clip(steps, -128, 127).astype(np.int8)


def _refused(network: CaffeNetwork, layer: str, what: str) -> UnsupportedOperator:
    return UnsupportedOperator(
        f"layer {layer} would need {what}, which shifts to the right cannot give",
        where=network.name,
        hint="Give the search more inputs, or scale the network's values.",
    )
