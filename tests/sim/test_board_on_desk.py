"""A board of a desk, end to end: what reaches it is a simulator that somebody else has started.

So nothing but `rig.toml` tells where it is, as with a board on a cable.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu, target

from harness.machine import start_machine
from harness.machine._board_lock import locked

pytestmark = needs_qemu

SIMULATED = (Path(__file__).parents[2] / "targets" / "mps2-an500.toml").read_text()
BOARD = (
    SIMULATED.replace('id = "mps2-an500"', 'id = "desk-m7"')
    .replace('fidelity = "simulated"', 'fidelity = "silicon"')
    .replace('unit = "instructions"', 'unit = "cycles"')
    .replace('kind = "qemu"\nmachine = "mps2-an500"', 'kind = "board"')
)
ONE = ("--target=desk-m7", "--kernels=reference", "--limit=2")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A desk with two boards of one kind; the ids of their probes. `rig.toml` is in the folder."""
    (tmp_path / "tree" / "targets").mkdir(parents=True)
    (tmp_path / "tree" / "targets" / "desk-m7.toml").write_text(BOARD)
    (tmp_path / "locks").mkdir()
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path / "tree"))
    monkeypatch.setenv("HARNESS_LOCKS", str(tmp_path / "locks"))
    monkeypatch.delenv("HARNESS_RIG", raising=False)
    monkeypatch.chdir(tmp_path)
    with ExitStack() as running:
        boards = [
            running.enter_context(start_machine(target(), tmp_path / str(number)))
            for number in range(2)
        ]
        Path("rig.toml").write_text(
            "".join(
                f'[[board]]\ntarget = "desk-m7"\nprobe = "{at.probe_uid}"\nport = "{at.link_url}"\n'
                for at in boards
            )
        )
        yield [at.probe_uid for at in boards]


def ended(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_case_runs_on_the_first_free_board(desk: list[str]) -> None:
    with locked(desk[0]):
        done = ended("harness.cli", "run", *ONE, "--model=mlp-digits", "--json")
        assert done.returncode == 0, done.stderr
    (case,) = json.loads(done.stdout)["cases"]
    assert (case["target_id"], case["fidelity"], case["status"]) == ("desk-m7", "silicon", "ok")


def test_a_board_in_use_is_told_with_who_has_it(desk: list[str]) -> None:
    with locked(desk[0]), locked(desk[1]):
        done = ended("harness.cli", "run", *ONE, "--model=mlp-digits", "--wait-board=1")
    assert done.returncode == 4
    assert "waiting 1 s at most for desk-m7: all 2 boards are in use:" in done.stderr
    assert "ProbeBusy" in done.stdout + done.stderr
    assert f"(process {os.getpid()} on " in done.stdout + done.stderr


def test_workers_of_pytest_wait_for_a_board_that_another_worker_has(desk: list[str]) -> None:
    Path("test_mine.py").write_text("def test_equal(bench): assert bench.vectors_equal == 2\n")
    models = ("--model=mlp-digits", "--model=lenet-digits")
    with locked(desk[0]):
        done = ended("pytest", "-n2", "-p", "no:cacheprovider", *ONE, *models)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
