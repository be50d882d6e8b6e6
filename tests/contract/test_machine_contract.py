"""Every machine keeps the same promises: coordinates answer, its end is noticed, none is left."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from devices import h743_firmware
from devices.mps2_firmware import needs_qemu, target

from harness.domain.coordinates import Coordinates
from harness.domain.target import Target
from harness.errors import (
    BadDefinition,
    LinkClosed,
    ProbeNotFound,
    SimulatorDied,
    ToolMissing,
    UnknownName,
)
from harness.machine import machine_names, start_machine

SIMULATORS = [
    pytest.param(target(), marks=needs_qemu, id="qemu"),
    pytest.param(h743_firmware.target(), id="virtual-h743"),
]
DEADLINE_S = 10.0


def addresses(at: Coordinates) -> list[tuple[str, int]]:
    link = urlsplit(at.link_url)
    host, _, port = at.probe_uid.removeprefix("gdb:").rpartition(":")
    assert link.scheme == "socket"
    assert link.hostname is not None
    assert link.port is not None
    return [(host, int(port)), (link.hostname, link.port)]


def process_of(work_dir: Path) -> int:
    """Find the simulator by the file it writes its errors to."""
    for entry in Path("/proc").iterdir():
        try:
            if (entry / "fd" / "2").readlink() == next(work_dir.glob("*.err")):
                return int(entry.name)
        except (OSError, ValueError):
            continue
    raise AssertionError(f"no process writes to {work_dir}")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("simulator", SIMULATORS)
class TestSimulators:
    def test_it_yields_two_local_addresses_that_answer(
        self, simulator: Target, tmp_path: Path
    ) -> None:
        with start_machine(simulator, tmp_path) as at:
            at.check()
            for host, port in addresses(at):
                assert host == "127.0.0.1"
                socket.create_connection((host, port), timeout=5).close()
            ((name, version),) = at.versions
            assert name == simulator.machine
            assert version[0].isdigit()

    def test_nothing_is_left_behind(self, simulator: Target, tmp_path: Path) -> None:
        with start_machine(simulator, tmp_path / "first"):
            pass  # what is opened once and kept is open now
        files = open_files()
        with start_machine(simulator, tmp_path):
            pid = process_of(tmp_path)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert open_files() == files

    def test_nothing_is_left_behind_by_an_error(self, simulator: Target, tmp_path: Path) -> None:
        seen: list[int] = []

        def fail() -> None:
            with start_machine(simulator, tmp_path):
                seen.append(process_of(tmp_path))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        with pytest.raises(ProcessLookupError):
            os.kill(seen[0], 0)

    def test_two_at_once_do_not_meet(self, simulator: Target, tmp_path: Path) -> None:
        with (
            start_machine(simulator, tmp_path / "a") as a,
            start_machine(simulator, tmp_path / "b") as b,
        ):
            assert len({*addresses(a), *addresses(b)}) == 4

    def test_a_death_is_told_with_its_signal(self, simulator: Target, tmp_path: Path) -> None:
        with start_machine(simulator, tmp_path) as at:
            os.kill(process_of(tmp_path), signal.SIGKILL)
            with pytest.raises(SimulatorDied, match=r"was ended by signal 9 \(SIGKILL\)") as died:
                wait_for(lambda: bool(at.check()))
        assert died.value.where.startswith(str(tmp_path))
        assert "to see it fail" in died.value.hint

    @pytest.mark.parametrize("symptom", [LinkClosed("end of file"), ProbeNotFound("lost")])
    def test_what_fails_because_it_died_is_told_as_its_death(
        self, simulator: Target, tmp_path: Path, symptom: Exception
    ) -> None:
        def fail() -> None:
            with start_machine(simulator, tmp_path):
                os.kill(process_of(tmp_path), signal.SIGKILL)
                raise symptom

        with pytest.raises(SimulatorDied) as died:
            fail()
        assert died.value.__cause__ is symptom

    def test_what_fails_while_it_lives_stays_what_it_is(
        self, simulator: Target, tmp_path: Path
    ) -> None:
        with pytest.raises(LinkClosed), start_machine(simulator, tmp_path):
            raise LinkClosed("end of file")

    def test_ctrl_c_does_not_reach_it(self, simulator: Target, tmp_path: Path) -> None:
        with start_machine(simulator, tmp_path):
            assert os.getpgid(process_of(tmp_path)) != os.getpgid(0)

    @pytest.mark.skipif(sys.platform != "linux", reason="needs PR_SET_PDEATHSIG")
    def test_it_dies_with_a_harness_that_is_killed(self, simulator: Target, tmp_path: Path) -> None:
        module = {"qemu": "mps2_firmware", "virtual-h743": "h743_firmware"}[simulator.machine]
        script = (
            "import sys, pathlib\n"
            f"from devices.{module} import target\n"
            "from harness.machine import start_machine\n"
            f"with start_machine(target(), pathlib.Path({str(tmp_path)!r})):\n"
            "    print('up', flush=True)\n"
            "    sys.stdin.read()\n"
        )
        tests = str(Path(__file__).parents[1])
        with subprocess.Popen(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": tests},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as harness:
            assert harness.stdout is not None
            assert harness.stdout.readline() == b"up\n"
            pid = process_of(tmp_path)
            harness.kill()
        wait_for(lambda: not Path(f"/proc/{pid}/fd/2").exists() or _is_zombie(pid))


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_machines_are_found_by_file_name() -> None:
    assert "qemu" in machine_names()
    assert not any(name.startswith("-") for name in machine_names())


def test_an_unknown_machine_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as caught:
        start_machine(target(machine="qemuu"), tmp_path)
    assert caught.value.what == "there is no machine 'qemuu'"
    assert caught.value.where == "target mps2-an500"
    assert caught.value.hint == "Write machine = 'qemu'."


@needs_qemu
def test_a_target_must_name_its_board(tmp_path: Path) -> None:
    bare = replace(target(), machine_options={})
    with (
        pytest.raises(BadDefinition, match="machine_options has no 'machine'") as caught,
        start_machine(bare, tmp_path),
    ):
        pass
    assert "mps2-an500" in caught.value.hint


@needs_qemu
def test_a_board_qemu_does_not_have_is_told_in_its_words(tmp_path: Path) -> None:
    with (
        pytest.raises(SimulatorDied, match="ended with exit status 1") as caught,
        start_machine(target("mps2-an999"), tmp_path),
    ):
        pass
    assert "mps2-an999" in caught.value.what or "unsupported machine type" in caught.value.what


def test_a_missing_qemu_is_told_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_QEMU", str(tmp_path / "no-such-qemu"))
    with pytest.raises(ToolMissing, match="no-such-qemu is not installed") as caught:
        start_machine(target(), tmp_path).__enter__()
    assert caught.value.where == "$HARNESS_QEMU"
    assert "apt-get install qemu-system-arm" in caught.value.hint


def test_a_missing_qemu_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_QEMU", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="qemu-system-arm is not installed") as caught:
        start_machine(target(), tmp_path).__enter__()
    assert caught.value.where == "PATH"
