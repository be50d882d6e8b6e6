"""One image becomes the input of any network: which rows and columns, and every pixel of them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bundled.layout import image_shape, laid_out, resized


def bilinear(image: np.ndarray, rows: int, columns: int, row: int, column: int) -> Fraction:
    """One target pixel from the definition of bilinear interpolation, in exact arithmetic."""

    def along(source: int, target: int, index: int) -> list[tuple[int, Fraction]]:
        centre = (index + Fraction(1, 2)) * source / target - Fraction(1, 2)
        centre = min(max(centre, Fraction(0)), Fraction(source - 1))
        left = min(int(centre), source - 2)
        return [(left, 1 - (centre - left)), (left + 1, centre - left)]

    return sum(
        (
            down * across * int(image[r, c])
            for r, down in along(image.shape[0], rows, row)
            for c, across in along(image.shape[1], columns, column)
        ),
        Fraction(0),
    )


@pytest.mark.parametrize(
    ("sample", "image"),
    [
        ((28, 28, 1), (28, 28, 1)),
        ((1, 28, 28), (28, 28, 1)),
        ((49, 10, 1), (49, 10, 1)),
        ((49, 10), (49, 10, 1)),
        ((32, 32, 3), (32, 32, 3)),
        ((96, 96, 3), (96, 96, 3)),
        ((640,), (20, 32, 1)),
        ((1, 1, 640), (20, 32, 1)),
        ((784,), (28, 28, 1)),
        ((64,), (8, 8, 1)),
    ],
)
def test_the_image_that_fills_an_input(
    sample: tuple[int, ...], image: tuple[int, int, int]
) -> None:
    assert image_shape(sample) == image


@pytest.mark.parametrize(
    "sample",
    [(), (1,), (0,), (63,), (641,), (7, 8), (8, 7, 3), (3, 96, 96), (16, 28, 28, 1), (0, 28, 28)],
)
def test_inputs_that_are_no_image(sample: tuple[int, ...]) -> None:
    assert image_shape(sample) is None


def test_pixels_worked_out_by_hand() -> None:
    # 2 rows to 4: centres at -1/4, 1/4, 3/4, 5/4 of the source, the outer two at the edge.
    # 2 columns to 2: unchanged. (0, 100) down to (200, 40):
    #   row 0: 0, 100; row 1: 3/4 and 1/4: 50, 85; row 2: 150, 55; row 3: 200, 40.
    image = np.array([[[0, 100], [200, 40]]])
    assert resized(image, 4, 2, 255).tolist() == [[[0, 100], [50, 85], [150, 55], [200, 40]]]
    # 4 columns to 3: centres at 1/6, 3/2, 17/6. 0, 60, 120, 240 give 10, 90, 220.
    assert resized(np.array([[[0, 60, 120, 240]]]), 1, 3, 255).tolist() == [[[10, 90, 220]]]
    # Halves are rounded up: the mean of 0 and 1, and of 1 and 2.
    assert resized(np.array([[[0, 1, 1, 2]]]), 1, 2, 255).tolist() == [[[1, 2]]]


@given(
    st.tuples(st.integers(2, 9), st.integers(2, 9)),
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.integers(1, 255),
    st.integers(0, 2**32 - 1),
)
def test_every_size_is_bilinear_to_the_last_bit(
    source: tuple[int, int], target: tuple[int, int], most: int, seed: int
) -> None:
    image = np.random.default_rng(seed).integers(0, most + 1, source)
    assert resized(image[np.newaxis], *target, most)[0].tolist() == [
        [
            int(bilinear(image, *target, r, c) * 255 / most + Fraction(1, 2))
            for c in range(target[1])
        ]
        for r in range(target[0])
    ]


@pytest.mark.parametrize("shape", [(28, 28, 1), (49, 10, 1), (96, 96, 3), (20, 32, 1)])
def test_channels_are_alike_and_even_grey_stays(shape: tuple[int, int, int]) -> None:
    for grey in (0, 1, 127, 255):
        flat = laid_out(np.full((2, 28, 28, 1), grey, np.uint8), shape)
        assert flat.shape == (2, *shape)
        assert set(flat.ravel().tolist()) == {grey}
    noise = np.random.default_rng(3).integers(0, 256, (2, 28, 28, 1), np.uint8)
    image = laid_out(noise, shape)
    assert (image == image[..., :1]).all()


def test_its_own_size_is_left_alone() -> None:
    noise = np.random.default_rng(4).integers(0, 256, (2, 28, 28, 1), np.uint8)
    assert laid_out(noise, (28, 28, 1)).tobytes() == noise.tobytes()
