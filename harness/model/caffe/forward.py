"""Caffe's layers in real numbers, as its CPU code has them: float32, (n, h, w, c)."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from harness.model.caffe.network import CaffeLayer, Real
from harness.model.openmv_layers import BlobShape, PoolKind

_BATCH = 64


def forward(layer: CaffeLayer, x: Real, shape: BlobShape) -> Real:
    """What a layer gives, of the sizes `shape`."""
    if layer.kind == "relu":
        return np.maximum(x, np.float32(0))
    parts = [_part(layer, x[i : i + _BATCH], shape) for i in range(0, len(x), _BATCH)]
    return np.concatenate(parts)


def _part(layer: CaffeLayer, x: Real, shape: BlobShape) -> Real:
    if layer.kind == "pooling":
        return _pooled(layer, x, shape)
    assert layer.weights is not None
    assert layer.biases is not None
    flat = layer.weights.reshape(layer.outputs, -1).T
    if layer.kind == "innerproduct":
        product: Real = x.reshape(len(x), -1) @ flat + layer.biases
        return product.reshape(len(x), 1, 1, -1)
    pad, kernel, stride = layer.pad, layer.kernel, layer.stride
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = sliding_window_view(padded, (kernel, kernel), (1, 2))[:, ::stride, ::stride]
    columns = windows.transpose(0, 1, 2, 4, 5, 3).reshape(*windows.shape[:3], -1)
    answer: Real = columns @ flat + layer.biases
    return answer


def _pooled(layer: CaffeLayer, x: Real, shape: BlobShape) -> Real:
    """Windows clipped to the image; a mean's divisor counts padding, as Caffe's pooling does."""
    y = np.empty((len(x), shape.h, shape.w, x.shape[3]), np.float32)
    for row in range(shape.h):
        rows, down = _inside(layer, row, x.shape[1])
        for column in range(shape.w):
            columns, across = _inside(layer, column, x.shape[2])
            window = x[:, rows, columns]
            if layer.pool is PoolKind.MAX:
                y[:, row, column] = window.max((1, 2))
            else:
                y[:, row, column] = window.sum((1, 2)) / np.float32(down * across)
    return y


def _inside(layer: CaffeLayer, place: int, size: int) -> tuple[slice, int]:
    start = place * layer.stride - layer.pad
    counted = min(start + layer.kernel, size + layer.pad) - start
    return slice(max(start, 0), min(start + layer.kernel, size)), counted
