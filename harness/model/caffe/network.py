"""A Caffe network as a chain of layers, and the sizes that an image gives each of them.

Activations are (n, h, w, c), weights of convolutions (out, k, k, in), of inner products (out, in)
over inputs flattened in the order h, w, c: Caffe's own order is c, h, w.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.errors import BadModel
from harness.model.openmv_layers import BlobShape, PoolKind

Real = NDArray[np.float32]


@dataclass(frozen=True)
class CaffeLayer:
    """One layer; `kind` is Caffe's type in lower case, what does not concern it is 0 or None."""

    name: str
    kind: str
    kernel: int = 0
    pad: int = 0
    stride: int = 1
    outputs: int = 0
    pool: PoolKind = PoolKind.MAX
    weights: Real | None = None
    biases: Real | None = None

    @property
    def weighted(self) -> bool:
        """Whether it has weights and biases."""
        return self.kind in ("convolution", "innerproduct")


@dataclass(frozen=True)
class CaffeNetwork:
    """The layers in order; inputs are (byte - mean) * 2^-scale_bits, of `channels` channels.

    `means` is None where the definition names a file of means, `mean_file`.
    """

    name: str
    channels: int
    scale_bits: int
    means: tuple[int, ...] | None
    mean_file: str
    layers: tuple[CaffeLayer, ...]


def sized(network: CaffeNetwork, height: int, width: int) -> tuple[CaffeNetwork, list[BlobShape]]:
    """The network with inner products in the order h, w, c, and the shape behind each layer.

    Raises:
        BadModel: such an input does not fit its layers.
    """
    shape = BlobShape(1, network.channels, height, width)
    layers, shapes = [], []
    for layer in network.layers:
        if layer.kind == "innerproduct" and layer.weights is not None:
            stored = layer.weights
            if stored.shape[1] != shape.elements:
                raise BadModel(
                    f"layer {layer.name} takes {stored.shape[1]:,} inputs, {width}x{height} pixels "
                    f"give it {shape.elements:,}",
                    where=network.name,
                    hint="Name the size of the network's images.",
                )
            by_channel = stored.reshape(-1, shape.c, shape.h, shape.w)
            layer = replace(layer, weights=by_channel.transpose(0, 2, 3, 1).reshape(stored.shape))
        if layer.kind == "convolution" and layer.weights is not None:
            _require(layer.weights.shape[3] == shape.c, network, layer, shape)
        shape = _after(layer, shape)
        _require(min(shape.h, shape.w) > 0, network, layer, shape)
        layers.append(layer)
        shapes.append(shape)
    return replace(network, layers=tuple(layers)), shapes


def _require(fits: bool, network: CaffeNetwork, layer: CaffeLayer, shape: BlobShape) -> None:
    if not fits:
        raise BadModel(
            f"layer {layer.name} does not fit {shape.w}x{shape.h} values of {shape.c} channels",
            where=network.name,
            hint="Name the size of the network's images, or give the weights of this prototxt.",
        )


def fitting_sizes(network: CaffeNetwork, largest: int = 256) -> list[int]:
    """Sides of square images that the network could be for."""
    fitting = []
    for side in range(1, largest + 1):
        shape = BlobShape(1, network.channels, side, side)
        for layer in network.layers:
            if layer.kind == "innerproduct" and layer.weights is not None:
                if shape.elements == layer.weights.shape[1]:
                    fitting.append(side)
                break
            shape = _after(layer, shape)
            if min(shape.h, shape.w) < 1:
                break
    return fitting


def _after(layer: CaffeLayer, shape: BlobShape) -> BlobShape:
    if layer.kind == "relu":
        return shape
    if layer.kind == "innerproduct":
        return BlobShape(1, layer.outputs, 1, 1)
    channels = layer.outputs or shape.c
    return BlobShape(1, channels, _side(layer, shape.h), _side(layer, shape.w))


def _side(layer: CaffeLayer, size: int) -> int:
    """Caffe rounds sizes of convolutions down and those of pooling up."""
    free = size + 2 * layer.pad - layer.kernel
    if layer.kind == "convolution" or free < 0:
        return free // layer.stride + 1
    found = -(-free // layer.stride) + 1
    return found - 1 if layer.pad and (found - 1) * layer.stride >= size + layer.pad else found
