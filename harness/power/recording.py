"""From blocks of samples to one trace, whatever happens on the way."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

import numpy as np

from harness.domain.power import (
    CaptureConfig,
    Invalid,
    MeterCaps,
    MeterInfo,
    PowerMeter,
    Reason,
    SampleBlock,
    Trace,
)
from harness.errors import MeterDisconnected, MeterTimeout, RigError

READ_S = 0.25
STEP_S = 0.005
STEP_SHARE = 1e-3


@contextlib.contextmanager
def opened(meter: PowerMeter) -> Iterator[PowerMeter]:
    """Open a meter; however the body ends, sampling stops and the output goes off."""
    try:
        meter.open()
        yield meter
    finally:
        meter.close()


def join(
    blocks: Sequence[SampleBlock],
    *,
    rate_hz: float,
    info: MeterInfo,
    caps: MeterCaps,
    voltage_v: float,
    channel_names: tuple[str, ...] = (),
    triggered: bool = False,
    check_time: bool = True,
) -> Trace:
    """Put blocks together; faults and warnings are kept once each."""
    logic = [block.logic for block in blocks if block.logic is not None]
    volts = [block.voltage_v for block in blocks if block.voltage_v is not None]
    faults = [fault for block in blocks for fault in block.faults]
    if check_time and (lost := lost_time(blocks, rate_hz)) is not None:
        faults.append(lost)
    return Trace(
        rate_hz=rate_hz,
        current_a=_joined([block.current_a for block in blocks], np.float32),
        flags=_joined([block.flags for block in blocks], np.uint8),
        logic=_joined(logic, np.uint8) if logic and len(logic) == len(blocks) else None,
        voltage_v=_joined(volts, np.float32) if volts and len(volts) == len(blocks) else voltage_v,
        edges=tuple(edge for block in blocks for edge in block.edges),
        faults=tuple({fault.reason: fault for fault in faults}.values()),
        warnings=tuple(dict.fromkeys(note for block in blocks for note in block.warnings)),
        info=info,
        accuracy=caps.accuracy,
        max_current_a=caps.max_current_a,
        channel_names=channel_names,
        triggered=triggered,
        origin="simulated" if info.simulated else "measured",
        started_s=started(blocks, rate_hz),
    )


def _joined(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate(parts).astype(kind, copy=False) if parts else np.empty(0, kind)


def started(blocks: Sequence[SampleBlock], rate_hz: float) -> float | None:
    """When the first sample was taken on the host's clock, at the latest.

    A block may come late but never before its last sample ends: the block with the least delay
    tells.
    """
    return min(_delays(blocks, rate_hz), default=None)


def _delays(blocks: Sequence[SampleBlock], rate_hz: float) -> list[float]:
    """When each block whose arrival is known came, less the time its samples took."""
    return [
        block.arrived_s - (block.index + len(block.current_a)) / rate_hz
        for block in blocks
        if block.arrived_s
    ]


def lost_time(blocks: Sequence[SampleBlock], rate_hz: float) -> Invalid | None:
    """Tell whether samples vanished without a trace: the host's clock ran on and they did not.

    The least delay of the first and of the last quarter of the blocks are compared, because a
    block may come late but never early. Allowed are 5 ms and 0.1 % of the time.
    """
    timed = [block for block in blocks if block.arrived_s]
    if len(timed) < 8:
        return None
    delays = _delays(blocks, rate_hz)
    quarter = len(delays) // 4
    behind = min(delays[-quarter:]) - min(delays[:quarter])
    span = timed[-1].arrived_s - timed[0].arrived_s
    if behind <= STEP_S + STEP_SHARE * span:
        return None
    return Invalid(
        Reason.LOST_TIME,
        f"the samples lag {behind * 1e3:.0f} ms behind the clock after {span:.1f} s: about "
        f"{behind * rate_hz:.0f} were lost without a sign",
        "Connect the meter without a hub, and keep the host idle while it measures.",
    )


class Recorder:
    """Takes samples in the background while the body of a `with` runs the board.

    Afterwards `trace` is what came, also when the meter failed: then the failure is among its
    faults, and `error` is what was raised.
    """

    def __init__(
        self,
        meter: PowerMeter,
        config: CaptureConfig,
        *,
        silence_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._meter = meter
        self._config = config
        self._silence_s = silence_s
        self._clock = clock
        self._blocks: list[SampleBlock] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._take, name="meter", daemon=True)
        self.error: RigError | None = None
        self._asked_s = 0.0
        self._trace: Trace | None = None

    @property
    def trace(self) -> Trace:
        """All that was recorded; only after the `with` ended."""
        if self._trace is None:
            raise RuntimeError("the recording has not ended")
        return self._trace

    @property
    def seconds(self) -> float:
        """How much has been recorded, on the meter's time base."""
        if not self._blocks:
            return 0.0
        last = self._blocks[-1]
        rate = self._meter.caps.rate_hz(self._config.rate_hz)
        return (last.index + len(last.current_a)) / rate

    def wait(self, seconds: float, deadline_s: float) -> bool:
        """Wait until `seconds` are recorded; False when the meter failed or `deadline_s` passed."""
        limit = self._clock() + deadline_s
        while self.seconds < seconds and self._clock() < limit:
            if self._done.wait(0.005):
                break
        return self.seconds >= seconds

    def __enter__(self) -> Self:
        self._asked_s = self._clock()
        self._meter.start(self._config)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join(timeout=self._silence_s + 4 * READ_S)
        try:
            self._meter.stop()
            while (block := self._meter.read(0)) is not None:
                self._blocks.append(block)
        except RigError as failure:
            self.error = self.error or failure
        trace = self._meter.trace(self._blocks)
        if trace.earliest_s is None and not self._meter.caps.recorded:
            trace = replace(trace, earliest_s=self._asked_s)
        self._trace = trace.with_faults(_fault(self.error)) if self.error else trace

    def _take(self) -> None:
        heard = self._clock()
        while not self._done.is_set():
            try:
                block = self._meter.read(READ_S)
                if block is not None:
                    self._blocks.append(block)
                    heard = self._clock()
                    if any(fault.reason is Reason.OVERCURRENT for fault in block.faults):
                        self._done.set()
                elif self._meter.caps.recorded:
                    self._done.set()
                elif self._clock() - heard > self._silence_s:
                    raise MeterTimeout(
                        f"the meter sent no sample for {self._silence_s:g} s",
                        deadline_s=self._silence_s,
                        where=self._meter.info.address,
                        hint="Unplug the meter, plug it in again, and repeat.",
                    )
            except RigError as failure:
                self.error = failure
                self._done.set()


def _fault(error: RigError) -> Invalid:
    kind = Reason.DISCONNECTED if isinstance(error, MeterDisconnected) else Reason.SILENT
    return Invalid(kind, error.what, error.hint)


def record(
    meter: PowerMeter, config: CaptureConfig, seconds: float, *, deadline_s: float | None = None
) -> Trace:
    """Record `seconds` of samples from an open meter; less when it fails, with the fault in it."""
    with Recorder(meter, config) as recorder:
        recorder.wait(seconds, deadline_s if deadline_s is not None else 2 * seconds + 5)
    return recorder.trace
