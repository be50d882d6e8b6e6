"""Handwritten digits of scikit-learn's set that the bundled models were never trained on."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.catalog.input_tensor import InputTensor
from harness.catalog.locations import bundled_root
from harness.catalog.samples import Samples, checked_labels
from harness.errors import BadDataset

SYNTAX = "digits"
DESCRIPTION = "held-out handwritten digits, 28x28 grey values in 0..1, 10 classes"

FILE = "digits.npz"


def load(argument: str, wanted: InputTensor, limit: int | None) -> Samples:
    """Read `x` (n, 28, 28, 1) uint8 with real value x / 255, and `y` (n,), and quantise.

    Raises:
        BadDataset: an argument, a damaged file, or a network with another number of inputs.
    """
    if argument:
        raise BadDataset(
            f"{argument!r}: this data set takes no argument",
            where=f"digits:{argument}",
            hint=f"Write {SYNTAX}.",
        )
    pixels, labels = read_digits(bundled_root() / FILE)
    flat = pixels[:limit].reshape(-1, int(np.prod(pixels.shape[1:])))
    shaped = wanted.shaped(flat, SYNTAX)
    return Samples(
        inputs=wanted.quantised(shaped.astype(np.float64) / 255.0, SYNTAX),
        labels=labels[:limit],
    )


def read_digits(path: Path) -> tuple[NDArray[np.generic], NDArray[np.int64]]:
    """Pixels and labels of the archive at `path`.

    Raises:
        BadDataset: the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            pixels, labels = archive["x"], archive["y"]
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        raise BadDataset(
            f"the bundled data cannot be read: {error}",
            where=str(path),
            hint="Install the package again.",
        ) from error
    return pixels, checked_labels(labels, pixels.shape[0], SYNTAX)
