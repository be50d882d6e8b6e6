"""`harness doctor` where everything is installed, and where nothing is; it changes neither."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = ("arm-none-eabi-gcc", "cmake", "ninja", "qemu-system-arm")
TARGET = "mps2-an500"
PATIENT = ("--deadline", "60")  # a busy machine

needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}"
)


def doctor(home: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command in an empty folder, with an empty cache and no results."""
    home.mkdir(exist_ok=True)
    environment = os.environ | {
        "HARNESS_CACHE": str(home / "cache"),
        "HARNESS_RESULTS": str(home / "results" / "r.db"),
    }
    for name in ("HARNESS_QEMU", "CMSIS_NN_ROOT", "HARNESS_PATH"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", "doctor", *options],
        cwd=home,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@needs_tools
def test_where_all_is_installed_a_run_can_start(tmp_path: Path) -> None:
    done = doctor(tmp_path / "home", "--target", TARGET, "--json", *PATIENT)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert {*TOOLS, "newlib", "gcc for Cortex-M7", f"board {TARGET}", "store"} <= set(rows)
    assert all(rows[tool]["version"] for tool in TOOLS)
    assert {row["state"] for row in rows.values()} <= {"ok", "optional"}
    assert rows["cmsis-nn"]["state"] == "optional", "an empty cache holds no CMSIS-NN"
    assert "serial port" not in rows, "a simulated board has none"
    assert list((tmp_path / "home").iterdir()) == [], "nothing may be written"


@needs_tools
def test_without_a_target_the_desk_and_every_simulated_board_are_looked_at(tmp_path: Path) -> None:
    done = doctor(tmp_path / "home", *PATIENT)
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("board mps2-an385", "board mps2-an386", "probe", "A run can start."):
        assert words in done.stdout


def test_where_nothing_is_installed_each_thing_comes_with_its_command(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    done = doctor(tmp_path / "home", "--target", TARGET, *PATIENT, PATH=str(tmp_path / "bin"))
    assert done.returncode == 3, done.stdout + done.stderr
    assert done.stdout.splitlines()[-8:] == [
        "arm-none-eabi-gcc: sudo apt-get install gcc-arm-none-eabi",
        "cmake: sudo apt-get install cmake",
        "ninja: sudo apt-get install ninja-build",
        "arm-none-eabi-objdump: sudo apt-get install binutils-arm-none-eabi",
        "clang: sudo apt-get install clang",
        "cmsis-nn: harness run --kernels cmsis-nn --model mlp-digits --limit 1",
        "qemu-system-arm: sudo apt-get install qemu-system-arm",
        "5 to mend before a run",
    ]


BOARD = """
id = "my-board"
title = "A board on the desk"
fidelity = "silicon"
port = "mps2"
clock_hz = 25_000_000
baud_rate = 115200
pyocd_target = "cortex_m"
[core]
name = "Cortex-M7"
flags = ["-mcpu=cortex-m7", "-mthumb"]
[memory]
code = { origin = 0x0, length = 0x10_0000 }
model_slot = { origin = 0x20_0000, length = 0x20_0000 }
ram = { origin = 0x2000_0000, length = 0x4_0000 }
arena = { origin = 0x2010_0000, length = 0x10_0000 }
[counter]
name = "dwt-cyccnt"
unit = "cycles"
per_tick = 1
[machine]
kind = "qemu"
machine = "mps2-an500"
"""


@needs_tools
def test_a_board_needs_a_probe(tmp_path: Path) -> None:
    (tmp_path / "tree" / "targets").mkdir(parents=True)
    (tmp_path / "tree" / "targets" / "my-board.toml").write_text(BOARD)
    done = doctor(
        tmp_path / "home",
        *("--target", "my-board", "--json", *PATIENT),
        HARNESS_PATH=str(tmp_path / "tree"),
    )
    rows = [row for row in json.loads(done.stdout) if row["part"] == "probe"]
    found = [row for row in rows if row["name"].startswith("probe ")]
    assert found or done.returncode == 4, done.stdout
    assert found or "debug probe" in {row["name"] for row in rows if row["state"] == "missing"}


def test_an_unknown_target_is_the_user_s_turn(tmp_path: Path) -> None:
    done = doctor(tmp_path / "home", "--target", "mps2-an50")
    assert done.returncode == 2
    assert "there is no target 'mps2-an50'" in done.stderr
