"""MLPerf Tiny's official runner itself, from a checkout, against `harness mlperf --serve`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from devices import runner_on_port
from devices.mps2_firmware import needs_qemu
from devices.served import KWS, served

RUNNER, PYTHON = "HARNESS_MLPERF_RUNNER", "HARNESS_MLPERF_PYTHON"
DEADLINE_S = 300.0
NAME = "mps2-an500 simulated"

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
    pytest.mark.skipif(
        not os.environ.get(RUNNER), reason=f"{RUNNER} names no mlcommons/tiny benchmark/runner"
    ),
]
DEVICES = f"""
- name: served
  type: dut
  baud: 115200
  usb:
    {runner_on_port.VID:#x}: {runner_on_port.PID:#x}
"""
TESTS = """
kws01:
  name: keyword_spotting
  model: kws01
  truth_file: y_labels.csv
  script:
    - loop {loops}:
      - download
      - infer {inferences} {warmup}
"""


@pytest.fixture(params=["pty", "tcp"])
def words(request: pytest.FixtureRequest) -> list[str]:
    return ["--pty"] if request.param == "pty" else []


def run(where: str, folder: Path, data: Path, mode: str, script: str) -> tuple[str, list[dict]]:  # type: ignore[type-arg]
    """Run it as a user does; its results.txt and results.json."""
    (folder / "devices.yaml").write_text(DEVICES)
    (folder / "tests.yaml").write_text(script)
    python = Path(os.environ.get(PYTHON) or sys.executable).absolute()
    program = [
        str(python),
        runner_on_port.__file__,
        where,
        str(Path(os.environ[RUNNER]).absolute()),
    ]
    options = ["-d", "devices.yaml", "-t", "tests.yaml", "-s", str(data / "sets"), "-m", mode]
    done = subprocess.run(
        [*program, *options],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Device name retrieved: {NAME}" in done.stdout
    (session,) = (folder / "sessions").iterdir()
    return (session / "results.txt").read_text(), json.loads((session / "results.json").read_text())


def test_accuracy(request: pytest.FixtureRequest, tmp_path: Path, words: list[str]) -> None:
    data: Path = request.getfixturevalue("test_data")  # required only where there is a runner
    labels = (data / "sets/kws01/y_labels.csv").read_text().splitlines()
    golden = (data / "golden/kws01.csv").read_text().splitlines()[1:]
    count = 60  # of every class some, without which the runner has no AUC
    assert {row.split(",")[2].strip() for row in labels[:count]} == {str(n) for n in range(12)}
    right = sum(row.split(",")[1] == row.split(",")[2] for row in golden[:count])
    script = TESTS.format(loops=count, inferences=1, warmup=0)
    with served(data / KWS, *words) as where:
        told, results = run(where, tmp_path, data, "a", script)
    assert f"ulp-mlperf: Top 1% = {100 * right / count:.1f}" in told
    assert len(results) == count


def test_five_windows(request: pytest.FixtureRequest, tmp_path: Path, words: list[str]) -> None:
    data: Path = request.getfixturevalue("test_data")
    script = TESTS.format(loops=5, inferences=40, warmup=1)
    with served(data / KWS, *words) as where:
        told, results = run(where, tmp_path, data, "p", script)
    windows = [entry["infer"] for entry in results if "infer" in entry]
    assert [window["iterations"] for window in windows] == [40] * 5
    assert all(window["elapsed_time"] > 10_000_000 for window in windows)
    # The runner times its loop by the host's clock, and a simulator may be faster than its board.
    assert "Median throughput is" in told or "ERROR 2" in told
