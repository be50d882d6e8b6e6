"""A target that `harness mlperf --serve` offers to whoever speaks the text protocol."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
