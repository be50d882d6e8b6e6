"""Frame and message code of the firmware under libFuzzer, AddressSanitizer and UBSan.

A short run from the corpus in the tree; `HARNESS_FUZZ_S` makes it longer. What it finds stays in
pytest's temporary folder, also a crash, whose name is in the failure's text.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from firmware.core.plain_image import Image

ROOT = Path(__file__).parents[3]
CORE = ROOT / "firmware" / "core"
HERE = Path(__file__).parent
SECONDS = int(os.environ.get("HARNESS_FUZZ_S", "5"))
KERNELS = sorted((ROOT / "tests" / "firmware" / "core" / "kernels").glob("*.c"))
SOURCES = {
    "frames": [CORE / "frame.c", CORE / "crc32.c"],
    "messages": [*sorted(set(CORE.glob("*.c")) - {CORE / "main.c"}), *KERNELS],
}
FLAGS = (
    *("-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-omit-frame-pointer"),
    *("-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"),
    *(f"-I{CORE}", '-DHARNESS_TARGET="host"', '-DHARNESS_KERNEL_SET="test"'),
)


def fuzzer(name: str, folder: Path) -> Path:
    clang = shutil.which("clang")
    if clang is None:
        pytest.skip("clang is not installed")
    bytes_ = ",".join(map(str, Image().encode()))
    (folder / "good_image.inc").write_text(bytes_ + "\n")
    program = folder / f"fuzz_{name}"
    sources = [HERE / "programs" / f"fuzz_{name}.c", *SOURCES[name]]
    built = subprocess.run(
        [clang, *FLAGS, f"-I{folder}", *map(str, sources), "-o", str(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "libclang_rt" in built.stderr:
        pytest.skip("clang has no libFuzzer (libclang-rt-dev is not installed)")
    assert built.returncode == 0, built.stderr
    return program


@pytest.mark.parametrize("name", ["frames", "messages"])
def test_nothing_that_is_received_breaks_the_firmware(name: str, tmp_path: Path) -> None:
    program = fuzzer(name, tmp_path)
    found = tmp_path / "found"
    found.mkdir()
    done = subprocess.run(
        [
            *(str(program), f"-max_total_time={SECONDS}", "-max_len=2048", "-timeout=5", "-seed=1"),
            *(f"-artifact_prefix={tmp_path}/", "-print_final_stats=1"),
            *(str(found), str(HERE / "corpus" / name)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60 + 2 * SECONDS,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    (runs,) = [
        int(line.split()[1])
        for line in done.stderr.splitlines()
        if line.startswith("stat::number_of_executed_units:")
    ]
    assert runs > 1000 * SECONDS


@pytest.mark.parametrize("name", ["frames", "messages"])
def test_the_corpus_is_small(name: str) -> None:
    files = sorted((HERE / "corpus" / name).iterdir())
    assert 10 <= len(files) <= 100
    assert sum(file.stat().st_size for file in files) <= 64 * 1024
