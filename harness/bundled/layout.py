"""Lays square grey images out as the input of any network: resized bilinearly, channels repeated.

Integers only, so that the training script and the data set get the same bytes on any machine.
"""

from __future__ import annotations

from math import isqrt

import numpy as np
from numpy.typing import NDArray

WHITE = 255
# The digits were drawn on 8x8 pixels: an input with fewer rows or columns loses strokes.
LEAST_SIDE = 8


def image_shape(sample_shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Return rows, columns and channels of the image that fills one sample of a network's input.

    Dimensions of size 1 do not count. What is left may be (rows, columns, channels), (rows,
    columns), or flat: then the image is as nearly square as the number of elements divides, with no
    more rows than columns (640 is 20x32). None where there is no such image, or one of fewer than
    8 rows or columns, which channels first would be.
    """
    sizes = tuple(size for size in sample_shape if size != 1)
    if len(sizes) == 1:
        divisors = range(1, isqrt(sizes[0]) + 1)
        rows = max((side for side in divisors if sizes[0] % side == 0), default=1)
        sizes = (rows, sizes[0] // rows)
    if len(sample_shape) > 3 or len(sizes) not in (2, 3) or min(sizes[:2]) < LEAST_SIDE:
        return None
    return sizes[0], sizes[1], sizes[2] if len(sizes) == 3 else 1


def laid_out(images: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return grey `images` (n, height, width, 1) as (n, *shape), all channels alike."""
    rows, columns, channels = shape
    grey = resized(images[..., 0].astype(np.int64), rows, columns, WHITE)
    return np.repeat(grey[..., np.newaxis], channels, axis=3)


def resized(images: NDArray[np.int64], rows: int, columns: int, most: int) -> NDArray[np.uint8]:
    """Return `images` (n, height, width) of 0..`most` as (n, rows, columns) of 0..255, bilinearly.

    Every target pixel is the mean of the four source pixels around its centre, weighted by
    nearness; a larger source is sampled, not averaged. Halves are rounded up.
    """
    down = _weights(images.shape[1], rows)
    across = _weights(images.shape[2], columns)
    summed = down @ images @ across.T
    full_scale = most * int(down[0].sum()) * int(across[0].sum())
    return ((2 * WHITE * summed + full_scale) // (2 * full_scale)).astype(np.uint8)


def _weights(source: int, target: int) -> NDArray[np.int64]:
    """Weights (target, source) of the source pixels in each target pixel; a row sums to 2 target.

    Pixel centres are aligned and edges repeated: the centre of target pixel i lies at
    (i + 1/2) source / target - 1/2 = ((2 i + 1) source - target) / (2 target) source pixels.
    """
    whole = 2 * target
    weights = np.zeros((target, source), np.int64)
    for index in range(target):
        left, fraction = divmod((2 * index + 1) * source - target, whole)
        weights[index, max(left, 0)] += whole - fraction
        weights[index, min(left + 1, source - 1)] += fraction
    return weights
