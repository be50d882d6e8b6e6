"""What a run in accuracy mode costs beside the larger of its transfer and its compute.

The keyword model of MLPerf Tiny with CMSIS-NN on the simulated M7, behind a link paced at 1 Mbaud.
Transfer is what its bytes take at that rate, in the fuller direction; compute is as many inferences
by one request. All of it is taken slice by slice in turn, because machines are noisy.

    python tests/benchmarks/accuracy_mode.py [ROUNDS] [INPUTS]   (HARNESS_TEST_DATA names the data)
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

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
SLICE = 50  # inputs; the first of a slice overlaps with nothing
BAR = 1.1


@dataclass(frozen=True)
class Seconds:
    """What a slice took."""

    compute: float
    transfer: float
    latency_mode: float
    accuracy_mode: float

    @property
    def ratio(self) -> float:
        return self.accuracy_mode / max(self.compute, self.transfer)


def one_round(
    target: Target, firmware: Firmware, image: bytes, samples: list[bytes]
) -> list[Seconds]:
    """Measure slice by slice, on one simulator."""
    slices = []
    with (
        booted(target, firmware, image) as (url, _),
        paced(url, BAUD_RATE) as proxy,
        open_port(proxy.url, target.baud_rate) as port,
    ):
        client = DeviceClient(port)
        client.hello(DEADLINE_S)
        client.describe(DEADLINE_S)
        client.infer(samples[0], deadline_s=DEADLINE_S)
        for at in range(0, len(samples), SLICE):
            part = samples[at : at + SLICE]
            started = time.monotonic()
            client.run(0, len(part), deadline_s=600)
            run_at = time.monotonic()
            one_by_one = [client.infer(one, deadline_s=DEADLINE_S).outputs for one in part]
            latency_at = time.monotonic()
            proxy.carried.clear()
            each = [reply.outputs for reply in client.infer_each(part, DEADLINE_S)]
            assert each == one_by_one
            found = Seconds(
                compute=run_at - started,
                transfer=proxy.seconds(),
                latency_mode=latency_at - run_at,
                accuracy_mode=time.monotonic() - latency_at,
            )
            slices.append(found)
    return slices


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
    names = ("compute", "transfer", "latency_mode", "accuracy_mode")
    for heading in (*names, "median ratio"):
        table.add_column(heading.replace("_", " "), justify="right")
    ratios = []
    for _ in range(rounds):
        slices = one_round(target, firmware, image.data, samples)
        sums = [sum(getattr(one, name) for one in slices) for name in names]
        ratios += [one.ratio for one in slices]
        table.add_row(*(f"{one:.2f}" for one in sums), f"{median(s.ratio for s in slices):.2f}")
    Console().print(table)
    Console().print(
        f"{len(ratios)} slices of {SLICE}: ratio median {median(ratios):.2f}, "
        f"{min(ratios):.2f} to {max(ratios):.2f}, bar {BAR}"
    )


if __name__ == "__main__":
    main()
