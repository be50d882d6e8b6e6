"""How much faster than their instruments the decoders are, and whether a minute arrives whole.

Run it on an idle machine: `python tests/benchmarks/power_streams.py --seconds 60`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console

from harness.domain.power import CaptureConfig
from harness.power.meters.virtual import VirtualMeter
from harness.power.options import MeterOptions
from harness.power.powershield.binary_stream import BinaryDecoder
from harness.power.ppk2.calibration import parse_metadata
from harness.power.ppk2.decoder import Ppk2Decoder
from harness.power.recording import opened, record
from harness.power.virtual.powershield import VirtualPowerShield
from harness.power.virtual.ppk2 import CONSTANTS, VirtualPpk2
from harness.power.virtual.waveform import GatedLoad

CONSOLE = Console(highlight=False, soft_wrap=True)
INSTRUMENT_HZ = 100_000
SECONDS = 20
CHUNK = 1 << 16
# It changes its range 2000 times a second: the spike filter has work to do.
LOAD = GatedLoad([(n / 1000, n / 1000 + 5e-4) for n in range(1000 * SECONDS)])
Decoder = Ppk2Decoder | BinaryDecoder


def stream(device: VirtualPpk2 | VirtualPowerShield, commands: bytes) -> bytes:
    """What an instrument sends in `SECONDS`."""
    first = device.receive(commands)
    return first + b"".join(device.samples(n / 10) for n in range(1, 10 * SECONDS + 1))


def rates(make: Callable[[], Decoder], data: bytes, times: int = 7) -> list[float]:
    """Samples per second of this processor, in pieces of 64 KiB, slowest first."""
    found = []
    for _ in range(times):
        decoder, count, begin = make(), 0, time.process_time()
        for at in range(0, len(data), CHUNK):
            block = decoder.feed(data[at : at + CHUNK])
            count += 0 if block is None else len(block.current_a)
        found.append(count / (time.process_time() - begin))
    return sorted(found)


def decoders() -> None:
    """Print each decoder's speed, and the least that is asked of it."""
    text = "\n".join(f"{key}{n}: {v}" for key, vs in CONSTANTS.items() for n, v in enumerate(vs))
    calibration = parse_metadata(text)
    words = stream(VirtualPpk2(LOAD), b"\x0c\x01\x06")
    shield = stream(VirtualPowerShield(LOAD), b"freq 100k\nformat bin_hexa\npwr on\nstart\n")
    cases: list[tuple[str, int, Callable[[], Decoder], bytes]] = [
        ("PPK2", 50, lambda: Ppk2Decoder(calibration, 3.0), words),
        ("PPK2, spike filter", 10, lambda: Ppk2Decoder(calibration, 3.0, smooth=True), words),
        ("PowerShield, binary", 50, lambda: BinaryDecoder(INSTRUMENT_HZ), shield),
    ]
    for name, least, make, data in cases:
        found = [rate / INSTRUMENT_HZ for rate in rates(make, data)]
        middle = found[len(found) // 2]
        CONSOLE.print(
            f"{name:<22}{middle:6.0f} x ({found[0]:.0f} to {found[-1]:.0f}), wanted {least} x"
        )


def whole(name: str, seconds: float) -> None:
    """Record from a virtual instrument at its own pace, over its wire."""
    options = MeterOptions(check_time=True)
    meter = VirtualMeter(name, replace(options), GatedLoad([(0.5, seconds - 0.5)], active_a=6e-3))
    with opened(meter):
        meter.set_voltage(3.0)
        meter.set_output(True)
        trace = record(meter, CaptureConfig(rate_hz=INSTRUMENT_HZ), seconds)
    said = [*map(str, trace.faults), *trace.warnings]
    CONSOLE.print(
        f"{name:<22}{len(trace):,} samples in {seconds:g} s, {trace.lost} lost {' '.join(said)}"
    )


def main() -> None:
    """Both, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    decoders()
    for name in ("ppk2", "lpm01a"):
        whole(name, seconds)


if __name__ == "__main__":
    main()
