"""Windows by clocks that are tied by causality alone: the true edge lies within the error told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders.traces import summary, trace_of
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.domain.energy import Alignment
from harness.domain.power import Edge, Invalid, Reason, SampleBlock, Trace
from harness.power.analysis.limits import Expected, Limits
from harness.power.analysis.markers import Moment, by_markers, markers_there, on_host, on_trace
from harness.power.analysis.summary import analyse
from harness.power.analysis.windows import best_alignment
from harness.power.recording import started

ORIGIN = 123_456.0
DELAYS = st.lists(st.floats(0.0, 0.02), min_size=2, max_size=2)
WINDOWS = st.lists(st.tuples(st.floats(0.05, 12.0), st.floats(0.0, 2.0), DELAYS), max_size=8)


def clocks(
    windows: list[tuple[float, float, list[float]]], skew: float, offset: float
) -> tuple[list[tuple[float, float]], list[tuple[float, float]], list[tuple[float, float]]]:
    """Device spans, host spans, and the truth, of windows of (length, pause before, delays)."""
    now, device, host, truth = ORIGIN, [], [], []
    for length, pause, (before, behind) in windows:
        sent = now + pause
        began = sent + before
        ended = began + length
        now = ended + behind
        host.append((sent, now))
        truth.append((began, ended))
        device.append(
            ((began - ORIGIN) / (1 + skew) + offset, (ended - ORIGIN) / (1 + skew) + offset)
        )
    return device, host, truth


@settings(max_examples=200, deadline=None)
@given(
    windows=WINDOWS.filter(bool),
    skew=st.floats(-300e-6, 300e-6),
    offset=st.floats(-5000.0, 5000.0),
)
def test_the_true_edges_lie_where_they_may(
    windows: list[tuple[float, float, list[float]]], skew: float, offset: float
) -> None:
    device, host, truth = clocks(windows, skew, offset)
    found = on_host(device, host, 0.02)
    assert not isinstance(found, Invalid), found
    for moment, true in zip(found, np.ravel(truth), strict=True):
        assert moment.earliest - 1e-6 <= true <= moment.latest + 1e-6
        assert moment.earliest - 1e-6 <= moment.likely <= moment.latest + 1e-6
    # No looser than by its own window alone, with a rate that is anywhere within the limit.
    for begin, end, (sent, answered), span in zip(
        found[::2], found[1::2], host, device, strict=True
    ):
        least = 0.98 * (span[1] - span[0])
        assert begin.earliest >= sent - 1e-6
        assert end.latest <= answered + 1e-6
        assert begin.latest <= answered - least + 1e-6
        assert end.earliest >= sent + least - 1e-6


def test_the_error_is_what_a_pencil_gives() -> None:
    """Two windows of 10 s, 30 s apart, each begun 2 ms after its request and answered 1 ms late.

    An edge can move by the delays, and by what the rate can: the same 3 ms over the 40 s from the
    first beginning to the last end.
    """
    delays = [2e-3, 1e-3]
    device, host, truth = clocks([(10.0, 0.0, delays), (10.0, 20 - 3e-3, delays)], 100e-6, 77.0)
    found = on_host(device, host, 0.02)
    assert not isinstance(found, Invalid)
    first, last = found[0], found[-1]
    assert first.earliest == pytest.approx(truth[0][0] - 2e-3, abs=1e-6)
    assert last.latest == pytest.approx(truth[1][1] + 1e-3, abs=1e-6)
    # The steepest and the flattest line go from the one's answer to the other's request.
    slope = 3e-3 / (truth[1][0] - truth[0][1])
    assert first.latest == pytest.approx(truth[0][0] + 1e-3 + 10 * slope, abs=1e-6)
    assert last.earliest == pytest.approx(truth[1][1] - 2e-3 - 10 * slope, abs=1e-6)


def test_clocks_that_run_alike_place_the_windows_in_the_middle() -> None:
    device, host, truth = clocks([(1.0, 0.1, [3e-3, 3e-3])] * 4, 0.0, -3.0)
    found = on_host(device, host, 0.02)
    assert not isinstance(found, Invalid)
    assert [one.likely for one in found] == pytest.approx(list(np.ravel(truth)), abs=1e-9)


@pytest.mark.parametrize(
    ("begins_later", "ends_later", "ms"),
    [
        # It ends 0.29 s (by a rate 2 % less) after the next one began, and its answer was there
        # 0.05 s before that was asked for.
        (0.0, 0.35, 1e3 * (0.05 + 0.98 * 0.29)),
        (1.0, 1.0, 1e3 * (0.05 + 0.98 * 0.94)),
        # A wrap of 2^32 us too few.
        (-4294.967296, -4294.967296, 1e3 * (0.05 + 0.98 * (4294.967296 - 0.06))),
    ],
)
def test_times_that_contradict_each_other_are_no_windows(
    begins_later: float, ends_later: float, ms: float
) -> None:
    device, host, _ = clocks([(10.0, 0.05, [5e-3, 5e-3])] * 3, 0.0, 0.0)
    device[1] = (device[1][0] + begins_later, device[1][1] + ends_later)
    found = on_host(device, host, 0.02)
    assert isinstance(found, Invalid)
    assert found.reason is Reason.CLOCK_MISMATCH
    told = float(found.detail.partition(" by ")[2].split()[0])
    assert told == pytest.approx(ms, abs=0.1)
    assert found.detail == (
        "the board's clock contradicts the times at which it was asked and answered by "
        f"{told:.3f} ms, with a rate within 2 %"
    )
    assert found.hint == (
        "Check the rate of the board's clock, and that nothing reset or halted the board."
    )


@settings(max_examples=200, deadline=None)
@given(
    error=st.floats(-1e-3, 1e-3),
    delays=st.lists(st.floats(0.0, 0.1), min_size=1, max_size=30),
    waited=st.floats(0.0, 0.5),
    share=st.floats(0.0, 1.0),
)
def test_a_meter_that_samples_at_another_rate_is_within_its_accuracy(
    error: float, delays: list[float], waited: float, share: float
) -> None:
    """Blocks of 1 s at nominally 100 Hz, late by what they like, of a meter up to 0.1 % off."""
    rate, begun = 100.0, 5000.0
    block = np.zeros(100, np.float32)
    seconds = len(delays) / (1 + error)
    blocks = [
        SampleBlock(
            100 * n,
            block,
            np.zeros(100, np.uint8),
            arrived_s=begun + (n + 1) / (1 + error) + delay,
        )
        for n, delay in enumerate(delays)
    ]
    trace = trace_of(np.zeros(100 * len(delays)), rate, earliest_s=begun - waited)
    trace = replace(
        trace,
        started_s=started(blocks, rate),
        accuracy=replace(trace.accuracy, time_base=1e-3),
    )
    at = begun + share * seconds
    found = on_trace(trace, [Moment(at, at, at)])
    assert not isinstance(found, Invalid), found
    true = share * seconds * (1 + error)
    assert found[0].earliest - 1e-9 <= true <= found[0].latest + 1e-9
    # What is known no better: when it began, and its rate over the recording.
    width = found[0].latest - found[0].earliest
    assert width <= (waited + max(delays) + 3 * 1e-3 * len(delays)) * 1.001 + 1e-9


def recorded(host: list[tuple[float, float]], seconds: float, **more: object) -> Trace:
    """At 1 kHz from a second before the first window on; 10 mA in windows, 2 mA outside."""
    start = host[0][0] - 1.0
    times = start + np.arange(round(seconds * 1e3)) / 1e3
    current = np.full(len(times), 2e-3)
    for begin, end in host:
        current[(times >= begin) & (times < end)] = 10e-3
    times_known = {"started_s": start, "earliest_s": start - 2e-3, **more}
    return trace_of(current, **times_known)


LIMITS = Limits(least_window_s=0.5, wanted_window_s=0.5)


def told(count: int = 4, length: float = 2.0) -> tuple[Expected, Trace]:
    device, host, truth = clocks([(length, 0.1, [2e-3, 2e-3])] * count, 200e-6, 5.0)
    expected = Expected(count, 10, window_s=(length,) * count, host_s=host, device_s=device)
    return expected, recorded(truth, count * (length + 0.2) + 2)


def test_the_energy_is_within_what_its_edges_leave_open() -> None:
    expected, trace = told()
    found = summary(analyse(trace, expected, LIMITS, discard=1))
    assert found.alignment is Alignment.MARKER
    assert found.way == "marker"
    assert found.for_regression
    joules = 10e-3 * 3.0 * 2.0 / 10
    edges = next(part.relative for part in found.budget if part.name == "edges of the window")
    widest = max(one.window.edge_error_s for one in found.windows)
    # 2 ms either side of the host's, 1 ms of the meter's, a sample, and what rates can do.
    assert 4e-3 <= widest <= 6e-3
    assert edges == pytest.approx(widest / 2.0 / np.sqrt(3), rel=2e-3)
    assert abs(found.energy_j - joules) <= 2 * edges * joules
    for number, one in enumerate(found.windows, 1):
        begins_s = 1.0 + number * 2.104
        assert abs(one.window.first / 1e3 - begins_s) <= one.window.edge_error_s
        assert abs(one.window.end / 1e3 - begins_s - 2.0) <= one.window.edge_error_s


def test_a_meter_of_which_little_is_known_makes_edges_that_gate_nothing() -> None:
    expected, trace = told()
    assert trace.started_s is not None
    late = replace(trace, earliest_s=trace.started_s - 0.06)
    found = summary(analyse(late, expected, LIMITS))
    assert found.way == "marker with wide edges"
    assert not found.for_regression
    assert found.warnings[-1] == (
        "windows by marker with wide edges: not for comparisons over time"
    )
    assert found.windows[0].window.edge_error_s > 0.03


def test_the_rate_of_the_meter_is_a_part_of_the_error() -> None:
    expected, trace = told()
    drifts = replace(trace, accuracy=replace(trace.accuracy, time_base=1e-3))
    widths = []
    for one in (replace(drifts, host_time=True), drifts):
        windows = by_markers(one, expected, LIMITS)
        assert not isinstance(windows, Invalid)
        widths.append([window.edge_error_s for window in windows])
    exact, drifting = (np.array(one) for one in widths)
    # 1 ms a second: of the time to the end, by which the start is known, or of that since then.
    ends = np.array([one.end / 1e3 for one in windows])
    begins = np.array([one.first / 1e3 for one in windows])
    expected_s = 1e-3 * np.maximum(trace.duration_s - begins, ends)
    assert drifting - exact == pytest.approx(expected_s, abs=0.7e-3)


def test_samples_that_came_before_they_were_asked_for() -> None:
    expected, trace = told()
    assert trace.started_s is not None
    early = replace(trace, earliest_s=trace.started_s + 0.01)
    found = analyse(early, expected, LIMITS)
    assert isinstance(found, Invalid)
    assert found.reason is Reason.CLOCK_MISMATCH
    assert (
        "the meter's samples came 9.460 ms too early for when it was told to begin" in found.detail
    )
    assert found.hint == "Check the rate that the meter really samples with."


def test_the_board_s_counter_and_the_window_must_agree() -> None:
    expected, trace = told()
    found = analyse(trace, replace(expected, window_s=(1.9,) * 4), LIMITS)
    assert isinstance(found, Invalid)
    assert found.reason is Reason.CLOCK_MISMATCH
    assert "the board counted 1.900000 s" in found.detail


def test_markers_are_taken_where_all_is_known_and_nothing_better_is_there() -> None:
    expected, trace = told()
    assert best_alignment(trace, expected) is Alignment.MARKER
    assert markers_there(trace, expected)
    for less in ({"started_s": None}, {"earliest_s": None}):
        assert best_alignment(replace(trace, **less), expected) is Alignment.HOST
    assert best_alignment(trace, replace(expected, device_s=())) is Alignment.HOST
    assert best_alignment(trace, replace(expected, device_s=(), host_s=())) is Alignment.STEP
    better = replace(trace, edges=(Edge(1, "d7"),))
    assert best_alignment(better, expected) is Alignment.EVENT
    assert best_alignment(replace(trace, triggered=True), expected) is Alignment.HARDWARE_START


def test_a_window_without_its_time_is_not_guessed() -> None:
    expected, trace = told()
    found = by_markers(trace, replace(expected, device_s=expected.device_s[:3]), LIMITS)
    assert isinstance(found, Invalid)
    assert "3 times of the board where 4 windows were expected" in found.detail


def test_a_recording_began_when_its_promptest_block_says() -> None:
    """Blocks of 10 ms, of which the first came 4 ms late and the third at once."""
    values = np.zeros(10, np.float32)
    late = (4e-3, 2e-3, 0.0, 7e-3)
    blocks = [
        SampleBlock(10 * n, values, np.zeros(10, np.uint8), arrived_s=5 + 0.01 * (n + 1) + one)
        for n, one in enumerate(late)
    ]
    unknown = SampleBlock(40, values, np.zeros(10, np.uint8))
    assert started([*blocks, unknown], 1e3) == pytest.approx(5.0, abs=1e-9)
    assert started([unknown], 1e3) is None
