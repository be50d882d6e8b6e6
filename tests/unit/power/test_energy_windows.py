"""Windows by each way there is, and what makes one invalid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders.traces import gated, summary, trace_of
from devices.meters import QUICK

from harness.domain.energy import Alignment, EnergySummary
from harness.domain.power import Edge, Invalid, Reason
from harness.power.analysis.limits import Expected
from harness.power.analysis.summary import analyse


@pytest.mark.parametrize(("seconds", "valid"), [(0.999, False), (1.0, True)])
def test_a_short_window_has_no_number(seconds: float, valid: bool) -> None:
    trace = gated([(500, 500 + round(seconds * 1000))], 3000)
    reading = analyse(trace, Expected(1, 1))
    if valid:
        assert "shorter than 10 s" in summary(reading).warnings[0]
    else:
        assert isinstance(reading, Invalid)
        assert reading.reason is Reason.WINDOW_TOO_SHORT


@pytest.mark.parametrize(("off", "valid"), [(0.019, True), (0.021, False), (-0.021, False)])
def test_board_and_meter_must_agree_on_the_time(off: float, valid: bool) -> None:
    reading = analyse(
        gated([(500, 2500)], 3000), Expected(1, 1, window_s=(2.0 / (1 + off),)), QUICK
    )
    assert isinstance(reading, EnergySummary) is valid
    if isinstance(reading, Invalid):
        assert reading.reason is Reason.CLOCK_MISMATCH
        assert f"{off * 100:+.2f} %" in reading.detail


def test_a_firmware_that_ran_another_number_is_not_believed() -> None:
    reading = analyse(gated([(500, 2500)], 3000), Expected(1, 10, answered=(9,)), QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.WRONG_COUNT


FALLBACKS = [
    (Alignment.EVENT, {"edges": (Edge(1000, "d7"), Edge(3000, "d7"))}, {}, 1e-3, True),
    (Alignment.HARDWARE_START, {"triggered": True}, {"window_s": (1.0,)}, 1e-3, True),
    # Asked for 4 ms before and answered 2 ms after, begun by the meter within 2 ms; and a sample.
    (
        Alignment.MARKER,
        {"started_s": 50.001, "earliest_s": 49.999, "host_time": True},
        {"device_s": ((7.0, 9.0),), "host_s": ((50.997, 53.003),)},
        3e-3 + 0.02 * 2.0 + 1e-3 + 1e-3,
        False,
    ),
    (Alignment.HOST, {"started_s": 50.0}, {"host_s": ((51.0, 53.0),)}, 30e-3, False),
    (Alignment.STEP, {}, {}, 4e-3, False),
]


@pytest.mark.parametrize(("alignment", "has", "told", "error_s", "comparable"), FALLBACKS)
def test_each_way_to_find_a_window_says_its_error(
    alignment: Alignment,
    has: dict[str, object],
    told: dict[str, object],
    error_s: float,
    comparable: bool,
) -> None:
    current = np.full(4000, 2e-3)
    current[1000:3000] = 10e-3
    trace = trace_of(current, **has)
    found = summary(analyse(trace, Expected(1, 1, **told), QUICK))  # type: ignore[arg-type]
    assert found.alignment is alignment
    assert found.windows[0].window.edge_error_s == pytest.approx(error_s)
    assert found.for_regression is comparable
    if not comparable:
        assert f"windows by {found.way}: not for" in found.warnings[-1]
    if alignment is not Alignment.HARDWARE_START:
        assert found.energy_j == pytest.approx(10e-3 * 3 * 2, rel=2e-3)


def test_pulses_give_windows_and_what_came_before_is_left_out() -> None:
    pins = np.ones(6000, np.uint8)
    for at in (100, 150, 1000, 3000):
        pins[at : at + 5] = 0
    trace = trace_of(np.full(6000, 5e-3), logic=pins)
    found = summary(analyse(trace, Expected(1, 1), QUICK, alignment=Alignment.PULSE))
    assert (found.windows[0].window.first, found.windows[0].window.end) == (1000, 3000)


def test_a_gate_that_is_wrong_is_not_passed_over_for_a_worse_way() -> None:
    trace = replace(trace_of(np.full(4000, 5e-3), logic=np.zeros(4000, np.uint8)), started_s=1.0)
    reading = analyse(trace, Expected(1, 1, host_s=((1.0, 3.0),)), QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.GATE_NO_RISE
