"""`harness run` on simulated boards: what is printed, written and kept, also when it is stopped."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu
from devices.terminal import Terminal

from harness.domain.record import CaseRecord, CaseStatus
from harness.results import open_store

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
COMMAND = [sys.executable, "-c", "from harness.cli import main; main()"]
BOTH = ("run", "-t", "mps2-an500", "-m", "lenet-digits", "-k", "reference", "-k", "cmsis-nn")


@pytest.fixture(autouse=True)
def _built(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Firmware is built once: what is tested here is not how long that takes."""
    folder = tmp_path_factory.getbasetemp() / "built"
    if not folder.exists():
        folder.mkdir()
        done = run(folder, *BOTH, "--limit", "1")
        assert done.returncode == 0, done.stderr


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def kept(folder: Path) -> list[CaseRecord]:
    """The cases of the only run that is in the store of `folder`."""
    store = open_store(folder / "results" / "harness.db")
    (only,) = store.runs()
    return store.cases(only.id)


def test_json_is_all_there_is_on_stdout(tmp_path: Path) -> None:
    done = run(tmp_path, *BOTH, "--limit", "3", "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document["schema"] == 1
    reference, cmsis = document["cases"]
    names = {field.name for field in fields(CaseRecord)}
    assert set(reference) == names | {"speedup", "heading"}
    assert [case["status"] for case in document["cases"]] == ["ok", "ok"]
    assert reference["speedup"] == 1.0
    assert cmsis["speedup"] > 1.5
    for case in (reference, cmsis):
        assert case["readings"]["vectors_equal"]["value"] == 3
        assert case["readings"]["instructions"]["n"] == 3
        assert case["readings"]["instructions"]["unit"] == "instructions"
        assert {"harness", "pyocd", "qemu", "litert"} == set(case["tool_versions"])
    assert "speed-up" in done.stderr  # the table
    assert "+ lenet-digits · mps2-an500 · reference: " in done.stderr
    assert re.search(r"^kept as run [0-9a-f]{8} in results/harness\.db$", done.stderr, re.MULTILINE)
    assert "cycles" not in done.stdout + done.stderr


def test_the_table_is_stdout_and_files_are_written(tmp_path: Path) -> None:
    files = ("a.json", "b.csv", "c/d.md")
    saves = [word for file in files for word in ("--save", file)]
    done = run(tmp_path, *BOTH, "--limit", "2", "-q", *saves)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "mps2-an500 (M7)  reference" in done.stdout
    assert [case["inputs"] for case in json.loads((tmp_path / "a.json").read_text())["cases"]] == [
        2,
        2,
    ]
    assert (tmp_path / "b.csv").read_text().count("\n") == 3
    assert (tmp_path / "c" / "d.md").read_text().startswith("| model |")
    assert not re.search(r" $", done.stdout, re.MULTILINE)


def test_a_report_that_cannot_be_written_is_told_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path, *BOTH[:-2], "--limit", "1", "--save", "file/table.md")
    assert done.returncode == 8
    assert "StoreError: file/table.md: the report cannot be written: " in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "results").exists()


def test_no_simulator(tmp_path: Path) -> None:
    done = run(tmp_path, *BOTH, "--limit", "1", HARNESS_QEMU="no-such-qemu")
    assert done.returncode == 3
    assert done.stderr.endswith(
        "ToolMissing: $HARNESS_QEMU: no-such-qemu is not installed\n"
        "  -> Install it (apt-get install qemu-system-arm) or set HARNESS_QEMU.\n"
    )
    assert [record.error_class for record in kept(tmp_path)] == ["ToolMissing"]


def test_a_simulator_that_is_killed_fails_its_case_and_no_other(tmp_path: Path) -> None:
    terminal = Terminal([*BOTH, "--limit", "60"], folder=tmp_path)
    terminal.wait_for(r"\+ lenet-digits · mps2-an500 · reference: [\d,]+ instructions, 60 inputs")
    terminal.wait_for(r"case 2 of 2: lenet-digits · mps2-an500 · cmsis-nn")
    terminal.wait_for(r"streaming inputs .*\D[1-9]\d*/60 inputs")
    (simulator,) = terminal.simulators()
    os.kill(simulator, signal.SIGKILL)
    assert terminal.end() == 4
    assert "was ended by signal 9 (SIGKILL)" in " ".join(terminal.text.split())
    assert "SimulatorDied" in terminal.text
    assert "60/60" in terminal.text  # the table has the case that ended well
    first, second = kept(tmp_path)
    assert first.status is CaseStatus.OK
    assert second.status is CaseStatus.FAILED
    assert second.error_class == "SimulatorDied"
    assert second.readings == ()
    assert second.build_id


def test_the_case_after_a_killed_simulator_runs(tmp_path: Path) -> None:
    terminal = Terminal([*BOTH, "--limit", "60"], folder=tmp_path)
    terminal.wait_for(r"streaming inputs .*\D[1-9]\d*/60 inputs")
    (simulator,) = terminal.simulators()
    os.kill(simulator, signal.SIGKILL)
    assert terminal.end() == 4
    assert [record.error_class for record in kept(tmp_path)] == ["SimulatorDied", None]


def test_ctrl_c_shows_what_has_ended_and_leaves_nothing_running(tmp_path: Path) -> None:
    terminal = Terminal([*BOTH, "--limit", "60"], folder=tmp_path)
    terminal.wait_for(r"\+ lenet-digits · mps2-an500 · reference: [\d,]+ instructions, 60 inputs")
    terminal.wait_for(r"streaming inputs .*\D[1-9]\d*/60 inputs")
    (simulator,) = terminal.simulators()
    terminal.press("\x03")
    assert terminal.end() == 130
    assert not Path(f"/proc/{simulator}").exists()
    assert "60/60" in terminal.text
    assert terminal.text.rstrip().endswith("interrupted")
    assert "Traceback" not in terminal.text
    first, second = kept(tmp_path)
    assert first.status is CaseStatus.OK
    assert (second.error_class, second.readings) == ("KeyboardInterrupt", ())
    again = run(tmp_path, *BOTH[:-2], "--limit", "1")
    assert again.returncode == 0, again.stderr


def test_a_log_says_what_is_built(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        *BOTH[:-2],
        "--limit",
        "1",
        HARNESS_CACHE=str(tmp_path / "cache"),
    )
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert lines[0] == "  building firmware for mps2-an500 with reference (O2)"
    assert re.fullmatch(
        r"\+ lenet-digits · .*: [\d,]+ instructions, 1 input, .* s in all", lines[1]
    )
