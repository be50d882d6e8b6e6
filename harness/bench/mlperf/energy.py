"""MLPerf Tiny's energy mode: the windows of a session under a power meter, and their median."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.bench.mlperf.session import Answer, Session, SessionEvent
from harness.domain.energy import UNSTEADY, Baseline, EnergyReading, EnergySummary
from harness.domain.metering import BoardWindow, BoardWindows, Metering
from harness.domain.mlperf import SHORTEST_WINDOW_S, DeviceNames, Inference
from harness.domain.power import Invalid, Reason
from harness.link.mlperf import MlperfClient

GUARD_S = 0.05
_HOST_S = 0.1


class EnergySession(Session):
    """A session whose windows lie between two falling edges of a pin that a meter sees.

    The device in energy mode tells no laps: that its window is no longer than the host waited for
    it is all that can be checked of its time. Each window has a recording of its own, so that one
    that is said again leaves nothing behind.

    Args:
        metering: the meter that feeds the device.
        least_s: seconds a window must last.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        client: MlperfClient,
        names: DeviceNames,
        inferences: int,
        warmup: int,
        metering: Metering,
        *,
        verify: bool = False,
        tell: SessionEvent = lambda line: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(client, names, inferences, warmup, verify=verify, tell=tell)
        self._metering = metering
        self._clock = clock

    def _infer(self) -> Inference:
        with self._metering.record() as recording:
            recording.settle(GUARD_S)
            begin = self._clock()
            found = self._client.infer(self._inferences, self._warmup, laps_told=False)
            end = self._clock()
            recording.settle(GUARD_S)
        window = BoardWindow(None, self._inferences, (begin, end))
        told = BoardWindows(self._inferences, (window,), 0, 0.0, pulses=True)
        energy = self._metering.energy(told)
        self.energy, self.recording = energy.reading, energy
        if self._metering.gate is None:  # a simulated board has its own time
            self.energy = within_the_answer(energy.reading, window)
        return found


def within_the_answer(reading: EnergyReading, window: BoardWindow) -> EnergyReading:
    """A window cannot be longer than the host waited for its answer."""
    if isinstance(reading, Invalid):
        return reading
    seconds, host_s = reading.windows[0].time_s, window.host_s[1] - window.host_s[0]
    if seconds <= 1.02 * host_s + _HOST_S:
        return reading
    return Invalid(
        Reason.CLOCK_MISMATCH,
        f"the meter saw a window of {seconds:.3f} s in {host_s:.3f} s of the host's",
        "Check that nothing but the time stamps moves the pin.",
    )


def session_energy(answers: Sequence[Answer]) -> EnergyReading:
    """The energy of a session, or why there is none."""
    return median_energy([answer.energy for answer in answers])


def median_energy(readings: Sequence[EnergyReading | None]) -> EnergyReading:
    """The median of the windows' energies, or why there is none; one bad window leaves none.

    Where each window has a net energy, the net energy is their median, and the baseline their mean.
    """
    found: list[EnergySummary] = []
    for reading in readings:
        if reading is None:
            return Invalid(Reason.MISSING_EDGES, "a window has no recording", "Measure again.")
        if isinstance(reading, Invalid):
            return reading
        found.append(reading)
    joules = [one.energy_j for one in found]
    energy = statistics.median(joules)
    spread = statistics.stdev(joules) / statistics.fmean(joules) if len(joules) > 1 else None
    notes = [note for one in found for note in one.warnings]
    if spread is not None and spread > UNSTEADY:
        notes.append(f"the windows vary by {spread * 100:.2f} %, more than {UNSTEADY * 100:g} %")
    type_b = max(one.expanded_j / one.energy_j for one in found) / 2
    type_a = 0.0 if spread is None else spread / math.sqrt(len(joules))
    return replace(
        found[0],
        windows=tuple(window for one in found for window in one.windows),
        energy_j=energy,
        expanded_j=2 * math.hypot(type_a, type_b) * energy,
        repeatability=spread,
        charge_c=statistics.median(one.charge_c for one in found),
        mean_current_a=statistics.median(one.mean_current_a for one in found),
        peak_current_a=max(one.peak_current_a for one in found),
        time_s=statistics.median(one.time_s for one in found),
        coverage=min(one.coverage for one in found),
        baseline=_mean_baseline(found),
        net_j=_median_net(found),
        warnings=tuple(dict.fromkeys(notes)),
    )


def _mean_baseline(found: Sequence[EnergySummary]) -> Baseline | None:
    baselines = [one.baseline for one in found if one.baseline is not None]
    if len(baselines) < len(found):
        return None
    return replace(baselines[0], power_w=statistics.fmean(one.power_w for one in baselines))


def _median_net(found: Sequence[EnergySummary]) -> float | None:
    nets = [one.net_j for one in found if one.net_j is not None]
    return statistics.median(nets) if len(nets) == len(found) else None


def shortest_s(energy: EnergySummary) -> float:
    """Seconds of the shortest window, by the meter."""
    return min(window.time_s for window in energy.windows)


def by_the_rules(reading: EnergyReading) -> EnergyReading:
    """The energy, if it is of a simulation or its windows are as long as the rules want."""
    if isinstance(reading, Invalid) or reading.origin != "measured" or long_enough(reading):
        return reading
    return Invalid(
        Reason.WINDOW_TOO_SHORT,
        f"a window took {shortest_s(reading):.3f} s; the rules want {SHORTEST_WINDOW_S:g} s",
        "Measure more --inferences in a window.",
    )


def long_enough(energy: EnergySummary) -> bool:
    """Whether every window lasted as long as the rules want."""
    return shortest_s(energy) >= SHORTEST_WINDOW_S
