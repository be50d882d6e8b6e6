"""`harness kernels bench` on simulated boards: equality, instructions per MAC, refused shapes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from devices.mps2_firmware import needs_qemu
from devices.terminal import Terminal

from harness.results import open_store

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
COMMAND = [sys.executable, "-c", "from harness.cli import main; main()", "kernels", "bench"]
TWO_SETS = ("-k", "reference", "-k", "cmsis-nn")

# CMSIS-NN counts the columns of a filter in 16 bits: 9 * 9 * 1024 is more.
SHAPES = """op,input,output,kernel
conv2d,8x8x16,8,3
conv2d,1x1x1024,1,9
depthwise_conv_2d,8x8x16,,3
"""


def bench(folder: Path, *words: str, status: int = 0) -> list[dict[str, Any]]:
    done = subprocess.run(
        [*COMMAND, *words, "--json"],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == status, done.stderr
    cases: list[dict[str, Any]] = json.loads(done.stdout)["cases"]
    return cases


# Int8 MACs of the widest instruction: two of SMLAD, sixteen of VMLADAVA.S8.
@pytest.mark.parametrize(
    ("target", "ideal"), [("mps2-an500", 1 / 2), ("mps2-an505", 1 / 2), ("mps3-an547", 1 / 16)]
)
def test_a_refused_shape_is_a_failed_row_and_the_next_runs(
    tmp_path: Path, target: str, ideal: float
) -> None:
    (tmp_path / "shapes.csv").write_text(SHAPES)
    cases = bench(tmp_path, "-s", "shapes.csv", "-t", target, *TWO_SETS, status=6)
    conv = "conv_2d 8x8x16 k3 s1 -> 8x8x8"
    wide = "conv_2d 1x1x1024 k9 s1 -> 1x1x1"
    depthwise = "depthwise_conv_2d 8x8x16 k3 s1 -> 8x8x16"
    ended = {(case["model"], case["kernel_set"]): case for case in cases}
    assert list(ended) == [
        (shape, kernels)
        for kernels in ("reference", "cmsis-nn")
        for shape in (conv, wide, depthwise)
    ]
    refused = ended.pop((wide, "cmsis-nn"))
    assert refused["error_class"] == "KernelRefused"
    assert "operator 0 (CONV_2D)" in refused["error_message"]
    assert refused["readings"] == {}
    for (shape, kernels), case in ended.items():
        assert case["status"] == "ok", case["error_message"]
        assert case["dataset"] == "random:1"
        readings = case["readings"]
        assert readings["vectors_equal"]["value"] == 1, (shape, kernels)
        assert readings["ideal_per_mac"]["value"] == ideal
        if shape != wide:  # whose one output sees one input, and padding
            assert readings["instructions"]["value"] > ideal * case["macs"]
    assert ended[conv, "cmsis-nn"]["macs"] == 8 * 8 * 8 * 9 * 16
    assert ended[conv, "cmsis-nn"]["speedup"] > 1.5
    # One machine for each firmware, so what it said of itself is the same for every shape.
    builds = {(case["kernel_set"], case["build_id"]) for case in cases}
    assert len(builds) == 2
    store = open_store(tmp_path / "results" / "harness.db")
    (only,) = store.runs()
    assert [record.model for record in store.cases(only.id)] == [case["model"] for case in cases]


def test_counts_on_a_kept_machine_are_those_of_a_fresh_one(tmp_path: Path) -> None:
    (tmp_path / "shapes.csv").write_text(SHAPES)
    words = ("-t", "mps2-an500", "-k", "cmsis-nn", "--op", "depthwise_conv_2d")
    (alone,) = bench(tmp_path, "-s", "shapes.csv", *words)
    *_, last = bench(tmp_path, "-s", "shapes.csv", *words[:-2], status=6)
    assert alone["model"] == last["model"]
    assert alone["readings"]["instructions"] == last["readings"]["instructions"]


def test_the_shapes_of_a_model(tmp_path: Path) -> None:
    cases = bench(tmp_path, "-m", "lenet-digits", "-t", "mps2-an500", "-k", "cmsis-nn")
    assert {case["model"].split()[0] for case in cases} >= {"conv_2d", "fully_connected", "softmax"}
    assert {case["status"] for case in cases} == {"ok"}


def test_ctrl_c_shows_what_has_ended_and_stops_the_kept_machine(tmp_path: Path) -> None:
    (tmp_path / "shapes.csv").write_text(SHAPES)
    words = ["kernels", "bench", "-t", "mps2-an500", "-k", "reference", "--repeat", "1000"]
    terminal = Terminal([*words, "-s", "shapes.csv", "--op", "conv2d"], folder=tmp_path)
    terminal.wait_for(r"\+ conv_2d 8x8x16 k3 s1 -> 8x8x8 · mps2-an500 · reference: ")
    terminal.wait_for(r"case 2 of 2[\s\S]*streaming")
    (simulator,) = terminal.simulators()
    terminal.press("\x03")
    assert terminal.end() == 130
    assert not Path(f"/proc/{simulator}").exists()
    assert "1/1" in terminal.text
    assert terminal.text.rstrip().endswith("interrupted")
    store = open_store(tmp_path / "results" / "harness.db")
    (only,) = store.runs()
    assert [record.error_class for record in store.cases(only.id)] == [None, "KeyboardInterrupt"]
