"""Runs a decoded model image in numpy integers: a second reading of `firmware/IMAGE.md`.

Slow and plain; only the exponential of SOFTMAX is done in floating point, so that its outputs may
differ by one step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.model.decode import DecodedImage, DecodedOperator

Ints = NDArray[np.int64]


def run(image: DecodedImage, value: NDArray[np.int8]) -> list[NDArray[np.int8]]:
    """Run all operators on one arena; return the output of each operator as it was written."""
    arena = np.zeros(image.arena_bytes, np.int8)
    (first,) = image.inputs
    place(image, arena, first)[...] = value.reshape(image.tensors[first].dims)
    outputs = []
    for operator in image.operators:
        out = KERNELS[operator.opcode](image, arena, operator)
        target = place(image, arena, operator.outputs[0])
        target[...] = out.reshape(target.shape)
        outputs.append(target.copy())
    return outputs


def run_all(image: DecodedImage, values: Sequence[NDArray[Any]]) -> list[NDArray[np.int8]]:
    """Run all operators on any number of inputs; return the outputs of the network."""
    arena = np.zeros(image.arena_bytes, np.int8)
    for index, value in zip(image.inputs, values, strict=True):
        place(image, arena, index)[...] = value.reshape(image.tensors[index].dims)
    for operator in image.operators:
        found = KERNELS[operator.opcode](image, arena, operator)
        several = found if isinstance(found, list) else [found]
        for index, out in zip(operator.outputs, several, strict=True):
            target = place(image, arena, index)
            target[...] = out.reshape(target.shape)
    return [place(image, arena, index).copy() for index in image.outputs]


def place(image: DecodedImage, arena: NDArray[np.int8], index: int) -> NDArray[np.int8]:
    tensor = image.tensors[index]
    return arena[tensor.offset : tensor.offset + tensor.nbytes].reshape(tensor.dims)


def load(image: DecodedImage, arena: NDArray[np.int8], index: int | None) -> Ints:
    assert index is not None
    tensor = image.tensors[index]
    if tensor.data is None:
        return place(image, arena, index).astype(np.int64)
    dtype = np.int32 if tensor.dtype == 2 else np.int8
    return np.frombuffer(tensor.data, dtype).astype(np.int64)


def twice(x: Ints, multiplier: Any, shift: Any) -> Ints:
    """Rounded after the product (ties up) and after the shift (ties away from zero)."""
    left, right = np.maximum(shift, 0), np.maximum(-np.asarray(shift), 0)
    product = ((x << left) * multiplier + (1 << 30)) >> 31
    half = np.where(right > 0, 1 << np.maximum(right - 1, 0), 0)
    return np.sign(product) * ((np.abs(product) + half) >> right)


def once(x: Ints, multiplier: Any, shift: Any) -> Ints:
    right = 31 - np.asarray(shift)
    return (x * multiplier + (np.int64(1) << (right - 1))) >> right


def clamped(x: Ints, low: int, high: int) -> Ints:
    return np.clip(x, low, high)


def bias_of(
    image: DecodedImage, arena: NDArray[np.int8], op: DecodedOperator, channels: int
) -> Ints:
    if op.inputs[2] is None:
        return np.zeros(channels, np.int64)
    return load(image, arena, op.inputs[2])


def taps(size: int, at: int, pad: int, filter_size: int, dilation: int) -> list[tuple[int, int]]:
    positions = ((k, at - pad + k * dilation) for k in range(filter_size))
    return [(k, position) for k, position in positions if 0 <= position < size]


def conv(image: DecodedImage, arena: NDArray[np.int8], op: DecodedOperator) -> Ints:
    offset, out_offset, sw, sh, pw, ph, dw, dh, low, high, m_at, s_at = op.params
    x = load(image, arena, op.inputs[0]) + offset
    out_c, fh, fw, in_c = image.tensors[op.inputs[1] or 0].dims
    w = load(image, arena, op.inputs[1]).reshape(out_c, fh, fw, in_c)
    n, h, wid, c = image.tensors[op.outputs[0]].dims
    assert (c, in_c) == (out_c, x.shape[3])
    y = np.zeros((n, h, wid, c), np.int64) + bias_of(image, arena, op, c)
    for row in range(h):
        for column in range(wid):
            for ky, iy in taps(x.shape[1], row * sh, ph, fh, dh):
                for kx, ix in taps(x.shape[2], column * sw, pw, fw, dw):
                    y[:, row, column] += x[:, iy, ix] @ w[:, ky, kx].T
    y = twice(y, np.array(image.words(m_at, c)), np.array(image.words(s_at, c)))
    return clamped(y + out_offset, low, high)


def depthwise(image: DecodedImage, arena: NDArray[np.int8], op: DecodedOperator) -> Ints:
    offset, out_offset, multiplier, sw, sh, pw, ph, dw, dh, low, high, m_at, s_at = op.params
    x = np.repeat(load(image, arena, op.inputs[0]) + offset, multiplier, axis=3)
    _, fh, fw, channels = image.tensors[op.inputs[1] or 0].dims
    w = load(image, arena, op.inputs[1]).reshape(fh, fw, channels)
    n, h, wid, c = image.tensors[op.outputs[0]].dims
    assert c == channels == x.shape[3]
    y = np.zeros((n, h, wid, c), np.int64) + bias_of(image, arena, op, c)
    for row in range(h):
        for column in range(wid):
            for ky, iy in taps(x.shape[1], row * sh, ph, fh, dh):
                for kx, ix in taps(x.shape[2], column * sw, pw, fw, dw):
                    y[:, row, column] += x[:, iy, ix] * w[ky, kx]
    y = twice(y, np.array(image.words(m_at, c)), np.array(image.words(s_at, c)))
    return clamped(y + out_offset, low, high)


def fully_connected(image: DecodedImage, arena: NDArray[np.int8], op: DecodedOperator) -> Ints:
    offset, filter_offset, out_offset, low, high, per_channel, m_at, s_at, sums_at = op.params
    depth, _, _, outputs = image.tensors[op.inputs[1] or 0].dims
    x = load(image, arena, op.inputs[0]).reshape(-1, depth) + offset
    w = load(image, arena, op.inputs[1]).reshape(outputs, depth) + filter_offset
    assert np.array_equal((w - filter_offset).sum(axis=1), image.words(sums_at, outputs))
    y = x @ w.T + bias_of(image, arena, op, outputs)
    count = outputs if per_channel else 1
    y = once(y, np.array(image.words(m_at, count)), np.array(image.words(s_at, count)))
    return clamped(y + out_offset, low, high)


def pool(image: DecodedImage, arena: NDArray[np.int8], op: DecodedOperator) -> Ints:
    sw, sh, pw, ph, low, high, fw, fh = op.params
    x = load(image, arena, op.inputs[0])
    y = np.zeros(image.tensors[op.outputs[0]].dims, np.int64)
    for row in range(y.shape[1]):
        for column in range(y.shape[2]):
            rows = [iy for _, iy in taps(x.shape[1], row * sh, ph, fh, 1)]
            columns = [ix for _, ix in taps(x.shape[2], column * sw, pw, fw, 1)]
            window = x[:, rows][:, :, columns].reshape(x.shape[0], -1, x.shape[3])
            if op.opcode == 17:
                y[:, row, column] = window.max(axis=1)
            else:
                total, count = window.sum(axis=1), window.shape[1]
                y[:, row, column] = np.sign(total) * ((np.abs(total) + count // 2) // count)
    return clamped(y, low, high)


def add(image: DecodedImage, arena: NDArray[np.int8], op: DecodedOperator) -> Ints:
    o1, m1, s1, o2, m2, s2, left, out, m, s, low, high = op.params
    a, b = (load(image, arena, index).ravel() for index in op.inputs)
    total = twice((a + o1) << left, m1, s1) + twice((b + o2) << left, m2, s2)
    return clamped(twice(total, m, s) + out, low, high)


def reshape(image: DecodedImage, arena: NDArray[np.int8], op: DecodedOperator) -> Ints:
    return load(image, arena, op.inputs[0])


def softmax(image: DecodedImage, arena: NDArray[np.int8], op: DecodedOperator) -> Ints:
    multiplier, shift, diff_min, rows, row_size = op.params
    x = load(image, arena, op.inputs[0]).reshape(rows, row_size)
    difference = x - x.max(axis=1, keepdims=True)
    exponent = difference * (multiplier * 2.0 ** (shift - 31) / 2**26)
    share = np.where(difference >= diff_min, np.exp(exponent), 0)
    share /= share.sum(axis=1, keepdims=True)
    return np.minimum(np.rint(share * 256) - 128, 127).astype(np.int64)


def split(image: DecodedImage, arena: NDArray[np.int8], op: DecodedOperator) -> list[Ints]:
    (rows,) = op.params
    x = load(image, arena, op.inputs[0]).reshape(rows, -1)
    sizes = [image.tensors[index].nbytes // rows for index in op.outputs]
    return np.split(x, np.cumsum(sizes)[:-1], axis=1)


def pack(image: DecodedImage, arena: NDArray[np.int8], op: DecodedOperator) -> Ints:
    (rows,) = op.params
    parts = [load(image, arena, index).reshape(rows, -1) for index in op.inputs]
    return np.concatenate(parts, axis=1)


def quantize(image: DecodedImage, arena: NDArray[np.int8], op: DecodedOperator) -> Ints:
    offset, out_offset, multiplier, shift = op.params
    x = load(image, arena, op.inputs[0])
    return clamped(twice(x + offset, multiplier, shift) + out_offset, -128, 127)


KERNELS: dict[int, Callable[..., Any]] = {
    0: add,
    1: pool,
    3: conv,
    4: depthwise,
    9: fully_connected,
    17: pool,
    22: reshape,
    25: softmax,
    49: split,
    83: pack,
    114: quantize,
}
