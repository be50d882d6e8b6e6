"""From raw answers to readings: counts per inference, accuracy, and equality with the host."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.bench.stream import Answers
from harness.domain.dataset import Dataset
from harness.domain.image import ModelImage
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.network import DType
from harness.domain.target import Target
from harness.domain.units import Unit

_NUMPY: dict[DType, np.dtype[np.generic]] = {
    DType.INT8: np.dtype("<i1"),
    DType.UINT8: np.dtype("<u1"),
    DType.INT16: np.dtype("<i2"),
    DType.INT32: np.dtype("<i4"),
}


def counts(answers: Answers, target: Target) -> Reading:
    """Counter readings per inference, in the unit the target gives its counter's ticks."""
    if answers.no_counter is not None:
        return Missing(target.counter.unit.value, answers.no_counter)
    values = answers.ticks.astype(np.float64).ravel() * target.counter.per_tick
    return Measurement(
        quantity=target.counter.unit.value,
        value=float(np.median(values)),
        unit=target.counter.unit,
        n=int(values.size),
        minimum=float(values.min()),
        maximum=float(values.max()),
        fidelity=target.fidelity,
        instrument=target.counter.name,
        method="counter restarted per window; all operators of one inference; median",
        resolution=target.counter.per_tick,
    )


def typed_outputs(answers: Answers, image: ModelImage) -> NDArray[np.generic]:
    """The outputs in the element type of the model's output, shape (n, elements).

    Of several the one behind the other, in the smallest type that holds all of theirs.
    """
    ends = np.cumsum([output.nbytes for output in image.outputs])[:-1]
    parts = np.split(answers.outputs, ends, axis=1)
    return np.concatenate(
        [
            np.ascontiguousarray(part).view(_NUMPY[output.dtype])
            for part, output in zip(parts, image.outputs, strict=True)
        ],
        axis=1,
    )


def accuracy(
    outputs: NDArray[np.generic], dataset: Dataset, image: ModelImage, target: Target
) -> Reading:
    """Top-1 accuracy, the fraction of inputs whose largest output is at the label's index."""
    if dataset.labels is None:
        return Missing("accuracy", dataset.no_labels or "no labels")
    if len(image.outputs) != 1:
        return Missing("accuracy", f"the model has {len(image.outputs)} outputs")
    right = outputs.argmax(axis=1) == dataset.labels
    share = float(right.mean())
    return Measurement(
        quantity="accuracy",
        value=share,
        unit=Unit.FRACTION,
        n=len(dataset),
        minimum=share,
        maximum=share,
        fidelity=target.fidelity,
        instrument="device outputs",
        method="top-1: index of the largest output equals the label",
        resolution=1 / len(dataset),
    )


def agreement(
    outputs: NDArray[np.generic], reference: NDArray[np.generic], target: Target
) -> tuple[Measurement, Measurement]:
    """How many output vectors equal the host reference, and the largest difference in LSB.

    Both arrays have shape (n, elements).
    """
    difference = np.abs(
        outputs.astype(np.int32) - reference.reshape(outputs.shape).astype(np.int32)
    )
    per_vector = difference.max(axis=1)
    method = "byte for byte against the host reference of the same model file"
    same = float(np.count_nonzero(per_vector == 0))
    equal = Measurement(
        quantity="vectors_equal",
        value=same,
        unit=Unit.SAMPLES,
        n=int(per_vector.size),
        minimum=same,
        maximum=same,
        fidelity=target.fidelity,
        instrument="device outputs",
        method=method,
        resolution=1.0,
    )
    largest = Measurement(
        quantity="largest_difference",
        value=float(per_vector.max()),
        unit=Unit.LSB,
        n=int(per_vector.size),
        minimum=float(per_vector.min()),
        maximum=float(per_vector.max()),
        fidelity=target.fidelity,
        instrument="device outputs",
        method=method,
        resolution=1.0,
    )
    return equal, largest
