"""What a run in accuracy mode costs beside the larger of its transfer and its compute.

The keyword model of MLPerf Tiny behind a link paced at 1 Mbaud. Transfer is what its bytes take at
that rate, in the fuller direction; compute is as many inferences by one request. All of it is taken
slice by slice in turn, because machines are noisy: run it on a quiet one. Where that cannot be, the
ratio of the fastest slice of each kind says what a quiet one would have shown.

The bar is for a device that receives beside its core, as a UART with an interrupt does. `host` is
the firmware as a native program, whose input waits in the system's buffer while it computes:
compiled with -O3 the transfer is the larger, with -O0 and a sanitizer the compute. A simulator's
UART takes processor time for each byte, in which its core stands still, and which is part of
neither transfer nor compute; the last column says how much.

    python tests/benchmarks/accuracy_mode.py [ROUNDS] [INPUTS] [TARGET ...]

HARNESS_TEST_DATA names the data. Without a TARGET: host, then mps2-an500 with CMSIS-NN.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from builders.engine_overhead import planned
from builders.host_firmware import host_image, host_program, served
from builders.raw_run import booted
from devices.paced_proxy import paced
from rich.console import Console
from rich.table import Table

from harness import assembly, catalog
from harness.link import DeviceClient, open_port

HOST = "host"
HOST_BUILDS = (("-O3",), ("-O0", "-fsanitize=undefined"))
BAUD_RATE = 1_000_000
DEADLINE_S = 60.0
SLICE = 50  # inputs; the first of a slice overlaps with nothing
BAR = 1.1
KERNELS = "cmsis-nn"

Link = Callable[[], AbstractContextManager[str]]


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


def one_round(link: Link, samples: list[bytes]) -> tuple[list[Seconds], float]:
    """Measure slice by slice on one device; and the seconds of a byte where nothing paces it."""
    slices = []
    with link() as url:
        with open_port(url, BAUD_RATE) as port:
            a_second = DeviceClient(port).speed(None, DEADLINE_S).to_device.median
        with paced(url, BAUD_RATE) as proxy, open_port(proxy.url, BAUD_RATE) as port:
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
                ended = time.monotonic()
                assert each == one_by_one
                found = Seconds(
                    compute=run_at - started,
                    transfer=proxy.seconds(),
                    latency_mode=latency_at - run_at,
                    accuracy_mode=ended - latency_at,
                )
                slices.append(found)
    return slices, 1 / a_second


def devices(names: list[str], model: Path, folder: Path) -> Iterator[tuple[str, Link]]:
    """Each device by its name, and what starts it with the model."""
    for name in names:
        if name == HOST:
            for flags in HOST_BUILDS:
                program = host_program(folder, *flags)
                image = host_image(program, model)
                start = partial(served, program, image.data, image.arena_bytes)
                yield f"{HOST} {' '.join(flags)}", start
        else:
            yield name, partial(_simulated, name, planned(model, name, KERNELS).data)


@contextmanager
def _simulated(name: str, image: bytes) -> Iterator[str]:
    target = catalog.target(name)
    build = assembly.rig().build
    firmware = build(target, catalog.kernel_set(KERNELS), catalog.build_variant("O2"), print)
    with booted(target, firmware, image) as (url, _):
        yield url


def keyword_inputs(model: Path, data: Path, most: int) -> list[bytes]:
    """The first inputs of the data set."""
    (case,) = assembly.plan(
        targets=["mps2-an500"],
        kernel_sets=[KERNELS],
        models=[str(model)],
        dataset=f"mlperf:{data / 'sets/kws01'}",
        limit=most,
    )
    image = planned(model, "mps2-an500", KERNELS)
    return [one.tobytes() for one in assembly.rig().load_dataset(case, image.inputs[0]).inputs]


def _fastest(slices: list[Seconds]) -> Seconds:
    """The least of each time: what a busy computer added to the others is not in it."""
    modes = ("compute", "transfer", "latency_mode", "accuracy_mode")
    return Seconds(*(min(getattr(one, mode) for one in slices) for mode in modes))


def _an_input(slices: list[Seconds], mode: str) -> float:
    """The median of a time, in milliseconds an input."""
    return 1e3 / SLICE * median(getattr(one, mode) for one in slices)


def main() -> None:
    words = sys.argv[1:]
    rounds = int(words[0]) if words else 3
    inputs = int(words[1]) if len(words) > 1 else 300
    names = words[2:] or [HOST, "mps2-an500"]
    data = Path(os.environ["HARNESS_TEST_DATA"])
    model = data / "models/mlperf-tiny/kws_ref_model.tflite"
    samples = keyword_inputs(model, data, inputs)
    busy = os.getloadavg()[0]
    table = Table(
        title=f"{rounds} x {len(samples)} keyword inputs at {BAUD_RATE:,} baud, slices of {SLICE}: "
        f"medians, ms an input; bar {BAR}; load average {busy:.1f}"
    )
    modes = ("compute", "transfer", "latency_mode", "accuracy_mode")
    for heading in (
        "device",
        *modes,
        "ratio",
        "least to most",
        "of the fastest",
        "us a byte, unpaced",
    ):
        table.add_column(heading.replace("_", " "), justify="right")
    with tempfile.TemporaryDirectory() as folder:
        for name, link in devices(names, model, Path(folder)):
            slices: list[Seconds] = []
            of_a_byte: list[float] = []
            for _ in range(rounds):
                found, byte_s = one_round(link, samples)
                slices += found
                of_a_byte.append(byte_s)
            ratios = [one.ratio for one in slices]
            table.add_row(
                name,
                *(f"{_an_input(slices, mode):.2f}" for mode in modes),
                f"{median(ratios):.2f}",
                f"{min(ratios):.2f} to {max(ratios):.2f}",
                f"{_fastest(slices).ratio:.2f}",
                f"{1e6 * median(of_a_byte):.2f}",
            )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
