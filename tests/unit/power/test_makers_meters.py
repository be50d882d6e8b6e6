"""Meters that need a maker's package: against TCP servers, and doubles of the package."""

from __future__ import annotations

import contextlib
import inspect
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from devices.meters import FAST, QUICK

from harness.domain.energy import EnergySummary
from harness.domain.power import CaptureConfig, SampleFlag
from harness.errors import (
    AmbiguousMeter,
    MeterCommandError,
    MeterDriverMissing,
    MeterNotFound,
)
from harness.power.analysis.limits import Expected
from harness.power.analysis.summary import analyse
from harness.power.kinds import open_meter
from harness.power.meters.joulescope import Joulescope
from harness.power.meters.scpi import block_content
from harness.power.packages import maker_package
from harness.power.recording import opened, record


@contextlib.contextmanager
def serving(answer: Callable[[str], str | None]) -> Iterator[int]:
    """A TCP server that answers lines; its port."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                reply = answer(line.decode().strip())
                if reply is not None:
                    self.wfile.write(reply.encode() + b"\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


class Multimeter:
    """Answers like a multimeter with a memory; `heard` has its commands."""

    def __init__(self, refuses: str = "") -> None:
        self.heard: list[str] = []
        self.refuses = refuses
        self.wrong = False

    def __call__(self, line: str) -> str | None:
        self.heard.append(line)
        self.wrong |= bool(self.refuses) and line.startswith(self.refuses)
        if line == "*IDN?":
            return "Acme,34470A,MY1234,A.03"
        if line == "SYST:ERR?":
            wrong, self.wrong = self.wrong, False
            return '-113,"Undefined header"' if wrong else '+0,"No error"'
        if line == "R?":
            words = ",".join(["1.0E-02"] * 98 + ["9.9E37", "9.91E37"])
            return f"#3{len(words)}{words}"
        return None


def test_a_multimeter_over_tcp() -> None:
    pytest.importorskip("pyvisa_py")
    multimeter = Multimeter()
    with (
        serving(multimeter) as port,
        opened(open_meter(f"scpi:TCPIP::127.0.0.1::{port}::SOCKET", FAST)) as meter,
    ):
        assert (meter.info.model, meter.info.serial) == ("Acme 34470A", "MY1234")
        meter.start(CaptureConfig())
        block = meter.read(0.5)
        meter.stop()
    assert block is not None
    assert float(block.current_a[0]) == pytest.approx(10e-3)
    assert np.flatnonzero(np.isnan(block.current_a)).tolist() == [98, 99]
    assert np.flatnonzero(block.flags & SampleFlag.OVERRANGE).tolist() == [98]
    assert multimeter.heard.index("*RST") < multimeter.heard.index("CONF:CURR:DC")
    assert multimeter.heard[-2:] == ["ABOR", "SYST:ERR?"]


def test_a_multimeter_that_does_not_know_a_word() -> None:
    pytest.importorskip("pyvisa_py")
    with (
        serving(Multimeter("SAMP:TIM")) as port,
        pytest.raises(MeterCommandError, match=r"refused 'SAMP:TIM 0\.001': -113"),
    ):
        open_meter(f"scpi:TCPIP::127.0.0.1::{port}::SOCKET", FAST).open()


@pytest.mark.parametrize("text", ["", "15", "#", "#x", "#15abc"])
def test_what_is_no_block_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="block"):
        block_content(text)


class JoulescopeDouble:
    """The seven methods of the maker's driver, without an instrument."""

    def __init__(self, *paths: str) -> None:
        self.paths = list(paths)
        self.topics: dict[str, Callable[[str, Any], None]] = {}
        self.published: list[tuple[str, Any]] = []

    def device_paths(self, timeout: float | None = None) -> list[str]:
        return self.paths

    def open(self, device_prefix: str, mode: Any = None, timeout: float | None = None) -> None:
        self.published.append((device_prefix, mode))

    def close(self, device_prefix: str, timeout: float | None = None) -> None:
        self.published.append((device_prefix, "closed"))

    def publish(self, topic: str, value: Any, timeout: float | None = None) -> None:
        self.published.append((topic, value))

    def subscribe(self, topic: str, flags: Any, fn: Any, timeout: float | None = None) -> None:
        self.topics[topic] = fn

    def unsubscribe(self, topic: str, fn: Any, timeout: float | None = None) -> None:
        self.topics.pop(topic, None)

    def finalize(self, timeout: float | None = None) -> None:
        self.published.append(("", "finalized"))

    def send(self, signal: str, first: int, data: np.ndarray, rate: int, factor: int) -> None:
        path = next(topic for topic in self.topics if f"/s/{signal}/" in topic)
        value = {"sample_id": first, "sample_rate": rate, "decimate_factor": factor, "data": data}
        self.topics[path](path, value)


