"""The training script says which bar a model misses, and writes definitions that can be read."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from harness.bundled.digits import DigitsSplit
from harness.bundled.recipes import RECIPES, Recipe
from harness.bundled.train_digits import definition, missed, squared, top1

BY_ID = {recipe.id: recipe for recipe in RECIPES}
CLASSIFIER, REBUILDER = BY_ID["ds-cnn-digits"], BY_ID["autoencoder-digits"]
EMPTY = np.zeros(0)
SPLIT = DigitsSplit(EMPTY, EMPTY[:0], EMPTY, EMPTY, EMPTY, EMPTY)


@pytest.mark.parametrize(
    ("in_float", "in_int8", "fault"),
    [
        (0.968, 0.96, ""),
        (0.95, 0.95, ""),
        (0.955, 0.949, "int8 accuracy is below 0.95"),
        (0.99, 0.97, "int8 and float accuracy are more than 0.01 apart"),
    ],
)
def test_a_classifier_has_two_bars(in_float: float, in_int8: float, fault: str) -> None:
    assert missed(CLASSIFIER, {"float_accuracy": in_float, "int8_accuracy": in_int8}) == fault


def test_an_autoencoder_has_one() -> None:
    bar = REBUILDER.bar
    assert missed(REBUILDER, {"int8_mean_squared_error": bar}) == ""
    fault = missed(REBUILDER, {"int8_mean_squared_error": bar + 0.001})
    assert fault == f"mean squared error {bar + 0.001:.4f} is over {bar}"


def test_figures_of_merit() -> None:
    outputs = np.array([[1.0, 3.0], [2.0, 0.0], [0.5, 0.0]])
    assert top1(outputs, np.array([1, 1, 0])) == pytest.approx(2 / 3)
    assert squared(outputs, np.zeros((1, 2))) == pytest.approx((1 + 9 + 4 + 0.25) / 6)


def test_a_definition_holds_what_was_measured() -> None:
    text = definition(REBUILDER, SPLIT, {"int8_mean_squared_error": 0.0123456}, "9.9")
    read = tomllib.loads(text)
    assert read["id"] == "autoencoder-digits"
    assert (read["dataset"], read["demo"]) == ("digits:unlabelled", False)
    assert read["training"]["int8_mean_squared_error"] == 0.012346
    assert read["training"]["script"].endswith("train_digits autoencoder-digits")
    assert "demo" not in tomllib.loads(definition(BY_ID["mlp-digits"], SPLIT, {}, "9.9"))


def test_an_input_without_room_for_a_digit() -> None:
    recipe = Recipe("tiny", "Tiny", lambda layers, x: x, 0.95, shape=(4, 4, 1))
    with pytest.raises(ValueError, match=r"tiny: no digit fits an input of shape \(4, 4, 1\)"):
        recipe.image  # noqa: B018
