"""The answers of q7 networks: an integer simulation, layer by layer, of CMSIS-NN's old kernels.

Products of int8 are summed in float64, which is exact far beyond what 32 bits hold. Average pooling
is that of the DSP path: means along x, truncated towards zero, then means of those along y.
Source: CMSIS-NN 1.0 (CMSIS 5.3 to 5.8), `arm_convolve_HWC_q7_basic.c`, `arm_pool_q7_HWC.c`,
`arm_fully_connected_q7_opt.c`, and OpenMV's `nn.c` v3.6.0 for DATA.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from harness.domain.network import Network, Operator
from harness.errors import BadDataset
from harness.model.constant_array import constant

Batch = NDArray[np.generic]
_BATCH = 32


class Q7Reference:
    """Runs a network of `q7_network`; input (n, ...) of uint8 pixels, or int8 where it has those.

    Raises:
        BadDataset: from `outputs` and `tensors`, inputs of another type or size.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._input = network.tensors[network.inputs[0]]

    def outputs(
        self,
        inputs: NDArray[np.generic],
        cancelled: threading.Event | None = None,
        *,
        sequence: bool = False,
    ) -> NDArray[np.generic]:
        """Return int8 outputs, shape (n, outputs); see `front_ends.Reference`.

        Each is of its input alone, in a `sequence` too: these networks keep no state.
        """
        self._check(inputs)
        answers = np.empty((len(inputs), self._network.tensors[self._last].elements), np.int8)
        for start in range(0, len(inputs), _BATCH):
            if cancelled is not None and cancelled.is_set():
                return answers[:start]
            part = inputs[start : start + _BATCH]
            answers[start : start + _BATCH] = self._run(part)[self._last].reshape(len(part), -1)
        return answers

    def tensors(self, value: NDArray[np.generic]) -> dict[int, NDArray[np.generic]]:
        """Return every activation that one input gives, by tensor index."""
        self._check(value[np.newaxis])
        return self._run(value[np.newaxis])

    @property
    def _last(self) -> int:
        return self._network.outputs[0]

    def _run(self, inputs: Batch) -> dict[int, Batch]:
        known: dict[int, Batch] = {self._input.index: inputs.reshape(-1, *self._input.shape[1:])}
        for operator in self._network.operators:
            x = known[operator.inputs[0]]
            known[operator.outputs[0]] = _SIMULATED[operator.name](self._network, operator, x)
        return known

    def _check(self, inputs: NDArray[np.generic]) -> None:
        wanted = np.dtype(self._input.dtype.name.lower())
        elements = int(np.prod(inputs.shape[1:]))
        if inputs.dtype != wanted or elements != self._input.elements:
            raise BadDataset(
                f"inputs are {inputs.dtype.name} of {elements} elements, the network takes "
                f"{wanted.name} of {self._input.elements}",
                where=self._network.source,
                hint="Choose inputs that fit the network.",
            )


def _half(shift: int) -> int:
    return (1 << shift) >> 1


def _saturated(values: NDArray[np.int64]) -> NDArray[np.int8]:
    return np.clip(values, -128, 127).astype(np.int8)


def _requantised(
    network: Network, operator: Operator, sums: NDArray[np.float64]
) -> NDArray[np.int8]:
    biases = _constant(network, operator, 2).astype(np.int64)
    shift = operator.options["out_shift"]
    total = sums.astype(np.int64) + (biases << operator.options["bias_shift"]) + _half(shift)
    return _saturated(total >> shift)


def _constant(network: Network, operator: Operator, position: int) -> NDArray[np.generic]:
    return constant(network.tensors[operator.inputs[position]])


def _data(network: Network, operator: Operator, x: Batch) -> Batch:
    shift = operator.options["shift"]
    centred = x.astype(np.int64) - np.array(operator.options["means"], np.int64)
    return _saturated(((centred << 7) + _half(shift)) >> shift)


def _convolution(network: Network, operator: Operator, x: Batch) -> Batch:
    weights = _constant(network, operator, 1).astype(np.float64)
    out, kernel = weights.shape[:2]
    pad, stride = operator.options["pad"], operator.options["stride"]
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0))).astype(np.float64)
    windows = sliding_window_view(padded, (kernel, kernel), (1, 2))[:, ::stride, ::stride]
    n, height, width = windows.shape[:3]
    columns = windows.transpose(0, 1, 2, 4, 5, 3).reshape(n, height, width, -1)
    return _requantised(network, operator, columns @ weights.reshape(out, -1).T)


def _relu(network: Network, operator: Operator, x: Batch) -> Batch:
    rectified: Batch = np.maximum(x.astype(np.int8), np.int8(0))
    return rectified


def _maximum(part: NDArray[np.int64], axis: int) -> NDArray[np.int64]:
    largest: NDArray[np.int64] = part.max(axis)
    return largest


def _truncated_mean(part: NDArray[np.int64], axis: int) -> NDArray[np.int64]:
    """The mean as C divides: towards zero."""
    total: NDArray[np.int64] = part.sum(axis)
    mean: NDArray[np.int64] = np.sign(total) * (np.abs(total) // part.shape[axis])
    return mean


def _pooled(
    reduce: Callable[[NDArray[np.int64], int], NDArray[np.int64]],
) -> Callable[[Network, Operator, Batch], Batch]:
    def pool(network: Network, operator: Operator, x: Batch) -> Batch:
        _, height, width, _ = network.tensors[operator.outputs[0]].shape
        rows = _along(x.astype(np.int64), 2, width, operator, reduce)
        return _along(rows, 1, height, operator, reduce).astype(np.int8)

    return pool


def _along(
    x: NDArray[np.int64],
    axis: int,
    outputs: int,
    operator: Operator,
    reduce: Callable[[NDArray[np.int64], int], NDArray[np.int64]],
) -> NDArray[np.int64]:
    """One axis: windows clipped to the image, however far the last one reaches."""
    kernel, stride, pad = (operator.options[name] for name in ("kernel", "stride", "pad"))
    parts = []
    for start in range(-pad, outputs * stride - pad, stride):
        inside = range(max(start, 0), min(start + kernel, x.shape[axis]))
        parts.append(reduce(np.take(x, inside, axis), axis))
    return np.stack(parts, axis)


def _fully_connected(network: Network, operator: Operator, x: Batch) -> Batch:
    weights = _constant(network, operator, 1).astype(np.float64)
    flat = x.reshape(len(x), -1).astype(np.float64)
    answers = _requantised(network, operator, flat @ weights.T)
    return answers.reshape(len(x), 1, 1, -1)


_SIMULATED: dict[str, Callable[[Network, Operator, Batch], Batch]] = {
    "DATA_Q7": _data,
    "CONV_2D_Q7": _convolution,
    "RELU_Q7": _relu,
    "MAX_POOL_2D_Q7": _pooled(_maximum),
    "AVERAGE_POOL_2D_Q7": _pooled(_truncated_mean),
    "FULLY_CONNECTED_Q7": _fully_connected,
}
