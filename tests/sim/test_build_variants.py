"""Build variants on a simulated board: other optimisation or compiler, the same vectors."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
COMMAND = [sys.executable, "-c", "from harness.cli import main; main()", "run", "--json"]
CONVOLVING, DENSE = "lenet-digits", "autoencoder-digits"
BOTH_COMPILERS = ("-b", "O2", "-b", "clang")
INPUTS = 3


def run(folder: Path, *words: str) -> list[dict[str, object]]:
    models = ("-m", CONVOLVING, "-m", DENSE, "--limit", str(INPUTS))
    done = subprocess.run(
        [*COMMAND, *models, *words], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["cases"])


def largest_difference(case: dict[str, object]) -> float:
    value: float = case["readings"]["largest_difference"]["value"]  # type: ignore[index]
    return value


def test_every_optimisation_gives_the_same_vectors(tmp_path: Path) -> None:
    levels = ["O2", "O3", "Os", "Ofast"]
    words = [word for variant in [*levels, "single-rounding"] for word in ("-b", variant)]
    cases = run(tmp_path, "-t", "mps2-an500", "-k", "cmsis-nn", *words)
    assert [case["variant"] for case in cases] == [*levels, "single-rounding"] * 2
    for case in cases:
        if case["model"] == CONVOLVING or case["variant"] == "single-rounding":
            assert largest_difference(case) == 0
        if case["variant"] in levels:
            assert f"-{case['variant']}" in str(case["flags"]).split()
    # CMSIS-NN rounds each of ten FULLY_CONNECTED twice, LiteRT once.
    rounded_twice = {largest_difference(case) for case in cases} - {0}
    assert len(rounded_twice) == 1, "O2, O3, Os and Ofast are off by as much"
    flash = {case["variant"]: case["firmware_flash_bytes"] for case in cases}
    assert flash["Os"] < flash["O2"] < flash["O3"]  # type: ignore[operator]
    assert len({case["build_id"] for case in cases}) == len(levels) + 1


@pytest.mark.skipif(not shutil.which("clang"), reason="needs clang")
@pytest.mark.parametrize("target", ["mps2-an385", "mps2-an500", "mps3-an547"])
def test_clang_gives_the_same_vectors(tmp_path: Path, target: str) -> None:
    cases = run(tmp_path, "-t", target, "-k", "reference", "-k", "cmsis-nn", *BOTH_COMPILERS)
    assert [(case["kernel_set"], case["variant"]) for case in cases] == [
        *(("reference", "O2"), ("reference", "clang"), ("cmsis-nn", "O2"), ("cmsis-nn", "clang"))
    ] * 2
    for by_gcc, case in zip(cases[::2], cases[1::2], strict=True):
        assert "clang version" in str(case["compiler"])
        assert ", linked by arm-none-eabi-gcc" in str(case["compiler"])
        assert largest_difference(case) == largest_difference(by_gcc)
        if case["kernel_set"] == "reference" or case["model"] == CONVOLVING:
            assert largest_difference(case) == 0
