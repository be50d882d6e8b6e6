"""How long a run takes beside what cannot be avoided: the inferences and the bytes themselves.

Prints one table: the wall time of `harness run` (1000 keyword inputs, firmware cached), the time
QEMU needs for the bare CMSIS-NN calls of as many inferences, and the time the same number of bytes
takes through a bare echo firmware on the same simulated UART. Interleaved, because machines are
noisy; the ratio of a round uses that round's numbers only.

    python tests/benchmarks/wall_time.py [ROUNDS]     (HARNESS_TEST_DATA names the data)
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from builders.bare_calls import BareKernel, bare_image
from builders.engine_overhead import planned
from builders.raw_run import DEADLINE_S, booted, talking
from rich.console import Console
from rich.table import Table

from harness import assembly, catalog
from harness.build import build_firmware
from harness.domain.firmware import Firmware, KernelSet
from harness.domain.target import Target
from harness.link import open_port
from harness.link.frame import Frame, encode_frame
from harness.link.messages import input_request, run_request

TARGET = "mps2-an500"
INPUTS = 1000
BAR = 1.25


def run_seconds(model: Path, dataset: Path, *, reference_cached: bool) -> float:
    """The whole command, from its start to its end."""
    if not reference_cached:
        shutil.rmtree(assembly.cache_dir() / "reference", ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "harness.cli", "run", "--quiet", "--target", TARGET),
            *("--kernels", "cmsis-nn", "--model", str(model), "--dataset", f"mlperf:{dataset}"),
            *("--results", str(Path(folder, "results.db")), "--warmup", "0"),
        ]
        started = time.monotonic()
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        return time.monotonic() - started


def infer_seconds(target: Target, firmware: Firmware, image: bytes, sample: bytes) -> float:
    """All inferences as bare calls, one request, no bytes in between."""
    with talking(target, firmware, image) as (client, _):
        client.write_input(sample)
        started = time.monotonic()
        client.run(0, INPUTS, deadline_s=600)
        return time.monotonic() - started


def echo_seconds(target: Target, firmware: Firmware, request: bytes, answer: int) -> float:
    """All requests and answers as bytes through the echo firmware."""
    with (
        booted(target, firmware, None) as (url, _),
        open_port(url, target.baud_rate) as port,
    ):
        started = time.monotonic()
        for _ in range(INPUTS):
            port.write(request)
            got = 0
            while got < answer:
                got += len(port.read(DEADLINE_S))
        return time.monotonic() - started


def echo_firmware(target: Target, receive: int, send: int) -> Firmware:
    """The echo of firmware/benchmarks, built for one size of request and answer."""
    variant = catalog.build_variant("O2")
    kernel_set = KernelSet("echo", "echo", (catalog.firmware_root() / "kernels" / "reference",))
    defines = {**target.defines, "ECHO_RECEIVE": str(receive), "ECHO_SEND": str(send)}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "firmware"
        shutil.copytree(catalog.firmware_root(), root)
        for core in (root / "core").glob("*.c"):
            core.unlink()
        shutil.copy(root / "benchmarks" / "echo" / "echo.c", root / "core" / "echo.c")
        return build_firmware(
            replace(target, defines=defines),
            kernel_set,
            variant,
            cache_dir=assembly.cache_dir(),
            firmware_root=root,
            port_directory=root / "ports" / target.port,
        )


def main(data: Path, rounds: int) -> None:
    """Measure and print."""
    model, dataset = data / "models/mlperf-tiny/kws_ref_model.tflite", data / "sets/kws01"
    target, kernels = catalog.target(TARGET), catalog.kernel_set("cmsis-nn")
    image = planned(model, TARGET, "cmsis-nn")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bare.c").write_text(BareKernel(image, target.memory).source())
        bare_set = replace(kernels, id="bare", directories=(Path(folder), *kernels.directories))
        bare = assembly.rig().build(target, bare_set, catalog.build_variant("O2"), print)
    sample = bytes(image.inputs[0].nbytes)
    request = encode_frame(Frame(3, 1, input_request(0, 0, bytes([1]) * len(sample))))
    request += encode_frame(Frame(4, 2, run_request(0, 1)))
    answers = encode_frame(Frame(0x83, 1, b"")) + encode_frame(
        Frame(0x84, 2, bytes([1]) * (8 + 8 + 4 + image.outputs[0].nbytes))
    )
    echo = echo_firmware(target, len(request), len(answers))
    run_seconds(model, dataset, reference_cached=False)  # builds what is not yet cached

    table = Table(title=f"{INPUTS} keyword inputs on {TARGET}, cmsis-nn: seconds")
    for column in ("round", "bare inferences", "bare echo", "run", "ratio", "run, cold reference"):
        table.add_column(column, justify="right")
    ratios = []
    for number in range(1, rounds + 1):
        infer = infer_seconds(target, bare, bare_image(image), sample)
        bytes_only = echo_seconds(target, echo, request, len(answers))
        whole = run_seconds(model, dataset, reference_cached=True)
        cold = run_seconds(model, dataset, reference_cached=False)
        ratios.append(whole / (infer + bytes_only))
        cells = (infer, bytes_only, whole, ratios[-1], cold)
        table.add_row(str(number), *(f"{cell:.2f}" for cell in cells))
    Console().print(table)
    Console().print(
        f"{len(request)} + {len(answers)} bytes each; ratio median "
        f"{statistics.median(ratios):.2f}, best {min(ratios):.2f}, bar {BAR}"
    )


if __name__ == "__main__":
    main(Path(os.environ["HARNESS_TEST_DATA"]), int(sys.argv[1]) if len(sys.argv) > 1 else 3)
