"""Qoitech Otii Arc and Ace through the maker's program, which records; read when it has ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.domain.power import (
    Accuracy,
    CaptureConfig,
    MeterCaps,
    MeterInfo,
    SampleBlock,
    Trace,
)
from harness.errors import (
    AmbiguousMeter,
    MeterCommandError,
    MeterDisconnected,
    MeterNotFound,
    RigError,
)
from harness.power.limits import require_voltage
from harness.power.options import MeterOptions
from harness.power.packages import maker_package
from harness.power.recording import join

TITLE = "Qoitech Otii Arc or Ace through the Otii program (extra: otii)"
PORT = 1905
CONNECT_S = 3
_NOTHING = np.empty(0, np.uint8)
CAPS = MeterCaps(
    voltage_range_v=(0.5, 4.55),
    max_current_a=2.5,
    rates_hz=(4000.0,),
    logic_channels=2,
    events=False,
    measures_voltage=False,
    accuracy=Accuracy(0.01, 0.005, 100e-6, 50e-9, "assumed 1 %: state the model's own"),
)


class Otii:
    """One Arc or Ace; `otii:HOST:PORT/NAME`, on this machine where no host is given."""

    def __init__(self, rest: str, options: MeterOptions, client: Any = None) -> None:
        host, _, self._name = rest.partition("/")
        name, _, port = host.partition(":")
        self._host, self._port = name or "127.0.0.1", int(port or PORT)
        self._options = options
        self._client = client
        self._refusals: tuple[type[Exception], ...] = (ValueError,)
        self._arc: Any = None
        self._project: Any = None
        self._volts: float | None = None
        self._running = False
        self._began = 0.0
        self._blocks: list[SampleBlock] = []
        self._rate_hz = CAPS.rates_hz[0]
        self.caps = CAPS
        self.info = MeterInfo("otii", "Otii", self._name, address=f"otii:{rest}")

    def open(self) -> None:
        """Connect to the program, and take the one instrument meant.

        Raises:
            MeterDriverMissing: the client is not installed.
            MeterNotFound, AmbiguousMeter: no program, no instrument, or several.
        """
        where = self.info.address
        if self._client is None:
            package = maker_package("otii_tcp_client.otii_client", "otii", where)
            self._client = package.OtiiClient()
            words = maker_package("otii_tcp_client.otii_exception", "otii", where)
            self._refusals = (ValueError, words.Otii_Exception)
        try:
            program = self._client.connect(
                host=self._host, port=self._port, try_for_seconds=CONNECT_S
            )
        except (OSError, RuntimeError) as error:
            raise MeterNotFound(
                f"the Otii program does not answer ({error})",
                where=where,
                hint="Start the Otii program with its TCP server, and an Automation licence.",
            ) from error
        arcs = [one for one in program.get_devices() if not self._name or one.name == self._name]
        if len(arcs) != 1:
            names = ", ".join(one.name for one in arcs)
            kind = AmbiguousMeter if arcs else MeterNotFound
            raise kind(
                f"{len(arcs)} instruments are connected: {names}" if arcs else "no Otii instrument",
                where=where,
                hint="Choose one by its name, for example otii:127.0.0.1:1905/Arc.",
            )
        self._arc = arcs[0]
        self._project = program.get_active_project() or program.create_project()
        self._arc.add_to_project()
        self.info = MeterInfo("otii", f"Otii {self._arc.type}", self._arc.name, address=where)

    def close(self) -> None:
        """Stop, output off unless it is to be kept, disconnect."""
        arc, self._arc = self._arc, None
        if arc is None:
            return
        if self._running:
            self._call("stop", self._project.stop_recording)
        self._running = False
        if not self._options.keep_output:
            self._call("main off", arc.set_main, False)
        self._client.disconnect()

    def set_voltage(self, volts: float) -> None:
        """Set the main voltage.

        Raises:
            VoltageRefused: outside 0.5 to 4.55 V or above the user's limit; nothing was sent.
        """
        require_voltage(volts, self.caps, self._options.highest_v, self.info.address)
        self._call(f"main voltage {volts:g}", self._arc.set_main_voltage, volts)
        self._volts = volts

    def set_output(self, on: bool) -> None:
        """Connect or disconnect the main output; never before a voltage was set."""
        if on and self._volts is None:
            require_voltage(float("nan"), self.caps, None, self.info.address)
        self._call("main", self._arc.set_main, on)

    def start(self, config: CaptureConfig) -> None:
        """Begin to record main current and the first input."""
        self._call("expansion port", self._arc.enable_exp_port, True)
        for channel in ("mc", "i1"):
            self._call(f"channel {channel}", self._arc.enable_channel, channel, True)
        self._call("record", self._project.start_recording)
        self._blocks = []
        self._began = self._options.clock()
        self._running = True

    def read(self, timeout_s: float) -> SampleBlock | None:
        """While it records only how far it is; the whole recording when it was stopped."""
        if self._running:
            self._options.pause(min(timeout_s, 0.05))
            reached = round((self._options.clock() - self._began) * self._rate_hz)
            return SampleBlock(reached, np.empty(0, np.float32), _NOTHING, _NOTHING)
        return self._blocks.pop() if self._blocks else None

    def stop(self) -> None:
        """End recording and fetch it."""
        if not self._running:
            return
        self._running = False
        self._call("stop", self._project.stop_recording)
        recording = self._call("recording", self._project.get_last_recording)
        name = self._arc.id
        count = self._call("count", recording.get_channel_data_count, name, "mc")
        data = self._call("data", recording.get_channel_data, name, "mc", 0, count)
        self._rate_hz = 1 / data["interval"]
        current = np.array(data["values"], np.float32)
        edges = self._call("count", recording.get_channel_data_count, name, "i1")
        pins = self._call("data", recording.get_channel_data, name, "i1", 0, edges)["values"]
        logic = _levels(pins, data["timestamp"], self._rate_hz, len(current))
        self._blocks = [SampleBlock(0, current, np.zeros(len(current), np.uint8), logic)]

    def trace(self, blocks: Sequence[SampleBlock]) -> Trace:
        """Put the blocks of one recording together."""
        return join(
            blocks,
            rate_hz=self._rate_hz,
            info=self.info,
            caps=self.caps,
            voltage_v=self._volts or float("nan"),
            channel_names=("i1",),
            check_time=False,
        )

    def _call(self, what: str, function: Any, *arguments: Any) -> Any:
        """Call the client; its own exceptions carry the program's words.

        Raises:
            MeterCommandError, MeterDisconnected: refused, or the connection broke.
        """
        try:
            return function(*arguments)
        except (OSError, RuntimeError) as error:
            raise self._gone(error) from error
        except self._refusals as error:
            raise MeterCommandError(
                what,
                detail=str(error),
                where=self.info.address,
                hint="Look into the Otii program's own log.",
            ) from error

    def _gone(self, error: Exception) -> RigError:
        return MeterDisconnected(
            f"the Otii program is gone ({error})",
            where=self.info.address,
            hint="Start the program again, and repeat.",
        )


def _levels(
    pins: Sequence[dict[str, Any]], start_s: float, rate_hz: float, count: int
) -> np.ndarray:
    """A level for each sample, from the changes of an input, uint8 [count]."""
    times = np.array([pin["timestamp"] for pin in pins])
    values = np.array([0, *(int(pin["value"]) for pin in pins)], np.uint8)
    t = start_s + np.arange(count) / rate_hz
    return np.asarray(values[np.searchsorted(times, t, side="right")])


def open_meter(rest: str, options: MeterOptions) -> Otii:
    """The instrument at `otii:` or `otii:HOST:PORT/NAME`."""
    return Otii(rest, options)
