"""Drawings of traces: well-formed, with what was measured in its place."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from harness.domain.energy import Alignment, OperatorEnergy, Window
from harness.domain.power import Accuracy, Invalid, MeterInfo, Reason, Trace
from harness.report.energy import operator_rows, quantity
from harness.report.svg import ticks
from harness.report.trace_plot import plot_trace


def trace(current: np.ndarray, origin: str = "measured") -> Trace:
    return Trace(
        rate_hz=1000.0,
        current_a=current.astype(np.float32),
        voltage_v=3.0,
        flags=np.zeros(len(current), np.uint8),
        info=MeterInfo("test", "A <meter> & co"),
        accuracy=Accuracy(0.02, 0.01, 1e-4, 0.0, "by hand"),
        origin=origin,
    )


def operators() -> list[OperatorEnergy]:
    short = Invalid(Reason.TOO_SLOW, "too short")
    return [
        OperatorEnergy(0, 5, 1e-3, 30e-6, 10e-3),
        OperatorEnergy(1, 5, 1e-5, short, float("nan")),
        OperatorEnergy(2, 5, 2e-3, 15e-6, 5e-3),
    ]


def test_a_drawing_is_well_formed_and_escapes_names() -> None:
    current = np.full(5000, 2e-3)
    current[1000:3000] = 10e-3
    current[4000:4100] = np.nan
    window = Window(1000, 3000, Alignment.GATE, 1e-3)
    text = plot_trace(trace(current, "simulated"), [window], operators(), ["CONV_2D", "x", "FC"])
    root = ElementTree.fromstring(text)
    groups = root.findall("{http://www.w3.org/2000/svg}g")
    assert len(groups) == 3
    assert "A &lt;meter&gt; &amp; co" in text
    assert "SIMULATED" in text
    assert "0 CONV_2D" in text
    assert "2 FC" in text
    assert len(re.findall("<polygon", text)) == 2  # before and after the gap


@pytest.mark.parametrize("current", [np.empty(0), np.full(10, np.nan), np.zeros(1)])
def test_a_trace_without_values_has_a_drawing_without_a_curve(current: np.ndarray) -> None:
    ElementTree.fromstring(plot_trace(trace(current)))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (2, 4.1, [2, 2.5, 3, 3.5, 4]),
    ],
)
def test_axes_have_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.431e-3, "1.431 mJ"), (0.0, "0 J"), (15e-6, "15 uJ"), (2.5, "2.5 J"), (3e-11, "0.03 nJ")],
)
def test_quantities_have_a_prefix(value: float, text: str) -> None:
    assert quantity(value, "J") == text


def test_two_digits_of_a_large_number_have_no_exponent() -> None:
    assert quantity(163e-6, "J", 2) == "160 uJ"
    assert quantity(1.16e-3, "J", 2) == "1.2 mJ"


def test_an_operator_without_energy_is_a_dash_with_its_reason() -> None:
    rows = operator_rows(operators(), ["CONV_2D"])
    assert rows[0]["operator"] == "0 CONV_2D"
    assert rows[1]["energy"] == rows[1]["mean current"] == "-"
    assert rows[1]["reason"] == "too short"
    assert rows[2]["energy"] == "15 uJ"
