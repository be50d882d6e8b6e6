"""The energy of a case: windows of inferences with a silent link, while a meter takes samples."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

from harness.bench.device_clock import DeviceClock
from harness.domain.device import ProfileReply, Reply
from harness.domain.energy import OperatorEnergy
from harness.domain.energy_asked import (
    SHORTEST_WINDOW_S,
    SIMULATED_WINDOW_S,
    WINDOW_S,
    EnergyAsked,
)
from harness.domain.gate import GateMode, MeteredReply
from harness.domain.metering import (
    BoardWindow,
    BoardWindows,
    EnergyFound,
    Metering,
    Recording,
)
from harness.domain.power import Invalid, Reason, Sync
from harness.errors import DeviceReset, HarnessError, WrongModel

DISCARDED = 1
GUARD_S = 0.05
BASELINE_S = 2.0
_SPARE = 1.02
_PATIENCE, _PATIENCE_S = 5, 30.0
_ROUNDING = 1e-6


class MeteredDevice(Protocol):
    """What of a device is needed to measure its energy."""

    def run(self, warmup: int, repeats: int, deadline_s: float) -> Reply:
        """As `DeviceClient.run`."""

    def run_metered(
        self, mode: GateMode, warmup: int, repeats: int, deadline_s: float
    ) -> MeteredReply:
        """As `DeviceClient.run_metered`."""

    def profile(self, warmup: int, operators: int, deadline_s: float) -> ProfileReply:
        """As `DeviceClient.profile`."""


class EnergyStage:
    """Measures the model and the input that the device holds; nothing it meets ends the case.

    The device answers one request for each window, and says nothing while it computes. The first
    window warms up and does not count.

    Args:
        client: of the device, over its link.
        metering: the meter that feeds the board.
        asked: windows and their length.
        counter_hz: ticks of the device's counter in a second of its own.
        inference_s: how long one inference may take at most.
    """

    def __init__(
        self,
        client: MeteredDevice,
        metering: Metering,
        asked: EnergyAsked,
        *,
        counter_hz: int,
        inference_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._metering = metering
        self._asked = asked
        self._counter_hz = counter_hz
        self._inference_s = inference_s
        self._clock = clock
        self._host_s = 0.0
        self._device_clock = DeviceClock()

    def measure(self, warmup: int) -> EnergyFound:
        """Run the windows and tell their energy, or why there is none."""
        try:
            inference_s = self._timed(warmup)
            if not inference_s:
                return EnergyFound(_no_clock())
            return self._measured(self._inferences(inference_s))
        except HarnessError as error:
            return EnergyFound(_board_failed(error))

    def operators(
        self, operators: int, inference_j: float
    ) -> tuple[OperatorEnergy, ...] | Invalid | None:
        """The energy of each operator; None where the meter does not see the operator pin.

        The board tells in a profile how long each takes: those that are too short for the meter are
        told together. `inference_j` is what `measure` found, and what they must add up to.
        """
        if self._metering.sync is not Sync.GATE or self._metering.caps.logic_channels < 2:
            return None
        try:
            inferences = self._inferences(self._timed(0))
            profile = self._client.profile(0, operators, self._inference_s)
            operator_s = [ticks / self._counter_hz for ticks in profile.ticks]
            with self._metering.record() as recording:
                window = self._window(inferences, GateMode.OPERATORS, recording)
                recording.settle(GUARD_S)
            if isinstance(window, Invalid):
                return window
            told = self._told((window,), inferences, 0)
            return self._metering.operators(told, operator_s, inference_j)
        except HarnessError as error:
            return _board_failed(error)

    @property
    def window_s(self) -> float:
        """How long a window is to be, in the board's time."""
        usual = WINDOW_S if self._metering.gate is None else SIMULATED_WINDOW_S
        return self._asked.window_s or usual

    def _timed(self, warmup: int) -> float:
        """Seconds of one inference by the board's counter, 0 where it does not move.

        How long it took here tells how long a window may be waited for.
        """
        begin = self._clock()
        first = self._client.run(warmup, 1, self._inference_s * (warmup + 1))
        self._host_s = (self._clock() - begin) / (warmup + 1)
        return first.ticks[0] / self._counter_hz if first.ticks else 0.0

    def _inferences(self, inference_s: float) -> int:
        """How many fill a window."""
        return max(1, math.ceil(_SPARE * self.window_s / inference_s - _ROUNDING))

    def _measured(self, inferences: int) -> EnergyFound:
        mode = GateMode.PULSE if self._metering.sync is Sync.PULSE else GateMode.LEVEL
        windows: list[BoardWindow] = []
        one_each = self._metering.sync is Sync.TRIGGER
        with ExitStack() as recordings:
            recording = recordings.enter_context(self._metering.record())
            # Before its trigger an instrument sends nothing: there is no baseline to be had.
            recording.settle(BASELINE_S if self._asked.baseline and not one_each else GUARD_S)
            for number in range(DISCARDED + self._asked.windows):
                if one_each and number:
                    recordings.close()
                    recording = recordings.enter_context(self._metering.record())
                found = self._window(inferences, mode, recording)
                if isinstance(found, Invalid):
                    return EnergyFound(found)
                windows.append(found)
                recording.settle(GUARD_S)
                if recording.failed():
                    break
        return self._metering.energy(self._told(tuple(windows), inferences, DISCARDED))

    def _window(
        self, inferences: int, mode: GateMode, recording: Recording
    ) -> BoardWindow | Invalid:
        sent = self._clock()
        longest_s = self._inference_s * inferences
        deadline_s = min(longest_s, _PATIENCE_S + _PATIENCE * inferences * self._host_s)
        reply = self._client.run_metered(mode, 0, inferences, deadline_s)
        answered = self._clock()
        if reply.link_interrupts:
            return _link_active(reply)
        host_s = (sent, answered)
        device_s = None
        if reply.clock is not None and self._metering.gate is None:
            device_s = self._device_clock.span(reply.clock, host_s)
        return BoardWindow(reply.ticks / self._counter_hz, reply.repeats, host_s, device_s)

    def _told(
        self, windows: tuple[BoardWindow, ...], inferences: int, discarded: int
    ) -> BoardWindows:
        least = min(SHORTEST_WINDOW_S, self.window_s)
        if self._metering.gate is not None:
            least = min(least, SIMULATED_WINDOW_S) / 2
        return BoardWindows(inferences, windows, discarded, least, self._asked.baseline)


def _no_clock() -> Invalid:
    return Invalid(
        Reason.NO_CLOCK,
        "the board's counter does not move, so that its time and the meter's cannot be compared",
        "Use a target whose counter runs.",
    )


def _board_failed(error: HarnessError) -> Invalid:
    """A board that has forgotten its model was reset; with the meter alone to feed it, by that."""
    what = f"{type(error).__name__}: {error.what.splitlines()[0]}"
    if isinstance(error, WrongModel | DeviceReset):
        return Invalid(
            Reason.BROWN_OUT,
            f"the board started anew while it was measured ({what})",
            "Check the supply: the meter may limit its current.",
        )
    return Invalid(Reason.BOARD_FAILED, what, error.hint)


def _link_active(reply: MeteredReply) -> Invalid:
    return Invalid(
        Reason.LINK_ACTIVE,
        f"{reply.link_interrupts} link interrupts fell into a window",
        "Let nothing else talk to the device's port while it is measured.",
    )
