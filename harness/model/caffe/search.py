"""The search for Qm.n formats that was published with CMSIS-NN: by ranges, then by accuracy.

For weights, then activations, then biases, layer by layer in the order of the network: integer bits
m hold the largest value, n = 7 - m are left for fractions. Where labelled inputs tell that accuracy
was lost, up to three fraction bits more are tried, values beyond them saturating, until it is back;
the best is kept, and of equals the first. Each layer is tried with what was chosen before it.
Source: ARM-software/ML-examples, `cmsisnn-cifar10/nn_quantizer.py` (Caffe_Quantizer).

Values saturate in the first try too, where the published script let the very largest be 128.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.model.caffe.forward import forward
from harness.model.caffe.network import CaffeLayer, CaffeNetwork, Real
from harness.model.openmv_layers import BlobShape, PoolKind

TOLERANCE = 0.00001
"""Of accuracy, as a fraction: what may be lost before more fraction bits are tried."""
MORE_BITS = 3
DATA = "data"
_LARGEST_BIAS_SHIFT = 22
_MOST_FRACTION_BITS = 15


@dataclass(frozen=True)
class Try:
    """One line of the search: what was tried, the accuracy it gave, and whether it was kept."""

    what: str
    layer: str
    largest: float
    fraction_bits: int
    accuracy: float
    kept: bool

    @property
    def format(self) -> str:
        """As in `Q1.6`: integer bits without the sign, and fraction bits."""
        return f"Q{7 - self.fraction_bits}.{self.fraction_bits}"


@dataclass(frozen=True)
class Formats:
    """Fraction bits of weights, biases and outputs by layer; DATA is the input."""

    weights: dict[str, int]
    biases: dict[str, int]
    outputs: dict[str, int]
    tries: tuple[Try, ...]
    float_accuracy: float


def search_formats(
    network: CaffeNetwork, shapes: list[BlobShape], inputs: Real, labels: NDArray[np.int64]
) -> Formats:
    """Formats for a network of `sized`, by labelled inputs (n, h, w, c) in real numbers.

    The same inputs always give the same formats.
    """
    searching = _Searching(list(network.layers), shapes, inputs, labels)
    float_accuracy = searching.accuracy(0, inputs)
    weights = searching.search_weights(float_accuracy)
    with_weights = searching.accuracy(0, inputs)
    outputs = searching.search_outputs(with_weights)
    biases = searching.search_biases(weights)
    return Formats(weights, biases, outputs, tuple(searching.tries), float_accuracy)


def quantised(values: Real, fraction_bits: int) -> Real:
    """Values as 8 bits with so many for fractions have them: rounded, saturated, real again."""
    steps = np.clip(np.round(values * np.float32(2.0**fraction_bits)), -128, 127)
    return (steps * 2.0**-fraction_bits).astype(np.float32)


class _Searching:
    """The layers as they are quantised so far."""

    def __init__(
        self,
        layers: list[CaffeLayer],
        shapes: list[BlobShape],
        inputs: Real,
        labels: NDArray[np.int64],
    ) -> None:
        self.layers, self._shapes, self._inputs, self._labels = layers, shapes, inputs, labels
        self._floor: dict[str, int] = {}  # fraction bits of outputs that are quantised so far
        self.tries: list[Try] = []

    def accuracy(self, first: int, x: Real) -> float:
        """The share that is right, with `x` going into layer `first`."""
        for number in range(first, len(self.layers)):
            x = self.step(number, x)
        right = x.reshape(len(x), -1).argmax(1) == self._labels
        return float(right.mean())

    def step(self, number: int, x: Real) -> Real:
        layer = self.layers[number]
        y = forward(layer, x, self._shapes[number])
        return self._floored(layer.name, y)

    def _floored(self, name: str, values: Real) -> Real:
        bits = self._floor.get(name)
        if bits is None:
            return values
        steps = np.clip(np.floor(values * np.float32(2.0**bits)), -128, 127)
        floored: Real = (steps * 2.0**-bits).astype(np.float32)
        return floored

    def search_weights(self, target: float) -> dict[str, int]:
        found: dict[str, int] = {}
        x = self._inputs
        for number, layer in enumerate(self.layers):
            if layer.weights is not None:
                put = self._quantiser(number, "weights", layer.weights)
                largest = float(np.abs(layer.weights).max())
                found[layer.name] = self._search(
                    "weights", layer.name, largest, target, put, number, x
                )
            x = self.step(number, x)
        return found

    def search_outputs(self, target: float) -> dict[str, int]:
        ranges = self._ranges()
        found: dict[str, int] = {}

        def put_into(name: str) -> Callable[[int], None]:
            def put(bits: int) -> None:
                self._floor[name] = bits

            return put

        def data_accuracy() -> float:
            return self.accuracy(0, self._floored(DATA, self._inputs))

        found[DATA] = self._search_by(
            "output", DATA, ranges[DATA], target, put_into(DATA), data_accuracy
        )
        x, last = self._floored(DATA, self._inputs), DATA
        for number, layer in enumerate(self.layers):
            before = x
            if _averages(layer):
                found[layer.name] = self._floor[layer.name] = found[last]
            elif layer.weighted:
                found[layer.name] = self._search(
                    "output",
                    layer.name,
                    ranges[layer.name],
                    target,
                    put_into(layer.name),
                    number,
                    x,
                )
            x = self.step(number, before)
            last = layer.name if layer.name in found else last
        return found

    def search_biases(self, weights: dict[str, int]) -> dict[str, int]:
        found: dict[str, int] = {}
        x, incoming = self._floored(DATA, self._inputs), self._floor[DATA]
        target = self.accuracy(0, x)
        for number, layer in enumerate(self.layers):
            if layer.biases is not None:
                put = self._quantiser(number, "biases", layer.biases)
                products = weights[layer.name] + incoming
                largest = float(np.abs(layer.biases).max())
                found[layer.name] = self._search(
                    "biases", layer.name, largest, target, put, number, x, products
                )
            x = self.step(number, x)
            incoming = self._floor.get(layer.name, incoming)
        return found

    def _quantiser(self, number: int, part: str, values: Real) -> Callable[[int], None]:
        """What puts `values` into a layer as its weights or biases, in so many fraction bits."""

        def put(bits: int) -> None:
            changed: dict[str, Any] = {part: quantised(values, bits)}
            self.layers[number] = replace(self.layers[number], **changed)

        return put

    def _ranges(self) -> dict[str, float]:
        x = self._inputs
        largest = {DATA: float(np.abs(x).max())}
        for number, layer in enumerate(self.layers):
            x = self.step(number, x)
            largest[layer.name] = float(np.abs(x).max())
        return largest

    def _search(
        self,
        what: str,
        name: str,
        largest: float,
        target: float,
        put: Callable[[int], None],
        number: int,
        x: Real,
        most_bits: int | None = None,
    ) -> int:
        return self._search_by(
            what, name, largest, target, put, lambda: self.accuracy(number, x), most_bits
        )

    def _search_by(
        self,
        what: str,
        name: str,
        largest: float,
        target: float,
        put: Callable[[int], None],
        measure: Callable[[], float],
        most_bits: int | None = None,
    ) -> int:
        """The fraction bits to keep; more than `most_bits` would be shifted out again."""
        first, last = by_range(largest), by_range(largest) + MORE_BITS
        if most_bits is not None:
            first = max(min(first, most_bits), most_bits - _LARGEST_BIAS_SHIFT)
            last = max(first, min(last, most_bits))
            if first == most_bits:
                last = first
        tried: list[tuple[int, float]] = []
        while first + len(tried) <= last and not (tried and target - tried[-1][1] <= TOLERANCE):
            put(first + len(tried))
            tried.append((first + len(tried), measure()))
        best = max(tried, key=lambda one: one[1])[0]
        put(best)
        self.tries += [Try(what, name, largest, bits, got, bits == best) for bits, got in tried]
        return best


def by_range(largest: float) -> int:
    """Fraction bits that are left where integer bits hold the largest absolute value."""
    if largest <= 0:
        return _MOST_FRACTION_BITS
    return min(7 - int(np.ceil(np.log2(largest))), _MOST_FRACTION_BITS)


def _averages(layer: CaffeLayer) -> bool:
    return layer.kind == "pooling" and layer.pool is PoolKind.AVERAGE
