"""The official runner's sequence with `harness mlperf --serve`, over TCP and over a pty."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import serial
from devices.mps2_firmware import needs_qemu
from devices.official_runner import OfficialRunner
from devices.served import KWS, served
from devices.virtual_board import needs_unicorn

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]


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
        run_whole_test(runner, test_data, "openmv-h7-virtual simulated", 1)
