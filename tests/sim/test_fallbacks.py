"""A stranger's kernel set that calls CMSIS-NN for one operator and falls back for the rest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu

from harness import assembly, catalog
from harness.domain.kernel_code import OperatorKernel
from harness.results import open_store

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
COMMAND = [sys.executable, "-c", "from harness.cli import main; main()"]
ON = ("-t", "mps2-an500", "-m", "lenet-digits")
DEFINITION = """
id = "{id}"
title = "CMSIS-NN for {operators} and nothing else"
extends = "reference"
library = "cmsis-nn"
[exempt]
RESHAPE = "it computes nothing"
"""


def add_kernel_set(tree: Path, name: str, *operators: str) -> None:
    """Make a kernel set that has only the shipped kernels of `operators`."""
    folder = tree / "firmware" / "kernels" / name
    folder.mkdir(parents=True)
    definition = DEFINITION.format(id=name, operators=", ".join(operators))
    (folder / "kernels.toml").write_text(definition)
    shipped = catalog.firmware_root() / "kernels" / "cmsis-nn"
    for source in (*shipped.glob("*.h"), *(shipped / f"{one}.c" for one in operators)):
        shutil.copy(source, folder)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One set without the kernels that take long, one that lacks only the last operator's."""
    tree = tmp_path_factory.mktemp("tree")
    add_kernel_set(tree, "thin", "fully_connected")
    add_kernel_set(tree, "almost", "conv_2d", "fully_connected", "max_pool_2d")
    return tree


def harness(tree: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=os.environ
        | {"HARNESS_PATH": str(tree), "HARNESS_CACHE": str(assembly.cache_dir()), "COLUMNS": "140"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def fallen(case: dict[str, object]) -> list[int]:
    kernels = case["operator_kernels"]
    assert isinstance(kernels, list)
    return [one["index"] for one in kernels if one["fallback"]]


def test_share_heading_and_label(tree: Path, tmp_path: Path) -> None:
    sets = ("-k", "reference", "-k", "cmsis-nn", "-k", "thin", "-k", "almost")
    done = harness(tree, tmp_path, "run", *ON, *sets, "--limit", "1", "--json")
    assert done.returncode == 0, done.stderr
    cases = {case["kernel_set"]: case for case in json.loads(done.stdout)["cases"]}
    assert [case["heading"] for case in cases.values()] == [
        *("reference", "cmsis-nn", "fallback (thin)", "almost"),
    ]
    shares = {name: case["readings"].get("fallback_share") for name, case in cases.items()}
    assert shares["reference"] is None
    assert shares["cmsis-nn"]["value"] == 0
    assert "by construction" in shares["cmsis-nn"]["method"]
    # By the counts of operators for the first input, as harness/README.md shows them.
    plain = 2_752_960 + 84_400 + 1_682_040 + 18_240 + 760
    assert shares["thin"]["value"] == pytest.approx(plain / (plain + 17_160 + 1_320 + 40), abs=1e-3)
    assert shares["almost"]["value"] == pytest.approx(760 / 1_672_640, abs=1e-4)
    assert fallen(cases["cmsis-nn"]) == []
    assert fallen(cases["thin"]) == [0, 1, 2, 3, 7]
    assert fallen(cases["almost"]) == [7]
    table = done.stderr.partition("equal to")[2]
    assert "fallback (thin)" in table
    assert "99.6 %" in table
    assert (
        "fallback in lenet-digits · mps2-an500 · thin (O2): 2 x CONV_2D (reference/conv_2d), "
        "2 x MAX_POOL_2D (reference/max_pool_2d), SOFTMAX (reference/softmax): 99.6 %"
    ) in " ".join(table.split())
    assert "% of them fallback, 1 input, " in done.stderr


def test_the_headline_is_that_of_a_set_that_is_never_profiled(tree: Path, tmp_path: Path) -> None:
    """What is counted ends before the profile: nothing of it changes with that."""
    words = ("run", *ON, "-k", "thin", "--limit", "3", "--json")
    first, second = (json.loads(harness(tree, tmp_path, *words).stdout) for _ in range(2))
    readings = [run["cases"][0]["readings"]["instructions"] for run in (first, second)]
    assert readings[0] == readings[1]
    assert readings[0]["n"] == 3
    store = open_store(tmp_path / "results" / "harness.db")
    (record,) = store.cases(store.runs()[0].id)
    assert record.operator_kernels[0] == OperatorKernel(
        0, "CONV_2D", "reference/conv_2d.c", fallback=True
    )
    connected = record.operator_kernels[5]
    assert connected.source == "thin/fully_connected.c"
    assert "arm_fully_connected_s8" in connected.calls
    assert (connected.path, connected.fallback) == ("dsp", False)


def test_profiles_and_lists_label_fallbacks(tree: Path, tmp_path: Path) -> None:
    done = harness(tree, tmp_path, "profile", *ON, "-k", "thin")
    assert done.returncode == 0, done.stderr
    assert "lenet-digits on mps2-an500 (M7) with fallback (thin)" in done.stdout
    assert "reference/conv_2d (fallback)" in done.stdout
    assert "reference/reshape (fallback)" not in done.stdout
    assert "fallback: 99.6 % of the instructions are not in cmsis-nn" in done.stdout
    words = ("kernels", "calls", "--target", "mps2-an500", "--kernels", "thin", "--json")
    rows = {row["operator"]: row for row in json.loads(harness(tree, tmp_path, *words).stdout)}
    assert rows["CONV_2D"]["from"] == "reference (fallback)"
    assert rows["FULLY_CONNECTED"]["from"] == "thin"
    assert rows["RESHAPE"]["from"] == "reference"
