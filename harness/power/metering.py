"""A meter at work for a case: it feeds the board, records while the board runs, and is analysed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from harness.domain.energy import OperatorEnergy
from harness.domain.gate import GateFeed
from harness.domain.metering import BoardWindows, EnergyFound, Recording
from harness.domain.power import (
    CaptureConfig,
    Invalid,
    MeterCaps,
    PowerMeter,
    Sync,
    Trace,
)
from harness.errors import ConfigError, MeterDisconnected
from harness.power.analysis.board_windows import energy_of, operators_of
from harness.power.recording import Recorder, opened
from harness.power.traces.npz import arrays_of

SETTLE_S = 0.5
FIRST_S = 0.5
SILENCE_S = 1.0
TRIGGER_SILENCE_S = 5.0
SIMULATED_SILENCE_S = 60.0
SIMULATED_START_S = 0.05


@contextmanager
def metering(
    meter: PowerMeter,
    voltage_v: float | None,
    *,
    gate: GateFeed | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[MeteredBoard]:
    """Open a meter, feed the board where the meter can, and switch it off however the body ends.

    The first recording of a session is thrown away: some instruments are off in it. With `gate`,
    the board is simulated and the meter follows its edges, in its time.

    Raises:
        ConfigError: a meter that feeds the board needs a voltage.
        RigError: from the meter.
    """
    feeds = meter.caps.voltage_range_v is not None
    if feeds and voltage_v is None:
        low, high = meter.caps.voltage_range_v or (0.0, 0.0)
        raise ConfigError(
            "this meter feeds the board, and no voltage was given",
            where=meter.info.address,
            hint=f"Say --power-voltage, or `voltage` beside `meter` in rig.toml, from {low:g} to "
            f"{high:g} V.",
        )
    with opened(meter):
        if voltage_v is not None:
            meter.set_voltage(voltage_v)
        meter.set_output(True)
        at_work = MeteredBoard(meter, gate, pause)
        if gate is None:
            pause(SETTLE_S)
            with at_work.record(Sync.NONE) as thrown_away:
                thrown_away.settle(FIRST_S)
        yield at_work


class MeteredBoard:
    """A meter that is open; `sync` is the best it can record of the gate."""

    def __init__(
        self,
        meter: PowerMeter,
        gate: GateFeed | None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._meter = meter
        self._pause = pause
        self._traces: list[Trace] = []
        self.gate = gate
        self.lost = ""
        self.caps = meter.caps
        self.info = meter.info
        self.sync = best_sync(meter.caps)

    @contextmanager
    def record(self, sync: Sync | None = None) -> Iterator[Recording]:
        """Sample while the body runs; what a meter does wrong meanwhile becomes a fault."""
        chosen = self.sync if sync is None else sync
        silence_s = TRIGGER_SILENCE_S if chosen is Sync.TRIGGER else SILENCE_S
        if self.gate is not None:
            silence_s = SIMULATED_SILENCE_S
        recorder = Recorder(self._meter, CaptureConfig(None, chosen), silence_s=silence_s)
        if self.gate is not None:  # let it hear of all that the board did before
            self._pause(SIMULATED_START_S)
        with recorder:
            if self.gate is not None:
                self._pause(SIMULATED_START_S)
            yield _Running(recorder, self._pause, simulated=self.gate is not None)
        self._traces.append(recorder.trace)
        if isinstance(recorder.error, MeterDisconnected):
            self.lost = recorder.error.what

    def energy(self, board: BoardWindows) -> EnergyFound:
        """What the last recording says; for a start by hardware the last ones, one each window."""
        taken = self._taken(len(board.windows))
        self._traces.clear()
        kept = tuple(arrays_of(trace) for trace in taken)
        return replace(energy_of(taken, board), traces=kept, board=board)

    def operators(
        self, board: BoardWindows, operator_s: Sequence[float], inference_j: float
    ) -> tuple[OperatorEnergy, ...] | Invalid:
        """What the last recording says of each operator."""
        trace = self._traces[-1]
        self._traces.clear()
        return operators_of(trace, board, operator_s, inference_j)

    def _taken(self, windows: int) -> list[Trace]:
        if self.sync is Sync.TRIGGER:
            return self._traces[-windows:]
        return self._traces[-1:]


class _Running:
    def __init__(
        self, recorder: Recorder, pause: Callable[[float], None], *, simulated: bool
    ) -> None:
        self._recorder = recorder
        self._pause = pause
        self._simulated = simulated

    def settle(self, seconds: float) -> None:
        """Let time pass; that of a simulated board passes when it likes."""
        if not self._simulated:
            self._pause(seconds)

    def failed(self) -> bool:
        """Whether the meter gave up."""
        return self._recorder.error is not None


def best_sync(caps: MeterCaps) -> Sync:
    """The most exact way to see the gate: sampled, as edges, as a start, or not at all."""
    if caps.logic_channels:
        return Sync.GATE
    if caps.events:
        return Sync.PULSE
    return Sync.TRIGGER if caps.triggers else Sync.NONE
