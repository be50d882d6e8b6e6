"""A recorded trace in place of a meter: analysed again, in another way or with other limits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harness.domain.power import CaptureConfig, MeterCaps, MeterInfo, SampleBlock, Trace
from harness.errors import VoltageRefused
from harness.power.options import MeterOptions
from harness.power.traces import ImportOptions, read_trace

TITLE = "a recorded trace: .npz, .csv, .jls, EEMBC or LPM log"


class Replay:
    """Gives a file's trace as it is; what was measured cannot be changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._trace: Trace | None = None
        self._given = False
        self.info = MeterInfo("replay", path.name, address=f"replay:{path}")
        self.caps = MeterCaps(
            voltage_range_v=None,
            max_current_a=float("inf"),
            rates_hz=(1.0,),
            logic_channels=8,
            events=True,
            measures_voltage=False,
            accuracy=ImportOptions().accuracy,
            recorded=True,
        )

    def open(self) -> None:
        """Read the file.

        Raises:
            BadTrace, UnknownName: as `read_trace`.
        """
        trace = read_trace(self._path)
        self._trace = trace
        self.info = trace.info

    def close(self) -> None:
        """Nothing to let go."""

    def set_voltage(self, volts: float) -> None:
        """Refused unless it is what the trace was taken at.

        Raises:
            VoltageRefused: it is another.
        """
        taken = None if self._trace is None else float(np.mean(self._trace.voltage_v))
        if taken is None or abs(volts - taken) > 0.001 * taken:
            raise VoltageRefused(
                f"the trace was taken at {taken} V, not {volts:g} V",
                where=self.info.address,
                hint="Leave --voltage out.",
            )

    def set_output(self, on: bool) -> None:
        """A recording has no output."""

    def start(self, config: CaptureConfig) -> None:
        """Begin at the file's beginning."""
        self._given = False

    def read(self, timeout_s: float) -> SampleBlock | None:
        """The whole file at once, then nothing."""
        if self._given or self._trace is None:
            return None
        self._given = True
        trace = self._trace
        return SampleBlock(0, trace.current_a, trace.flags, trace.logic, edges=trace.edges)

    def stop(self) -> None:
        """Nothing to stop."""

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        """The file's trace."""
        if self._trace is None:
            raise RuntimeError("the meter is not open")
        return self._trace


def open_meter(rest: str, options: MeterOptions) -> Replay:
    """The trace at `replay:FILE`."""
    return Replay(Path(rest))
