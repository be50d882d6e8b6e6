"""The images are enlarged exactly, and what is held out is never among what is trained on."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from harness import bundled
from harness.bundled.digits import augmented, load_split, upscale


def bilinear(image: np.ndarray, row: int, column: int) -> Fraction:
    """One target pixel from the definition of bilinear interpolation, in exact arithmetic."""

    def along(target: int) -> list[tuple[int, Fraction]]:
        centre = (target + Fraction(1, 2)) * 8 / 28 - Fraction(1, 2)
        centre = min(max(centre, Fraction(0)), Fraction(7))
        left = min(int(centre), 6)
        return [(left, 1 - (centre - left)), (left + 1, centre - left)]

    return sum(
        (wr * wc * int(image[r, c]) for r, wr in along(row) for c, wc in along(column)),
        Fraction(0),
    )


def test_upscaling_is_bilinear_to_the_last_bit() -> None:
    image = np.random.default_rng(1).integers(0, 17, (8, 8))
    enlarged = upscale(image[np.newaxis])[0, ..., 0]
    expected = [
        [int(bilinear(image, r, c) * 255 / 16 + Fraction(1, 2)) for c in range(28)]
        for r in range(28)
    ]
    assert enlarged.tolist() == expected


@pytest.mark.parametrize(("level", "grey"), [(0, 0), (8, 128), (16, 255)])
def test_upscaling_keeps_even_levels(level: int, grey: int) -> None:
    assert set(upscale(np.full((1, 8, 8), level)).ravel().tolist()) == {grey}


def test_augmentation_begins_with_the_originals_and_repeats_labels() -> None:
    x = upscale(np.random.default_rng(2).integers(0, 17, (3, 8, 8)))
    y = np.array([4, 5, 6])
    more_x, more_y = augmented(x, y, copies=3, seed=1)
    assert more_x.shape == (9, 28, 28, 1)
    assert (more_x[:3] == x).all()
    assert more_y.tolist() == [4, 5, 6] * 3
    again, _ = augmented(x, y, copies=3, seed=1)
    assert (again == more_x).all()


def test_held_out_images_were_never_trained_on() -> None:
    pytest.importorskip("sklearn", reason="needs the extra `train` (scikit-learn)")
    split = load_split()
    parts = [split.train_x, split.validation_x, split.test_x]
    assert [len(part) for part in parts] == [1147, 200, 450]
    assert len({image.tobytes() for part in parts for image in part}) == 1797
    with np.load(Path(bundled.__file__).parent / "digits.npz", allow_pickle=False) as archive:
        assert (archive["x"] == split.test_x).all()
        assert (archive["y"] == split.test_y).all()
