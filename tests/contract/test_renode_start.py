"""Bringing Renode up and down, with a program that behaves as Renode's launcher and monitor do."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from devices import renode_monitor
from devices.renode_targets import renode_target

from harness.domain.checkup import Answer, State
from harness.errors import LinkClosed, PortBusy, RigError, SimulatorDied, ToolMissing
from harness.machine import renode
from harness.machine._renode_program import INSTALL, find_renode, too_old, version_in_banner

DEADLINE_S = 10.0


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A launcher as Renode's: a shell script that stays the parent of what it starts."""
    path = tmp_path / "with a space" / "renode"
    path.parent.mkdir()
    path.write_text(
        f'#!/bin/sh\nset -e\n"{sys.executable}" "{renode_monitor.__file__}" "$@"\nexit $?\n'
    )
    path.chmod(0o755)
    monkeypatch.setenv("RENODE", str(path))
    return path


def processes_in(work_dir: Path) -> set[int]:
    """Those that write their log into `work_dir`."""
    found = set()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if (entry / "fd" / "2").readlink() == work_dir / "renode.err":
                found.add(int(entry.name))
    return found


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def refused(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.usefixtures("launcher")
class TestStart:
    def test_it_yields_probe_link_and_what_the_numbers_rest_on(self, tmp_path: Path) -> None:
        with renode.start(renode_target(), work_dir=tmp_path) as at:
            at.check()
            script = (tmp_path / "renode.resc").read_text()
            gdb = re.search(r"StartGdbServer (\d+)", script)
            link = re.search(r"CreateServerSocketTerminal (\d+)", script)
            assert gdb
            assert link
            assert at.probe_uid == f"gdb:127.0.0.1:{gdb[1]}"
            assert at.link_url == f"socket://127.0.0.1:{link[1]}"
            for port in (gdb[1], link[1]):
                socket.create_connection(("127.0.0.1", int(port)), timeout=5).close()
            assert at.versions == (("renode", "1.16.1.17033 (PerformanceInMips 500, DWT 500 MHz)"),)
        command = (tmp_path / "renode.command").read_text()
        assert re.search(r"renode --disable-xwt --plain -P \d+$", command.strip())

    def test_nothing_is_left_behind_though_the_launcher_does_not_pass_signals_on(
        self, tmp_path: Path
    ) -> None:
        with renode.start(renode_target(), work_dir=tmp_path) as at:
            assert len(processes_in(tmp_path)) == 2
            port = int(at.link_url.rpartition(":")[2])
        wait_for(lambda: not processes_in(tmp_path))
        assert refused(("127.0.0.1", port))

    def test_it_keeps_no_file_open(self, tmp_path: Path) -> None:
        with renode.start(renode_target(), work_dir=tmp_path / "first"):
            pass  # what is opened once and kept is open now
        files = len(list(Path("/proc/self/fd").iterdir()))
        with renode.start(renode_target(), work_dir=tmp_path):
            pass
        assert len(list(Path("/proc/self/fd").iterdir())) == files

    def test_two_at_once_do_not_meet(self, tmp_path: Path) -> None:
        with (
            renode.start(renode_target(), work_dir=tmp_path / "a") as a,
            renode.start(renode_target(), work_dir=tmp_path / "b") as b,
        ):
            assert len({a.probe_uid, a.link_url, b.probe_uid, b.link_url}) == 4

    def test_ctrl_c_does_not_reach_it(self, tmp_path: Path) -> None:
        with renode.start(renode_target(), work_dir=tmp_path):
            assert {os.getpgid(pid) for pid in processes_in(tmp_path)}.isdisjoint({os.getpgid(0)})

    def test_what_fails_because_it_died_is_told_as_its_death(self, tmp_path: Path) -> None:
        def fail() -> None:
            with renode.start(renode_target(), work_dir=tmp_path):
                os.killpg(os.getpgid(processes_in(tmp_path).pop()), signal.SIGKILL)
                raise LinkClosed("end of file")

        with pytest.raises(SimulatorDied, match=r"was ended by signal 9 \(SIGKILL\)") as died:
            fail()
        assert isinstance(died.value.__cause__, LinkClosed)

    def test_what_fails_while_it_lives_stays_what_it_is(self, tmp_path: Path) -> None:
        with pytest.raises(LinkClosed), renode.start(renode_target(), work_dir=tmp_path):
            raise LinkClosed("end of file")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.usefixtures("launcher")
def test_all_of_it_dies_with_a_harness_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib\n"
        "from devices.renode_targets import renode_target\n"
        "from harness.machine import renode\n"
        f"with renode.start(renode_target(), work_dir=pathlib.Path({str(tmp_path)!r})):\n"
        "    print('up', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"up\n"
        assert len(processes_in(tmp_path)) == 2
        harness.kill()
    wait_for(lambda: not processes_in(tmp_path))


@pytest.mark.usefixtures("launcher")
@pytest.mark.parametrize(
    ("shape", "error", "what"),
    [
        ("dies", SimulatorDied, r"renode ended with exit status 3; it said:\n  Fatal error: the r"),
        ("dies-at-script", SimulatorDied, "renode ended with exit status 7"),
        ("refuses", RigError, r"Renode could not run `include @[^`]+renode\.resc`; it said:\n"),
        ("taken", PortBusy, "Renode found a port of its three in use, 3 times"),
        ("old", ToolMissing, r"Renode 1\.15\.3\.17033 counts too coarsely"),
        ("slow-clock", RigError, "Renode's core has PerformanceInMips '100' and should have 500"),
    ],
)
def test_a_renode_that_does_not_come_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str, error: type[RigError], what: str
) -> None:
    monkeypatch.setenv("FAKE_RENODE", shape)
    with (
        pytest.raises(error, match=what) as caught,
        renode.start(renode_target(), work_dir=tmp_path),
    ):
        pass
    assert type(caught.value) is error
    assert caught.value.hint.endswith(".")
    assert caught.value.where
    wait_for(lambda: not processes_in(tmp_path))
    assert (tmp_path / "renode.out").exists()


