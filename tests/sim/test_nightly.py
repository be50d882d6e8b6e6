"""`harness nightly` on a simulated board: no alarm, a kernel made slower, and going on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu

from harness.domain.record import CaseStatus
from harness.results import open_store

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
PLAN = """\
[matrix]
targets = ["mps2-an500"]
kernels = ["cmsis-nn"]
models = ["mlp-digits"]
builds = ["seeded"]
limit = 2

[report]
html = "night.html"
junit = "night.xml"
openmetrics = "night.prom"
"""
BUILD = """\
id = "seeded"
title = "-O2"
optimisation = "-O2"
library = "cmsis-nn"
"""
# The kernel of FULLY_CONNECTED without the DSP extension; all other files keep it.
SLOWER = '\n[file_defines]\n"arm_nn_vec_mat_mult_t_s8.c" = ["__ARM_FEATURE_DSP=0"]\n'


class Bench:
    """A folder with a plan, and a tree with a build variant of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._variant = folder / "tree" / "firmware" / "builds" / "seeded.toml"
        self._variant.parent.mkdir(parents=True)
        self.build(BUILD)
        (folder / "nightly.toml").write_text(PLAN)

    def build(self, definition: str) -> None:
        """Build the firmware otherwise from now on."""
        self._variant.write_text(definition)

    def nightly(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A night."""
        command = [sys.executable, "-m", "harness.cli", "nightly", *words]
        environment = os.environ | {"HARNESS_PATH": str(self.folder / "tree")}
        environment.pop("HARNESS_RESULTS", None)
        environment["GITHUB_STEP_SUMMARY"] = str(self.folder / "step.md")
        environment["PYTHONPATH"] = str(Path(__file__).parents[2])
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def test_a_slower_kernel_is_found_and_named_and_the_same_commit_gives_no_alarm(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    first, second = bench.nightly(), bench.nightly()
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.startswith("Verdict: new")
    assert second.stdout.startswith("Verdict: no change")

    bench.build(BUILD + SLOWER)
    slower = bench.nightly()
    assert slower.returncode == 1, slower.stdout + slower.stderr
    assert slower.stdout.startswith("Verdict: regression")
    failure = ET.parse(tmp_path / "night.xml").find(".//testcase/failure")
    assert failure is not None
    moved = [line for line in (failure.text or "").splitlines() if line.startswith("moved: ")]
    kernels = "arm_fully_connected_s8, arm_nn_vec_mat_mult_t_s8"
    assert moved[0].startswith(f"moved: 1 FULLY_CONNECTED ({kernels}): ")
    assert not any("SOFTMAX" in line for line in moved)
    assert "moved: 1 FULLY\\_CONNECTED" in (tmp_path / "step.md").read_text()
    assert 'verdict="regression"} 1' in (tmp_path / "night.prom").read_text()
    assert "FULLY_CONNECTED" in (tmp_path / "night.html").read_text()

    # It is told once: this night is held to the last one.
    again = bench.nightly("--quiet")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("Verdict: no change")

    resumed = bench.nightly("--quiet", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    store = open_store(tmp_path / "results" / "harness.db")
    assert len(store.runs()) == 4
    assert [one.record.status for one in store.records()] == [CaseStatus.OK] * 4


TWO_AT_ONCE = """\
jobs = 2
[matrix]
targets = ["mps2-an500", "mps2-an386"]
kernels = ["reference"]
models = ["mlp-digits"]
limit = 1
"""


def test_two_targets_at_once_and_the_counts_of_one_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    plan = tmp_path / "nightly.toml"
    plan.write_text(TWO_AT_ONCE)
    together = bench.nightly()
    assert together.returncode == 0, together.stderr
    plan.write_text(TWO_AT_ONCE.replace("jobs = 2", "jobs = 1"))
    alone = bench.nightly()
    assert alone.stdout.startswith("Verdict: no change"), alone.stdout + alone.stderr
    first, second = open_store(tmp_path / "results" / "harness.db").runs()
    assert first.id != second.id
