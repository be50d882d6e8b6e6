"""`harness run` stopped at each stage, by Ctrl-C or by a kill, and gone on with."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu
from devices.terminal import Terminal

from harness.domain.record import CaseStatus
from harness.results import open_store

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
ONE = ("run", "-t", "mps2-an500", "-m", "mlp-digits", "-k", "cmsis-nn")
BOTH = ("run", "-t", "mps2-an500", "-m", "mlp-digits", "-k", "reference", "-k", "cmsis-nn")

# A user whose finger is quick: the key is pressed as the stage of that name begins, or a row is
# written; what happens then is all the harness's own. Simulators that were seen are told on stderr.
QUICK_FINGER = """
import os, signal, sys
from harness.cli import main, progress
from harness.machine import _process
from harness.results import codec

stage = sys.argv.pop(1)
step, row, start = progress.RunProgress._step, codec.case_to_row, _process.Simulator.__init__

def press(at):
    if at == stage:
        os.kill(os.getpid(), signal.SIGINT)

def pressing_step(self, text):
    step(self, text)
    press(text)

def pressing_row(*arguments):
    made = row(*arguments)
    press("store")
    return made

def telling_start(self, *arguments, **named):
    start(self, *arguments, **named)
    sys.stderr.write(f"simulator {self.pid}\\n")

progress.RunProgress._step = pressing_step
codec.case_to_row = pressing_row
_process.Simulator.__init__ = telling_start
main()
"""


@pytest.mark.parametrize(
    "stage",
    [
        "building firmware",
        "starting target",
        "flashing and verifying",
        "handshake",
        "streaming inputs",
        "comparing with host reference",
        "store",
    ],
)
def test_ctrl_c_at_each_stage(tmp_path: Path, stage: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUICK_FINGER, stage, *ONE, "--limit", "5"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 130, done.stderr
    assert done.stderr.endswith("interrupted\n")
    assert "Traceback" not in done.stderr
    for simulator in re.findall(r"^simulator (\d+)$", done.stderr, re.MULTILINE):
        assert not Path(f"/proc/{simulator}").exists()
    store = open_store(tmp_path / "results" / "harness.db")
    (run,) = store.runs()
    rows = [(row.status, row.error_class, row.readings) for row in store.cases(run.id)]
    # A row that was being written is not there at all; any other case says how it ended.
    assert rows == ([] if stage == "store" else [(CaseStatus.FAILED, "KeyboardInterrupt", ())])


def test_a_killed_run_goes_on_where_its_rows_end(tmp_path: Path) -> None:
    terminal = Terminal([*BOTH, "--limit", "60"], folder=tmp_path)
    first = terminal.wait_for(r"\+ mlp-digits · mps2-an500 · reference: [\d,]+ instructions")
    terminal.wait_for(r"streaming inputs")
    os.kill(terminal.pid, signal.SIGKILL)
    assert terminal.end() == -signal.SIGKILL
    store = open_store(tmp_path / "results" / "harness.db")
    (run,) = store.runs()
    (kept,) = store.cases(run.id)
    again = Terminal([*BOTH, "--limit", "60", "--resume"], folder=tmp_path)
    assert again.wait_for(r"= mlp-digits · .*, taken over").startswith(first.replace("+", "="))
    again.wait_for(r"\+ mlp-digits · mps2-an500 · cmsis-nn: [\d,]+ instructions")
    assert again.end() == 0
    assert again.text.count("60/60") == 2  # the table has both
    (same,) = open_store(tmp_path / "results" / "harness.db").runs()
    assert same == run
    assert [row.kernel_set for row in store.cases(run.id)] == ["reference", "cmsis-nn"]
    assert store.cases(run.id)[0] == kept


def test_without_a_run_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from harness.cli import main; main()", *ONE, "--resume"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert "ConfigError: --resume: there is no run to go on with" in done.stderr
