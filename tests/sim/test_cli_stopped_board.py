"""`harness run` stopped by Ctrl-C on a board of a desk: the board stays, and its core is halted.

The board is the virtual OpenMV H7, a process that the harness has not started and does not end. Its
probe is held in a process of its own, as one on USB is.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from devices import cabled_probe
from devices.virtual_board import needs_unicorn

from harness import catalog
from harness.domain.record import CaseStatus
from harness.machine import virtual_h743
from harness.results import open_store

TESTS = Path(__file__).parents[1]

pytestmark = [
    needs_unicorn,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]

# The key is pressed in the midst of the stage: while flash is being written, while the answer to
# the first request is waited for, when two inputs have been answered.
QUICK_FINGER = """
import os, signal, sys
from harness.cli import main, progress
from harness.link import wire

wanted, stage, shown = sys.argv.pop(1), "", progress.RunProgress
step, flashing, inputs, listen = shown._step, shown._flashing, shown._inputs, wire.Wire.listen

def press(at):
    if at == wanted:
        sys.stderr.write(f"pressed in {at}\\n")
        os.kill(os.getpid(), signal.SIGINT)

def telling_step(self, text):
    global stage
    stage = text
    step(self, text)

def pressing_flashing(self, phase, fraction):
    flashing(self, phase, fraction)
    press("flash" if phase == "program" and fraction < 1 else "")

def pressing_inputs(self, done, total):
    inputs(self, done, total)
    press("stream" if done == 2 else "")

def pressing_listen(self, timeout_s):
    press("handshake" if stage == "handshake" else "")
    return listen(self, timeout_s)

shown._step = telling_step
shown._flashing = pressing_flashing
shown._inputs = pressing_inputs
wire.Wire.listen = pressing_listen
main()
"""


class CabledBoard:
    """The board, and what its debugger says of its core."""

    def __init__(self, gdb_port: int) -> None:
        self._gdb_port = gdb_port

    def runs(self) -> bool:
        """Whether the core runs before it is asked; asking lets it run on."""
        with socket.create_connection(("127.0.0.1", self._gdb_port), 10) as debugger:
            debugger.settimeout(10)
            debugger.sendall(b"$qSupported#37")
            said = b""
            while b"#" not in said:
                said += debugger.recv(4096)
            debugger.sendall(b"+$D#44")
            while not said.endswith(b"$OK#9a"):
                said += debugger.recv(4096)
        (sign,) = re.findall(rb"harness\.running([+-])", said)
        return bytes(sign) == b"+"

    def comes_to_run(self) -> bool:
        """Whether the core that was let go of runs, within ten seconds."""
        late = time.monotonic() + 10
        while not (running := self.runs()) and time.monotonic() < late:
            pass
        return running


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CabledBoard]:
    """A desk with one board; `rig.toml` is in the folder."""
    cabled_probe.install(tmp_path)
    paths = (str(tmp_path), str(TESTS), *sys.path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    monkeypatch.setenv("HARNESS_LOCKS", str(tmp_path))
    monkeypatch.delenv("HARNESS_RIG", raising=False)
    with virtual_h743.start(catalog.target("openmv-h7"), work_dir=tmp_path / "chip") as at:
        uid = at.probe_uid.replace("gdb:", cabled_probe.UID)
        monkeypatch.setenv(cabled_probe.PLUGGED_IN, uid)
        (tmp_path / "rig.toml").write_text(
            f'[[board]]\ntarget = "openmv-h7"\nprobe = "{uid}"\nport = "{at.link_url}"\n'
        )
        yield CabledBoard(int(uid.rpartition(":")[2]))


def test_ctrl_c_leaves_the_core_halted(tmp_path: Path, board: CabledBoard) -> None:
    one = ("run", "-t", "openmv-h7", "-m", "mlp-digits", "-k", "cmsis-nn", "--limit", "5")

    def ended(stage: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", QUICK_FINGER, stage, *one],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )

    assert not board.runs()  # as it was started; from now on it runs until it is halted
    for stage in ("flash", "handshake", "stream"):
        assert board.comes_to_run()
        done = ended(stage)
        assert done.returncode == 130, done.stderr
        assert f"pressed in {stage}" in done.stderr
        assert "Traceback" not in done.stderr
        assert not board.runs()
    store = open_store(tmp_path / "results" / "harness.db")
    rows = [row for run in store.runs() for row in store.cases(run.id)]
    ends = [(row.status, row.error_class, row.readings) for row in rows]
    assert ends == 3 * [(CaseStatus.FAILED, "KeyboardInterrupt", ())]
