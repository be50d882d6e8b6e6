"""Weights of 8 bits made into 4 or 2: new codes and scales by least squares, biases to match.

A code of 4 bits is stored in two's complement from -7 to 7, one of 2 bits from -2 to 1, with the
scales where the 8 bits had theirs: one per channel, or one for all. No training follows, so what
it costs in answers is a lower end of what these widths can do.

Multiplying narrow codes is multiplying the same codes kept in 8 bits. So LiteRT, which has no
kernels for 2 bits, gets a copy of the file with the narrow codes in its int8 weights, and gives
the answers that a device must give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tflite  # type: ignore[import-untyped]
from numpy.typing import NDArray

from harness.domain.network import DType, Network, Operator, Quantization, Tensor
from harness.errors import UnsupportedOperator
from harness.model.lowering import with_weights
from harness.model.operator_use import ABSENT
from harness.model.tflite_file import parse_tflite

NARROW = {4: DType.INT4, 2: DType.INT2}
LOWEST = {4: -7, 2: -2}
HIGHEST = {4: 7, 2: 1}

_STEPS = np.linspace(0.2, 1.0, 81)  # of the step at which nothing would be cut off


@dataclass(frozen=True)
class _Change:
    """New codes and scales of the weights of operators, and of the biases that go with them."""

    weights: Tensor
    codes: NDArray[np.int8]
    scales: NDArray[np.float32]
    biases: dict[int, NDArray[np.int32]]
    bias_scales: dict[int, NDArray[np.float32]]


def narrow(content: bytes, path: Path, bits: int) -> tuple[bytes, Network]:
    """A `.tflite` with narrow codes in its int8 weights, and the network that a device runs.

    Weights that are no symmetric int8 constants, that are read elsewhere too, or whose bias serves
    other weights as well, keep their 8 bits; so do those of operators on int16.

    Args:
        content: of the file; what `path` holds.
        bits: 4 or 2.

    Raises:
        BadModel: the file is damaged.
        UnsupportedOperator: no weights could be narrowed.
    """
    network = parse_tflite(content, path)
    changes = list(_changes(network, bits))
    if not changes:
        raise UnsupportedOperator(
            f"no weights can be made into {bits} bits: none are symmetric int8 constants of "
            f"{', '.join(with_weights(NARROW[bits]))} on int8",
            where=str(path),
            hint="Choose a model quantised to full int8.",
        )
    altered = bytearray(content)
    subgraph = tflite.Model.GetRootAs(altered, 0).Subgraphs(0)
    tensors = list(network.tensors)
    for change in changes:
        _patch(altered, subgraph, change.weights.index, change.codes, change.scales)
        tensors[change.weights.index] = _narrow_tensor(change, bits)
        for index, values in change.biases.items():
            _patch(altered, subgraph, index, values, change.bias_scales[index])
            tensors[index] = _with(tensors[index], values, change.bias_scales[index])
    return bytes(altered), replace(network, tensors=tuple(tensors))


def packed(codes: NDArray[np.int8], bits: int) -> bytes:
    """Codes in C order, the first in the lowest bits of a byte."""
    each = 8 // bits
    flat = codes.ravel().astype(np.uint8) & ((1 << bits) - 1)
    rows = np.pad(flat, (0, -flat.size % each)).reshape(-1, each)
    shifted = rows << (bits * np.arange(each, dtype=np.uint8))
    return bytes(np.bitwise_or.reduce(shifted, axis=1).astype(np.uint8))


def best_codes(real: NDArray[np.float64], bits: int) -> tuple[NDArray[np.int8], np.float32]:
    """Codes and the step whose product is nearest to `real` in the sum of squares."""
    low, high = LOWEST[bits], HIGHEST[bits]
    reach = max(float(real.max(initial=0)) / high, -float(real.min(initial=0)) / -low)
    if reach == 0:
        return np.zeros(real.shape, np.int8), np.float32(1)
    best: tuple[float, NDArray[np.int8], np.float32] | None = None
    for step in (reach * _STEPS).astype(np.float32):
        codes = np.clip(np.rint(real / step), low, high)
        error = float(((codes * step - real) ** 2).sum())
        if best is None or error < best[0]:
            best = error, codes.astype(np.int8), step
    assert best is not None
    return best[1], best[2]


def _changes(network: Network, bits: int) -> Iterator[_Change]:
    weighted = with_weights(NARROW[bits])
    readers: dict[int, list[Operator]] = {}
    for operator in network.operators:
        for index in operator.inputs:
            readers.setdefault(index, []).append(operator)
    contents = Counter(t.data for t in network.tensors if t.data is not None)
    for index, using in readers.items():
        data = None if index == ABSENT else network.tensors[index].data
        if data is None or contents[data] > 1:
            continue  # a content that several tensors have may be one buffer
        if not all(
            operator.name in weighted and _takes_narrow(network, operator, index)
            for operator in using
        ):
            continue
        biases = {operator.inputs[2]: operator for operator in using if _has_bias(operator)}
        if any(_serves_others(readers[bias], bias, index) for bias in biases):
            continue
        yield _change(network, network.tensors[index], biases, bits)


def _serves_others(readers: list[Operator], bias: int, weights: int) -> bool:
    """Whether a bias is read by operators with other weights, or as something else."""
    return any(one.inputs[1:3] != (weights, bias) for one in readers)


def _has_bias(operator: Operator) -> bool:
    return len(operator.inputs) > 2 and operator.inputs[2] != ABSENT


def _takes_narrow(network: Network, operator: Operator, index: int) -> bool:
    if operator.inputs[1:2] != (index,):
        return False
    weights, x = network.tensors[index], network.tensors[operator.inputs[0]]
    quantization = weights.quantization
    return (
        operator.inputs.count(index) == 1
        and weights.dtype is DType.INT8
        and weights.data is not None
        and x.dtype is DType.INT8
        and x.quantization is not None
        and quantization is not None
        and not any(quantization.zero_points)
        and all(scale > 0 for scale in quantization.scales)
        and _one_each(quantization, weights.shape)
        and (not _has_bias(operator) or _suits(network.tensors[operator.inputs[2]], quantization))
    )


def _one_each(quantization: Quantization, shape: tuple[int, ...]) -> bool:
    """Whether there is a scale for all weights, or one for each index of an axis they have."""
    axis, count = quantization.axis, len(quantization.scales)
    return count == 1 or (0 <= axis < len(shape) and shape[axis] == count)


def _suits(bias: Tensor, quantization: Quantization) -> bool:
    return (
        bias.dtype is DType.INT32
        and bias.data is not None
        and (not quantization.per_channel or bias.elements == len(quantization.scales))
    )


def _change(network: Network, weights: Tensor, biases: dict[int, Operator], bits: int) -> _Change:
    quantization = weights.quantization
    assert quantization is not None
    assert weights.data is not None
    stored = np.frombuffer(weights.data, np.int8).reshape(weights.shape)
    old = np.asarray(quantization.scales, np.float64)
    axis = quantization.axis if quantization.per_channel else 0
    channels = np.moveaxis(stored, axis, 0).reshape(len(old), -1).astype(np.float64)
    found = [best_codes(row * scale, bits) for row, scale in zip(channels, old, strict=True)]
    codes = np.stack([one[0] for one in found])
    shape = np.moveaxis(stored, axis, 0).shape
    scales = np.array(
        [scale if not one[0].any() else one[1] for one, scale in zip(found, old, strict=True)],
        np.float32,
    )
    new_biases, bias_scales = {}, {}
    for index, operator in biases.items():
        x = network.tensors[operator.inputs[0]].quantization
        assert x is not None
        data = np.frombuffer(network.tensors[index].data or b"", "<i4").astype(np.float64)
        limits = np.iinfo(np.int32)
        scaled = np.rint(data * (old / scales.astype(np.float64)))
        new_biases[index] = np.clip(scaled, limits.min, limits.max).astype(np.int32)
        bias_scales[index] = (np.float64(x.scales[0]) * scales).astype(np.float32)
    return _Change(
        weights=weights,
        codes=np.ascontiguousarray(np.moveaxis(codes.reshape(shape), 0, axis)),
        scales=scales,
        biases=new_biases,
        bias_scales=bias_scales,
    )


def _narrow_tensor(change: _Change, bits: int) -> Tensor:
    changed = _with(change.weights, change.codes, change.scales)
    return replace(changed, dtype=NARROW[bits], data=packed(change.codes, bits))


def _with(tensor: Tensor, values: NDArray[Any], scales: NDArray[np.float32]) -> Tensor:
    quantization = tensor.quantization
    if quantization is not None and len(quantization.scales) == len(scales):
        quantization = replace(quantization, scales=tuple(float(scale) for scale in scales))
    return replace(tensor, quantization=quantization, data=values.tobytes())


def _patch(
    content: bytearray,
    subgraph: Any,
    index: int,
    values: NDArray[Any],
    scales: NDArray[np.float32],
) -> None:
    """Write values and scales where the file has them: the arrays are views of `content`."""
    table = subgraph.Tensors(index)
    buffer = tflite.Model.GetRootAs(content, 0).Buffers(table.Buffer()).DataAsNumpy()
    buffer[:] = np.frombuffer(values.tobytes(), np.uint8)
    quantization = table.Quantization()
    if quantization is not None and quantization.ScaleLength() == len(scales):
        quantization.ScaleAsNumpy()[:] = scales
