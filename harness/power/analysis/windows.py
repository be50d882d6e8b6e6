"""Find the windows of measured inferences: by the most exact way the trace allows."""

from __future__ import annotations

from collections.abc import Callable

from harness.domain.energy import Alignment, Window
from harness.domain.power import Invalid, Reason, Trace
from harness.power.analysis.fallback_windows import by_host, by_step, by_trigger
from harness.power.analysis.levels import edges_of, level_at_start
from harness.power.analysis.limits import Expected, Limits
from harness.power.analysis.markers import by_markers, markers_there

GATE_BIT = 0
_WIRING = "Check the wire to the gate pin, common ground, and the supply of the meter's logic port."
Windows = list[Window] | Invalid


def find_windows(
    trace: Trace,
    expected: Expected,
    limits: Limits,
    *,
    alignment: Alignment | None = None,
    gate_bit: int = GATE_BIT,
) -> Windows:
    """The windows in their order, or why there are none.

    Without `alignment` the first of `Alignment` is taken that the trace and what is expected have
    the data for. A way whose data are there and wrong is not passed over for a worse one.
    """
    chosen = alignment or best_alignment(trace, expected)
    finders: dict[Alignment, Callable[[], Windows]] = {
        Alignment.GATE: lambda: by_gate(trace, expected, limits, gate_bit),
        Alignment.PULSE: lambda: by_pulses(trace, expected, limits, gate_bit),
        Alignment.EVENT: lambda: by_events(trace, expected),
        Alignment.HARDWARE_START: lambda: by_trigger(trace, expected),
        Alignment.MARKER: lambda: by_markers(trace, expected, limits),
        Alignment.STEP: lambda: by_step(trace, expected),
        Alignment.HOST: lambda: by_host(trace, expected),
    }
    return finders[chosen]()


def best_alignment(trace: Trace, expected: Expected) -> Alignment:
    """The most exact way there are data for; the current itself always is."""
    available = (
        (Alignment.GATE, trace.logic is not None),
        (Alignment.EVENT, bool(trace.edges)),
        (Alignment.HARDWARE_START, trace.triggered),
        (Alignment.MARKER, markers_there(trace, expected)),
        (Alignment.HOST, bool(expected.host_s)),
    )
    return next((way for way, there in available if there), Alignment.STEP)


def by_gate(trace: Trace, expected: Expected, limits: Limits, bit: int) -> Windows:
    """Windows from each rise of the gate to the fall that follows."""
    if trace.logic is None:
        return no_edges(trace)
    rises, falls = edges_of(trace, bit, limits.debounce_s)
    if level_at_start(trace, bit):
        if not len(falls):
            return Invalid(Reason.GATE_NO_RISE, "the gate is high in every sample", _WIRING)
        falls = falls[1:]  # the end of something that began before the recording
    if not len(rises):
        return no_edges(trace)
    if len(falls) < len(rises):
        return Invalid(
            Reason.GATE_NOT_LOWERED,
            f"the gate rose {len(rises)} times and fell {len(falls)} times",
            "Record until the firmware has lowered its gate; look for a fault of the board.",
        )
    if (wrong := _wrong_number(len(rises), expected.windows)) is not None:
        return wrong
    edge_error = 1 / trace.rate_hz
    return [
        Window(int(first), int(end), Alignment.GATE, edge_error)
        for first, end in zip(rises, falls, strict=True)
    ]


def by_pulses(trace: Trace, expected: Expected, limits: Limits, bit: int) -> Windows:
    """Windows between falling edges, two for each (MLPerf Tiny and EEMBC firmware)."""
    if trace.logic is None:
        return no_edges(trace)
    _, falls = edges_of(trace, bit, limits.debounce_s)
    return _pairs(
        trace, [(int(at), 0) for at in falls], expected.windows, Alignment.PULSE, 1 / trace.rate_hz
    )


def by_events(trace: Trace, expected: Expected) -> Windows:
    """Windows between edges the instrument reported, two for each."""
    found = [(edge.index, edge.late_by) for edge in trace.edges]
    return _pairs(trace, found, expected.windows, Alignment.EVENT, 1 / trace.rate_hz)


def no_edges(trace: Trace) -> Invalid:
    """The gate never moved."""
    return Invalid(Reason.GATE_NO_RISE, f"no edge of the gate in {trace.duration_s:.2f} s", _WIRING)


def _pairs(
    trace: Trace,
    found: list[tuple[int, int]],
    windows: int,
    alignment: Alignment,
    edge_error_s: float,
) -> Windows:
    """Two edges for each window; activity before the first window is allowed (the pin's set-up)."""
    if not found:
        return no_edges(trace)
    if len(found) == 1:
        return Invalid(
            Reason.GATE_NOT_LOWERED,
            "one edge only: the window begins and does not end",
            "Record until the firmware has ended its window.",
        )
    if len(found) < 2 * windows or len(found) % 2:
        return Invalid(
            Reason.MISSING_EDGES if len(found) < 2 * windows else Reason.EXTRA_EDGES,
            f"{len(found)} edges where {2 * windows} were expected",
            _WIRING,
        )
    last = found[-2 * windows :]
    return [
        Window(a, b, alignment, edge_error_s + max(late_a, late_b) / trace.rate_hz)
        for (a, late_a), (b, late_b) in zip(last[::2], last[1::2], strict=True)
    ]


def _wrong_number(found: int, wanted: int) -> Invalid | None:
    if found == wanted:
        return None
    reason = Reason.EXTRA_EDGES if found > wanted else Reason.MISSING_EDGES
    return Invalid(
        reason, f"{found} windows where {wanted} were expected", "Look for glitches. " + _WIRING
    )
