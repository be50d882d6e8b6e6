"""A sensor of the INA2xx family behind Linux's hwmon: 1 mA steps, a sample each 2 ms at best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from harness.domain.power import (
    Accuracy,
    CaptureConfig,
    MeterCaps,
    MeterInfo,
    SampleBlock,
    Trace,
)
from harness.errors import MeterDisconnected, MeterNotFound
from harness.power.limits import feeds_nothing
from harness.power.options import Found, MeterOptions
from harness.power.paced import TimedSamples, timed_trace

TITLE = "Linux hwmon sensor (INA2xx): coarse, on the host's clock"
ROOT = Path("/sys/class/hwmon")
RATE_HZ = 100.0
LOOK_S = 0.5 / RATE_HZ  # twice a sample, so that a host that is late misses none
INTERVAL_S = 1.1e-3  # INA219: shunt and bus of 12 bits, 532 us each (SBOS448, 8.4.1)
CAPS = MeterCaps(
    voltage_range_v=None,
    max_current_a=float("inf"),
    rates_hz=(RATE_HZ,),
    logic_channels=0,
    events=False,
    measures_voltage=True,
    accuracy=Accuracy(0.01, 0.005, 1e-3, 0.5e-3, "assumed 1 %; steps of 1 mA (kernel ABI)"),
)


class Hwmon:
    """Reads `curr1_input` (mA) and `in1_input` (mV), as the kernel documents them.

    A value is the mean over an `update_interval` (ms) that ended at most another one ago.
    """

    def __init__(self, folder: Path, options: MeterOptions) -> None:
        self._folder = folder
        self._options = options
        self._samples = TimedSamples(RATE_HZ)
        self._running = False
        self._next = 0.0
        self._slowest_s = 0.0
        self._interval_s = INTERVAL_S
        self.caps = CAPS
        self.info = MeterInfo("hwmon", "hwmon", folder.name, address=f"hwmon:{folder}")

    def open(self) -> None:
        """Look whether the sensor measures current and voltage.

        Raises:
            MeterNotFound: there is no such sensor.
        """
        for name in ("curr1_input", "in1_input"):
            if not (self._folder / name).is_file():
                raise MeterNotFound(
                    f"the sensor has no {name}",
                    where=str(self._folder),
                    hint="Give the folder of an INA2xx below /sys/class/hwmon.",
                )
        self._interval_s = self._update_interval_s()
        label = self._folder / "name"
        if label.is_file():
            model = label.read_text(encoding="ascii").strip()
            self.info = MeterInfo("hwmon", model, self._folder.name, address=self.info.address)

    def close(self) -> None:
        """Nothing to let go."""
        self._running = False

    def set_voltage(self, volts: float) -> None:
        """Refused: a sensor feeds nothing.

        Raises:
            VoltageRefused: always.
        """
        raise feeds_nothing(volts, "a sensor", self.info.address)

    def set_output(self, on: bool) -> None:
        """A sensor has no output."""

    def start(self, config: CaptureConfig) -> None:
        """Begin to read, for 100 samples a second."""
        self._samples = TimedSamples(RATE_HZ)
        self._slowest_s = 0.0
        self._running = True
        self._next = self._options.clock()

    def read(self, timeout_s: float) -> SampleBlock | None:
        """Read once, when it is time.

        Raises:
            MeterDisconnected: the sensor is gone.
        """
        if not self._running:
            return None
        now = self._options.clock()
        if self._next > now:
            self._options.pause(min(self._next - now, timeout_s))
        begin = self._options.clock()
        self._next = max(self._next + LOOK_S, begin)
        try:
            amperes, volts = (
                int((self._folder / name).read_text(encoding="ascii")) / 1000
                for name in ("curr1_input", "in1_input")
            )
        except (OSError, ValueError) as error:
            raise MeterDisconnected(
                f"the sensor cannot be read ({error})",
                where=str(self._folder),
                hint="Check that its driver is still loaded.",
            ) from error
        now = self._options.clock()
        self._slowest_s = max(self._slowest_s, now - begin)
        self._samples.add(now, amperes, volts)
        return self._samples.take(now)

    def stop(self) -> None:
        """End reading."""
        self._running = False

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        """Put the blocks of one recording together; what was read is older than when it was."""
        trace = timed_trace(blocks, RATE_HZ, self.info, self.caps, pins=False)
        if (started := self._samples.started_s) is None:
            return trace
        earliest = started - self._slowest_s - 2 * self._interval_s
        return replace(trace, started_s=started, earliest_s=earliest, host_time=True)

    def _update_interval_s(self) -> float:
        try:
            told = (self._folder / "update_interval").read_text(encoding="ascii")
            return max(INTERVAL_S, int(told) / 1000)
        except (OSError, ValueError):
            return INTERVAL_S


def open_meter(rest: str, options: MeterOptions) -> Hwmon:
    """The sensor at `hwmon:hwmon3` or `hwmon:/sys/class/hwmon/hwmon3`."""
    return Hwmon(Path(rest) if rest.startswith("/") else ROOT / rest, options)


def find(options: MeterOptions) -> Iterator[Found]:
    """Sensors with a current and a voltage."""
    for folder in sorted(ROOT.glob("hwmon*")) if ROOT.is_dir() else []:
        if (folder / "curr1_input").is_file() and (folder / "in1_input").is_file():
            yield Found(f"hwmon:{folder.name}", "hwmon", folder.name, str(folder))
