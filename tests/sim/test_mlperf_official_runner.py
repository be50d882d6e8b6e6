"""The official runner's sequence with `harness mlperf --serve`, over TCP and over a pty."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import serial
from devices.mps2_firmware import needs_qemu
from devices.official_runner import OfficialRunner
from devices.virtual_board import needs_unicorn

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
COMMAND = [sys.executable, "-c", "from harness.cli import main; main()", "mlperf", "--serve"]
KWS = "models/mlperf-tiny/kws_ref_model.tflite"
DEADLINE_S = 120.0


@contextmanager
def served(model: Path, *words: str, target: str = "mps2-an500") -> Iterator[str]:
    """Where the device is; Ctrl-C ends it."""
    process = subprocess.Popen(
        [*COMMAND, "--target", target, "--model", model, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], DEADLINE_S)[0], "nothing is said"
        where = process.stdout.readline().strip()
        assert where, process.communicate(timeout=DEADLINE_S)[1]
        yield where
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 130
        assert "interrupted" in told
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=DEADLINE_S)


def inputs_and_outputs(data: Path, count: int) -> tuple[list[bytes], np.ndarray]:
    """Inputs spread over the set, and LiteRT's probabilities of them.

    They are none of those in which CMSIS-NN's stock build differs.
    """
    rows = (data / "sets/kws01/y_labels.csv").read_text().splitlines()
    numbers = list(range(0, len(rows), len(rows) // count))[:count]
    inputs = [
        (data / "sets/kws01" / rows[number].partition(",")[0].strip()).read_bytes()
        for number in numbers
    ]
    golden = np.load(data / "golden/kws01.npy").reshape(len(rows), -1)[numbers]
    # SOFTMAX has the scale 1/256 and the zero point -128 (TensorFlow Lite's quantisation spec).
    return inputs, (golden.astype(int) + 128) / 256


def run_whole_test(runner: OfficialRunner, data: Path, name: str, count: int) -> None:
    """Identification, accuracy, then a second run for performance, as two starts of the runner."""
    inputs, expected = inputs_and_outputs(data, count)
    identity = (name, "ULPMark for tinyML Firmware V0.0.1", "kws01")
    assert runner.identify() == identity
    windows = list(runner.test(inputs, 1, 0))
    got = [window.results for window in windows]
    assert np.allclose(got, expected, atol=5.1e-4, rtol=0)
    assert runner.identify() == identity
    windows = list(runner.test(inputs[:1] * 5, 3, 1))
    elapsed = {window.end_us - window.start_us for window in windows}
    assert min(elapsed) > 0
    assert max(elapsed) - min(elapsed) <= 1 + 3 * 2  # a tick of 1.6 us at each end of a window
    assert all(np.array_equal(window.results, windows[0].results) for window in windows)


def test_over_tcp(test_data: Path) -> None:
    with served(test_data / KWS) as where:
        assert where.startswith("socket://127.0.0.1:")
        run_whole_test(OfficialRunner(where), test_data, "mps2-an500 simulated", 3)


def test_over_a_pseudo_terminal(test_data: Path) -> None:
    with served(test_data / KWS, "--pty") as where:
        runner = OfficialRunner(where, open_port=serial.Serial)
        run_whole_test(runner, test_data, "mps2-an500 simulated", 3)


@needs_unicorn
def test_on_the_virtual_board(test_data: Path) -> None:
    model = test_data / KWS
    with served(model, "--pty", target="openmv-h7-virtual") as where:
        runner = OfficialRunner(where, open_port=serial.Serial)
        run_whole_test(runner, test_data, "openmv-h7", 1)