@pytest.mark.usefixtures("launcher")
def test_one_that_is_never_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_RENODE", "mute")
    with (
        pytest.raises(RigError, match=r"Renode is not ready after 0\.3 s") as caught,
        renode.start(renode_target(), work_dir=tmp_path, deadline_s=0.3),
    ):
        pass
    assert caught.value.where == str(tmp_path / "renode.out")
    wait_for(lambda: not processes_in(tmp_path))


@pytest.mark.usefixtures("launcher")
def test_a_port_lost_to_another_program_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_RENODE", "taken-once")
    monkeypatch.setenv("FAKE_RENODE_ONCE", str(tmp_path / "once"))
    with renode.start(renode_target(), work_dir=tmp_path) as at:
        at.check()
    assert (tmp_path / "once").exists()


def test_no_renode_is_told_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RENODE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(ToolMissing, match="renode is not installed") as caught,
        renode.start(renode_target(), work_dir=tmp_path),
    ):
        pass
    assert caught.value.where == "PATH"
    assert caught.value.hint == (
        "Install Renode 1.16 or newer (`harness doctor` has the command), or set RENODE."
    )


def test_renode_names_a_launcher_a_folder_or_what_mono_and_dotnet_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("renode", "mono", "dotnet", "Renode.exe", "Renode.dll"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("RENODE", raising=False)
    assert find_renode() == (str(tmp_path / "renode"),)
    for asked, runs in (
        (tmp_path, (tmp_path / "renode",)),
        (tmp_path / "renode", (tmp_path / "renode",)),
        (tmp_path / "Renode.exe", (tmp_path / "mono", tmp_path / "Renode.exe")),
        (tmp_path / "Renode.dll", (tmp_path / "dotnet", tmp_path / "Renode.dll")),
    ):
        monkeypatch.setenv("RENODE", str(asked))
        assert find_renode() == tuple(map(str, runs))
    (tmp_path / "dotnet").unlink()
    with pytest.raises(ToolMissing, match=r"dotnet, which runs Renode\.dll, is not installed"):
        find_renode()
    monkeypatch.setenv("RENODE", str(tmp_path / "nowhere"))
    with pytest.raises(ToolMissing, match="nowhere is not installed") as caught:
        find_renode()
    assert caught.value.where == "$RENODE"


@pytest.mark.parametrize(
    ("said", "version"),
    [
        (
            "Renode v1.16.1.17033\nbuild: d66b0c2a-202602160933\nruntime: .NET 8.0.24",
            "1.16.1.17033",
        ),
        ("Renode, version 1.16.1 (d66b0c2a-202602160933)", "1.16.1"),
        ("1.17.0 (1.17.0+20260907gitf1dd1b4af)\nruntime .NET 9.0.19", "1.17.0"),
        ("build type: Release\nruntime: Mono 6.8.0.105", ""),
        ("renode: command not found", ""),
    ],
)
def test_the_version_is_found_in_what_releases_say(said: str, version: str) -> None:
    assert version_in_banner(said) == version


@pytest.mark.parametrize(("version", "old"), [("1.15.3", True), ("1.16.0", False), ("2.0", False)])
def test_which_releases_read_the_counter_exactly(version: str, old: bool) -> None:
    assert too_old(version) is old


@pytest.mark.usefixtures("launcher")
@pytest.mark.parametrize(
    ("answer", "state", "version", "note"),
    [
        (Answer(0, "Renode v1.16.1.17033\n"), State.OK, "1.16.1.17033", ""),
        (Answer(0, "Renode v1.14.0.1\n"), State.FAULTY, "1.14.0.1", "counts need 1.16 or newer"),
        (Answer(1, "Cannot open assembly\n"), State.FAULTY, "", "Cannot open assembly"),
        (Answer(None, ""), State.FAULTY, "", "no output"),
    ],
)
def test_doctor_tells_its_version(answer: Answer, state: State, version: str, note: str) -> None:
    (finding,) = renode.checkup([renode_target()], lambda command: answer)
    assert (finding.name, finding.state, finding.version) == ("renode", state, version)
    assert note in finding.note
    if state is not State.OK:
        assert (finding.mend, finding.exit_code) == ("unset RENODE", 3)


def test_doctor_has_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RENODE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    (finding,) = renode.checkup([renode_target()], lambda command: Answer(None, ""))
    assert (finding.state, finding.mend) == (State.MISSING, INSTALL)
    assert "export RENODE=" in finding.mend
