"""What a run in accuracy mode costs beside the larger of its transfer and its compute.

The keyword model of MLPerf Tiny with CMSIS-NN on the simulated M7, behind a link paced at 1 Mbaud.
Transfer is what its bytes take at that rate, in the fuller direction; compute is as many inferences
by one request. Each round takes all of it anew, and a ratio uses its own round only.

    python tests/benchmarks/accuracy_mode.py [ROUNDS] [INPUTS]   (HARNESS_TEST_DATA names the data)
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from builders.engine_overhead import planned
from builders.raw_run import booted
from devices.paced_proxy import paced
from rich.console import Console
from rich.table import Table

from harness import assembly, catalog
from harness.domain.firmware import Firmware
from harness.domain.target import Target
from harness.link import DeviceClient, open_port

TARGET = "mps2-an500"
BAUD_RATE = 1_000_000
DEADLINE_S = 60.0
BAR = 1.1


def one_round(
    target: Target, firmware: Firmware, image: bytes, samples: list[bytes]
) -> dict[str, float]:
    """Seconds of latency mode, accuracy mode, transfer and compute, on one simulator."""
    seconds = {}
    with (
        booted(target, firmware, image) as (url, _),
        paced(url, BAUD_RATE) as proxy,
        open_port(proxy.url, target.baud_rate) as port,
    ):
        client = DeviceClient(port)
        client.hello(DEADLINE_S)
        client.describe(DEADLINE_S)
        client.infer(samples[0], deadline_s=DEADLINE_S)
        started = time.monotonic()
        client.run(0, len(samples), deadline_s=600)
        seconds["compute"] = time.monotonic() - started
        started = time.monotonic()
        one_by_one = [client.infer(one, deadline_s=DEADLINE_S).outputs for one in samples]
        seconds["latency mode"] = time.monotonic() - started
        proxy.carried.clear()
        started = time.monotonic()
        each = [reply.outputs for reply in client.infer_each(samples, DEADLINE_S)]
        seconds["accuracy mode"] = time.monotonic() - started
        assert each == one_by_one
        seconds["transfer"] = proxy.seconds()
    return seconds


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    inputs = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    data = Path(os.environ["HARNESS_TEST_DATA"])
    target, kernel_set = catalog.target(TARGET), catalog.kernel_set("cmsis-nn")
    rig = assembly.rig()
    firmware = rig.build(target, kernel_set, catalog.build_variant("O2"), print)
    model = data / "models/mlperf-tiny/kws_ref_model.tflite"
    (case,) = assembly.plan(
        targets=[TARGET],
        kernel_sets=["cmsis-nn"],
        models=[str(model)],
        dataset=f"mlperf:{data / 'sets/kws01'}",
        limit=inputs,
    )
    image = planned(model, TARGET, "cmsis-nn")
    samples = [one.tobytes() for one in rig.load_dataset(case, image.inputs[0]).inputs]
    table = Table(title=f"{len(samples)} keyword inputs, {TARGET}, {BAUD_RATE:,} baud; seconds")
    for heading in ("compute", "transfer", "latency mode", "accuracy mode", "ratio"):
        table.add_column(heading, justify="right")
    for _ in range(rounds):
        found = one_round(target, firmware, image.data, samples)
        ratio = found["accuracy mode"] / max(found["compute"], found["transfer"])
        names = ("compute", "transfer", "latency mode", "accuracy mode")
        verdict = "" if ratio <= BAR else f", above {BAR}"
        table.add_row(*(f"{found[name]:.2f}" for name in names), f"{ratio:.2f}{verdict}")
    Console().print(table)


if __name__ == "__main__":
    main()
