"""Joulescope JS110, JS220, JS320 through their maker's driver: current, voltage, inputs."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.domain.power import (
    Accuracy,
    CaptureConfig,
    Floats,
    MeterCaps,
    MeterInfo,
    SampleBlock,
    SampleFlag,
    Trace,
)
from harness.errors import AmbiguousMeter, MeterBusy, MeterNotFound
from harness.power.limits import feeds_nothing
from harness.power.options import MeterOptions
from harness.power.packages import maker_package
from harness.power.recording import join

TITLE = "Joulescope JS110, JS220, JS320 (extra: joulescope)"
RATE_HZ = 100_000.0
SIGNALS = {"i": "s/i", "v": "s/v", "gpi": "s/gpi/0"}
CAPS = MeterCaps(
    voltage_range_v=None,
    max_current_a=3.0,
    rates_hz=(RATE_HZ,),
    logic_channels=1,
    events=False,
    measures_voltage=True,
    accuracy=Accuracy(0.01, 0.005, 50e-6, 10e-9, "assumed 1 %: state the model's own"),
)


class Joulescope:
    """One instrument in series with the board's supply; samples are counted at its native rate."""

    def __init__(self, wanted: str, options: MeterOptions, driver: Any = None) -> None:
        self._wanted = wanted
        self._options = options
        self._driver = driver
        self._path = ""
        self._heard: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue(10_000)
        self._pieces: dict[str, list[tuple[int, Floats]]] = {}
        self._first: int | None = None
        self._index = 0
        self.caps = CAPS
        self.info = MeterInfo("joulescope", "Joulescope", wanted, address=f"joulescope:{wanted}")

    def open(self) -> None:
        """Open the one instrument meant.

        Raises:
            MeterDriverMissing: the maker's driver is not installed.
            MeterNotFound, AmbiguousMeter, MeterBusy: which instruments there are.
        """
        if self._driver is None:
            package = maker_package("pyjoulescope_driver", "joulescope", self.info.address)
            self._driver = package.Driver()
        paths = [path for path in self._driver.device_paths() if path.endswith(self._wanted)]
        if not paths:
            raise MeterNotFound(
                "no Joulescope is connected",
                where=self.info.address,
                hint="Plug it in; on Linux install the maker's udev rules.",
            )
        if len(paths) > 1:
            raise AmbiguousMeter(
                f"{len(paths)} meters are connected: {', '.join(paths)}",
                where=self.info.address,
                hint=f"Choose one, for example joulescope:{paths[0].rpartition('/')[2]}.",
            )
        self._path = paths[0]
        try:
            self._driver.open(self._path, "defaults")
        except RuntimeError as error:
            raise MeterBusy(
                f"the instrument cannot be opened ({error})",
                where=self._path,
                hint="Close the program that holds it, such as the maker's own.",
            ) from error
        _, model, serial = [*self._path.split("/"), "", ""][:3]
        self.info = MeterInfo("joulescope", model.upper(), serial, address=f"joulescope:{serial}")
        self._driver.publish(f"{self._path}/s/i/range/mode", "auto", timeout=1.0)
        self._driver.publish(f"{self._path}/h/fs", int(RATE_HZ), timeout=1.0)

    def close(self) -> None:
        """Stop and let go."""
        if self._driver is not None and self._path:
            self.stop()
            self._driver.close(self._path)
            self._driver.finalize()
        self._path = ""

    def set_voltage(self, volts: float) -> None:
        """Refused: the instrument sits in series and feeds nothing.

        Raises:
            VoltageRefused: always.
        """
        raise feeds_nothing(volts, "a Joulescope", self.info.address)

    def set_output(self, on: bool) -> None:
        """Connect or disconnect by its relay: range mode auto or off."""
        self._driver.publish(f"{self._path}/s/i/range/mode", "auto" if on else "off", timeout=1.0)

    def start(self, config: CaptureConfig) -> None:
        """Subscribe to current, voltage and the first input, and let them come."""
        self._pieces = {name: [] for name in SIGNALS}
        self._first, self._index = None, 0
        for topic in SIGNALS.values():
            self._driver.subscribe(f"{self._path}/{topic}/!data", "pub", self._hear)
            self._driver.publish(f"{self._path}/{topic}/ctrl", 1, timeout=1.0)

    def _hear(self, topic: str, value: dict[str, Any]) -> None:
        name = next(name for name, part in SIGNALS.items() if f"/{part}/" in topic)
        self._heard.put_nowait((name, value))

    def read(self, timeout_s: float) -> SampleBlock | None:
        """The samples up to which all three signals have come."""
        try:
            self._take(*self._heard.get(timeout=max(timeout_s, 1e-3)))
            while True:
                self._take(*self._heard.get_nowait())
        except queue.Empty:
            return self._block()

    def _take(self, name: str, value: dict[str, Any]) -> None:
        """Put a message in its place on the grid of `RATE_HZ`; inputs come as packed bits."""
        data = np.asarray(value["data"])
        rate = value["sample_rate"] / value["decimate_factor"]
        if name == "gpi":
            data = np.unpackbits(data.view(np.uint8), bitorder="little")
        step = max(1, round(rate / RATE_HZ))
        first = round(value["sample_id"] / value["sample_rate"] * RATE_HZ)
        self._pieces[name].append((first, data[::step].astype(np.float32)))

    def _block(self) -> SampleBlock | None:
        if not all(self._pieces.values()):
            return None
        if self._first is None:
            self._first = max(pieces[0][0] for pieces in self._pieces.values())
        start = self._first + self._index
        end = min(first + len(data) for p in self._pieces.values() for first, data in p[-1:])
        if end <= start:
            return None
        current, volts, gate = (self._cut(name, start, end) for name in SIGNALS)
        self._index += end - start
        return SampleBlock(
            start - self._first,
            current,
            np.where(np.isnan(current), SampleFlag.LOST, np.uint8(0)),
            (np.nan_to_num(gate) > 0.5).astype(np.uint8),
            volts,
            arrived_s=self._options.clock(),
        )

    def _cut(self, name: str, start: int, end: int) -> Floats:
        """The samples of a signal between two places, NaN where none came."""
        result = np.full(end - start, np.nan, np.float32)
        kept = []
        for first, data in self._pieces[name]:
            a, b = max(first, start), min(first + len(data), end)
            if a < b:
                result[a - start : b - start] = data[a - first : b - first]
            if first + len(data) > end:
                kept.append((first, data))
        self._pieces[name] = kept or self._pieces[name][-1:]
        return result

    def stop(self) -> None:
        """End all signals."""
        for topic in SIGNALS.values():
            self._driver.publish(f"{self._path}/{topic}/ctrl", 0, timeout=1.0)
            self._driver.unsubscribe(f"{self._path}/{topic}/!data", self._hear)

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        """Put the blocks of one recording together."""
        return join(
            blocks,
            rate_hz=RATE_HZ,
            info=self.info,
            caps=self.caps,
            voltage_v=float("nan"),
            channel_names=("GPI0",),
            check_time=self._options.check_time,
        )


def open_meter(rest: str, options: MeterOptions) -> Joulescope:
    """The instrument at `joulescope:SERIAL`, or the only one at `joulescope:`."""
    return Joulescope(rest, options)
