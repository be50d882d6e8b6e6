"""A clock of 32 bits that wraps, unwrapped by the time that passed on the host."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.device_clock import WRAP, DeviceClock
from harness.domain.gate import ClockReading

Spans = st.lists(st.tuples(st.floats(0.1, 100.0), st.floats(0.0, 600.0)), min_size=1, max_size=6)


@given(
    spans=Spans,
    skew=st.floats(-0.02, 0.02),
    start=st.integers(0, WRAP - 1),
    hz=st.sampled_from([100_000, 1_000_000, 25_000_000]),
)
def test_spans_and_pauses_are_those_of_the_board(
    spans: list[tuple[float, float]], skew: float, start: int, hz: int
) -> None:
    """Whatever it begins at, and also where it wraps several times from window to window."""
    clock, now, ticks, found, true = DeviceClock(), 1000.0, start, [], []
    for length, pause in spans:
        begun = ticks
        ticks += round(length * (1 + skew) * hz)
        reading = ClockReading(begun % WRAP, ticks % WRAP, hz)
        found.append(clock.span(reading, (now - 0.01, now + length + 0.01)))
        true.append((begun, ticks))
        now += length + pause
        ticks += round(pause * (1 + skew) * hz)
    origin = found[0][0] * hz - true[0][0]
    assert origin == pytest.approx(0, abs=1)
    for one, (begun, ended) in zip(found, true, strict=True):
        assert one[0] * hz - begun == pytest.approx(origin, abs=0.01)
        assert one[1] * hz - ended == pytest.approx(origin, abs=0.01)


def test_a_board_that_started_anew_goes_back() -> None:
    """Within half a wrap that is seen as it is, and contradicts the host's time afterwards."""
    clock = DeviceClock()
    clock.span(ClockReading(900_000_000, 910_000_000, 1_000_000), (10.0, 20.1))
    began, ended = clock.span(ClockReading(1_000_000, 11_000_000, 1_000_000), (21.0, 31.1))
    assert (began, ended) == (1.0, 11.0)
