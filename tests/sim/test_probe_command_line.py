"""pyOCD's own commands work on a simulator, unmodified, through the installed plugin."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from devices.gdb_server import packet
from devices.mps2_firmware import (
    COUNTING,
    PLACES,
    Place,
    assemble,
    needs_assembler,
    needs_qemu,
    target,
)

from harness.domain.coordinates import Coordinates
from harness.machine import start_machine

pytestmark = [needs_qemu, needs_assembler]


@pytest.fixture(scope="module", params=["mps2-an500", "mps2-an505", "mps3-an547"])
def board(request: pytest.FixtureRequest) -> str:
    """A board of each architecture, one of them with Helium."""
    return str(request.param)


@pytest.fixture(scope="module")
def place(board: str) -> Place:
    return PLACES[board]


@pytest.fixture(scope="module")
def at(board: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coordinates]:
    with start_machine(target(board), tmp_path_factory.mktemp("machine")) as machine:
        yield machine


@pytest.fixture(scope="module")
def elf(board: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assemble(COUNTING, tmp_path_factory.mktemp("firmware"), board=board)


def pyocd(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pyocd", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_plugin_is_listed() -> None:
    assert "A GDB server (QEMU and other simulators) as a debug probe" in pyocd("list", "--plugins")


def test_load_then_look(at: Coordinates, place: Place, elf: Path) -> None:
    said = pyocd("load", "-u", at.probe_uid, "-t", "cortex_m", str(elf))
    assert "programmed" in said
    said = pyocd(
        *("commander", "-u", at.probe_uid, "-t", "cortex_m"),
        *("-c", "reset halt", "-c", "reg", "-c", f"rw {place.code:#x} 8"),
        *("-c", f"disasm {place.code + 0x106:#x} 6", "-c", "go"),
    )
    assert f"{place.stack_top:08x} {place.code + 0x103:08x}" in said
    assert f"0x{place.code + 0x102:08x}" in said
    assert "adds" in said


def test_the_target_type_may_be_left_out(at: Coordinates, elf: Path) -> None:
    said = pyocd("load", "-u", at.probe_uid, str(elf))
    assert "Generic 'cortex_m' target type is selected by default" not in said


@pytest.mark.parametrize("method", ["system", "hardware", "core", "emulated"])
def test_reset(at: Coordinates, elf: Path, method: str) -> None:
    pyocd("load", "-u", at.probe_uid, "-t", "cortex_m", str(elf))
    pyocd("reset", "-u", at.probe_uid, "-t", "cortex_m", "--method", method)


def test_gdbserver_on_top(at: Coordinates, place: Place, elf: Path) -> None:
    pyocd("load", "-u", at.probe_uid, "-t", "cortex_m", str(elf))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "pyocd", "gdbserver", "-u", at.probe_uid, "-t", "cortex_m"),
            *("--port", str(port), "--telnet-port", "0"),
        ],
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stderr is not None
            assert any(f"listening on port {port}" in line for line in server.stderr)
            with socket.create_connection(("127.0.0.1", port), timeout=10) as debugger:
                debugger.sendall(packet(b"m%x,8" % place.code))
                said = b""
                while b"#" not in said:
                    said += debugger.recv(4096)
            words = (place.stack_top, place.code + 0x103)
            assert b"".join(w.to_bytes(4, "little") for w in words).hex().encode() in said
        finally:
            server.kill()
