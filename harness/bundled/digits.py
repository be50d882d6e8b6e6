"""Scikit-learn's handwritten digits as 28x28 grey images, split so that 450 are never trained on.

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998, doi:10.24432/C50P49 (CC BY 4.0); scikit-learn carries its 1797 test images.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness.bundled.layout import resized

SIDE = 28
SPLIT_SEED = 7
HELD_OUT_IMAGES = 450
VALIDATION_IMAGES = 200
_SOURCE_MAX = 16


@dataclass(frozen=True)
class DigitsSplit:
    """Images (n, 28, 28, 1) uint8 and labels (n,) to learn from, to choose by, to judge by."""

    train_x: NDArray[np.uint8] = field(repr=False)
    train_y: NDArray[np.int64] = field(repr=False)
    validation_x: NDArray[np.uint8] = field(repr=False)
    validation_y: NDArray[np.int64] = field(repr=False)
    test_x: NDArray[np.uint8] = field(repr=False)
    test_y: NDArray[np.int64] = field(repr=False)


def load_split() -> DigitsSplit:
    """Return the three parts, each with the classes in the proportions of the whole set.

    An image that occurs twice would be a leak; the set has none (a test holds that).
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    source = load_digits()
    x, y = upscale(source.images.astype(np.int64)), source.target.astype(np.int64)
    rest, test = train_test_split(
        np.arange(len(y)), test_size=HELD_OUT_IMAGES, stratify=y, random_state=SPLIT_SEED
    )
    train, validation = train_test_split(
        rest, test_size=VALIDATION_IMAGES, stratify=y[rest], random_state=SPLIT_SEED
    )
    return DigitsSplit(x[train], y[train], x[validation], y[validation], x[test], y[test])


def upscale(images: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Enlarge (n, 8, 8) images of 0..16 to (n, 28, 28, 1) of 0..255, bilinearly.

    The rule is that of `harness.bundled.layout`: integers only, the same bytes everywhere.
    """
    return resized(images, SIDE, SIDE, _SOURCE_MAX)[..., np.newaxis]


def augmented(
    x: NDArray[np.uint8], y: NDArray[np.int64], copies: int, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the images and `copies` - 1 slightly turned, scaled and shifted versions of each."""
    from scipy.ndimage import affine_transform

    random = np.random.default_rng(seed)
    centre = (SIDE - 1) / 2
    images = [x]
    for _ in range(copies - 1):
        turned = np.empty_like(x)
        for index, image in enumerate(x[..., 0]):
            angle, shear = random.uniform(-0.2, 0.2), random.uniform(-0.15, 0.15)
            zoom = random.uniform(0.9, 1.1, 2)
            matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            matrix = matrix @ np.array([[1, shear], [0, 1]]) @ np.diag(zoom)
            middle = centre + random.uniform(-2, 2, 2)
            offset = middle - matrix @ np.array([centre, centre])
            turned[index, ..., 0] = affine_transform(image, matrix, offset, order=1)
        images.append(turned)
    return np.concatenate(images), np.tile(y, copies)
