"""Handwritten digits of scikit-learn's set that the bundled models were never trained on."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.bundled.layout import LEAST_SIDE, WHITE, image_shape, laid_out
from harness.catalog.input_tensor import InputTensor
from harness.catalog.locations import bundled_root
from harness.catalog.samples import Samples, checked_labels
from harness.errors import BadDataset

NAME = "digits"
UNLABELLED = "unlabelled"
SYNTAX = f"{NAME}[:{UNLABELLED}]"
DESCRIPTION = (
    "held-out handwritten digits, grey values in 0..1, 10 classes; "
    "28x28, enlarged bilinearly to the model's input"
)

FILE = "digits.npz"


def load(argument: str, wanted: InputTensor, limit: int | None) -> Samples:
    """Read `x` (n, 28, 28, 1) uint8 with real value x / 255, and `y` (n,), lay out and quantise.

    Images of another size are made by `harness.bundled.layout`, as for training; `unlabelled`
    leaves the labels out, for networks that do not tell classes.

    Raises:
        BadDataset: another argument, a damaged file, or a network whose input is no image.
    """
    if argument not in ("", UNLABELLED):
        raise BadDataset(
            f"{argument!r} is no part of this data set",
            where=f"{NAME}:{argument}",
            hint=f"Write {NAME}, or {NAME}:{UNLABELLED}.",
        )
    pixels, labels = read_digits(bundled_root() / FILE)
    images = wanted.shaped(_laid_out(pixels[:limit], wanted), NAME)
    # Each of the 256 grey values is quantised once: many pixels share one.
    levels = wanted.quantised(np.arange(WHITE + 1) / WHITE, NAME)
    return Samples(
        inputs=levels[images.astype(np.uint8)],
        labels=None if argument else labels[:limit],
        no_labels=f"{NAME}:{UNLABELLED} has no labels" if argument else "",
    )


def _laid_out(pixels: NDArray[np.generic], wanted: InputTensor) -> NDArray[np.uint8]:
    image = image_shape(wanted.sample_shape)
    if image is None:
        shape = "x".join(str(size) for size in wanted.shape)
        raise BadDataset(
            f"the model's input is {shape}, not an image of {LEAST_SIDE}x{LEAST_SIDE} or more, "
            "channels last",
            where=NAME,
            hint="Use another data set (`harness datasets`).",
        )
    return laid_out(pixels.astype(np.uint8), image).reshape(pixels.shape[0], -1)


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
    return pixels, checked_labels(labels, pixels.shape[0], NAME)
