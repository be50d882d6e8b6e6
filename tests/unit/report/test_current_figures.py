"""Figures of a meter's recording: how often each current occurs, and the energy of operators."""

from __future__ import annotations

from dataclasses import replace

from builders.report_contents import trace

from harness.report.current_figures import more_figures

MORE = replace(
    trace(),
    histogram=((2e-3, 0.25), (10e-3, 0.75)),
    operators=(
        ("0 CONV_2D", 30e-6),
        ("1 ADD", float("nan")),
        ("2-3 RESHAPE + SOFTMAX", 10e-6),
    ),
)


def test_a_histogram_in_milliamperes_and_percent() -> None:
    histogram, _ = more_figures(MORE)
    assert histogram.data[0]["x"] == [2.0, 10.0]
    assert histogram.data[0]["y"] == [25.0, 75.0]
    assert histogram.summary == "from 2 to 10 mA"


def test_a_bar_for_each_operator_that_has_an_energy() -> None:
    _, bars = more_figures(MORE)
    assert bars.data[0]["y"] == ["0 CONV_2D", "2-3 RESHAPE + 1 more"]
    assert bars.data[0]["x"] == [30.0, 10.0]
    assert bars.summary == (
        "40 uJ in 2 bars; told together, too short for the meter: 2-3 RESHAPE + SOFTMAX; "
        "1 without an energy are left out"
    )


def test_without_either_there_is_no_figure() -> None:
    assert more_figures(trace()) == []