def test_a_joulescope_with_packed_inputs_decimation_and_a_jump() -> None:
    """Current at 100 kS/s of a native 2 MS/s, the input at 2 MS/s in packed bits, one gap."""
    driver = JoulescopeDouble("u/js220/000123")
    meter = Joulescope("", FAST, driver)
    with opened(meter):
        assert (meter.info.model, meter.info.serial) == ("JS220", "000123")
        meter.start(CaptureConfig())
        gate = np.zeros(200_000 * 20, np.uint8)
        gate[50_000 * 20 : 150_000 * 20] = 1
        current = np.where(gate[::20], 10e-3, 2e-3).astype(np.float32)
        volts = np.full(200_000, 3.0, np.float32)
        blocks = []
        for at in range(0, 200_000, 20_000):
            part = slice(at, at + 20_000)
            if at == 80_000:  # the first 50 samples of this message were lost
                driver.send("i", (at + 50) * 20, current[part][50:], 2_000_000, 20)
            else:
                driver.send("i", at * 20, current[part], 2_000_000, 20)
            driver.send("v", at * 20, volts[part], 2_000_000, 20)
            bits = np.packbits(gate[at * 20 : (at + 20_000) * 20], bitorder="little")
            driver.send("gpi/0", at * 20, bits, 2_000_000, 1)
            blocks.append(meter.read(0.1))
        trace = meter.trace([block for block in blocks if block is not None])
    assert (len(trace), trace.lost) == (200_000, 50)
    reading = analyse(trace, Expected(1, 1, window_s=(1.0,)), QUICK)
    assert isinstance(reading, EnergySummary)
    assert reading.energy_j == pytest.approx(30e-3, rel=1e-5)
    assert driver.published[-1] == ("", "finalized")
    assert driver.topics == {}


def test_which_joulescope_is_meant() -> None:
    with pytest.raises(MeterNotFound, match="no Joulescope"):
        Joulescope("", FAST, JoulescopeDouble()).open()
    with pytest.raises(AmbiguousMeter, match="js220/2"):
        Joulescope("", FAST, JoulescopeDouble("u/js220/1", "u/js220/2")).open()


def test_the_double_has_the_signatures_of_the_makers_driver() -> None:
    real = pytest.importorskip("pyjoulescope_driver").Driver
    for name in ("device_paths", "open", "close", "publish", "subscribe", "unsubscribe"):
        wanted = list(inspect.signature(getattr(real, name)).parameters)
        assert list(inspect.signature(getattr(JoulescopeDouble, name)).parameters) == wanted


class OtiiProgram:
    """The maker's program as its client sees it: JSON lines over TCP."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def __call__(self, line: str) -> str:
        request = json.loads(line)
        command, data = request["cmd"], request.get("data", {})
        self.heard.append((command, data))
        reply = {"type": "response", "cmd": command, "trans_id": request.get("trans_id")}
        return json.dumps(reply | {"data": self.data(command, data)}) + "\r"

    def data(self, command: str, data: dict[str, Any]) -> dict[str, Any]:
        if command == "otii_get_devices":
            return {"devices": [{"device_id": "A1", "name": "Arc", "type": "Arc"}]}
        if command in {"otii_get_active_project", "otii_create_project"}:
            return {"project_id": 7}
        if command == "project_get_last_recording":
            return {"recording_id": 3, "name": "r", "start-time": "2026-01-01T00:00:00.000Z"}
        if command == "recording_get_channel_data_count":
            return {"count": 8000 if data["channel"] == "mc" else 2}
        if command == "recording_get_channel_data" and data["channel"] == "mc":
            values = [10e-3 if 2000 <= n < 6000 else 2e-3 for n in range(8000)]
            values = values[data["index"] : data["index"] + data["count"]]
            return {
                "data_type": "analog",
                "timestamp": data["index"] / 4000,
                "interval": 0.00025,
                "values": values,
            }
        if command == "recording_get_channel_data":
            pins = [{"timestamp": 0.5, "value": True}, {"timestamp": 1.5, "value": False}]
            return {"data_type": "digital", "values": pins}
        return {"logged_in": True, "licenses": [LICENSE]}


LICENSE = {
    **{"id": 1, "type": "Automation", "available": True, "reserved_to": ""},
    **{"hostname": "", "licensed_to": "x"},
}


def test_an_otii_program_over_tcp() -> None:
    pytest.importorskip("otii_tcp_client")
    program = OtiiProgram()
    hello = json.dumps({"type": "information", "info": "connected", "data": {}})

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(hello.encode() + b"\r\n")
            for line in self.rfile:
                self.wfile.write(program(line.decode()).encode() + b"\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with opened(open_meter(f"otii:127.0.0.1:{server.server_address[1]}/Arc", FAST)) as meter:
            meter.set_voltage(3.0)
            meter.set_output(True)
            trace = record(meter, CaptureConfig(), 0.1)
        server.shutdown()
    reading = analyse(trace, Expected(1, 1, window_s=(1.0,)), QUICK)
    assert isinstance(reading, EnergySummary)
    assert reading.energy_j == pytest.approx(30e-3, rel=1e-3)
    switched = [data["enable"] for command, data in program.heard if command == "arc_set_main"]
    assert switched == [True, False]


def test_a_makers_package_that_is_not_installed() -> None:
    with pytest.raises(MeterDriverMissing, match="no_such_package does not load") as caught:
        maker_package("no_such_package", "scpi", "scpi:x")
    assert "pip install cortexm-harness[scpi]" in caught.value.hint
