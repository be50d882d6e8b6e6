"""Decoders must keep up with their instruments many times over: the host has more to do."""

from __future__ import annotations

import time

import numpy as np
import pytest

from harness.power.powershield.binary_stream import BinaryDecoder
from harness.power.ppk2.calibration import parse_metadata
from harness.power.ppk2.decoder import Ppk2Decoder
from harness.power.virtual.powershield import VirtualPowerShield
from harness.power.virtual.ppk2 import CONSTANTS, VirtualPpk2
from harness.power.virtual.waveform import GatedLoad

INSTRUMENT_HZ = 100_000
SECONDS = 10
# 2 mA and 10 mA are in different ranges of the PPK2: it changes its range 2000 times a second.
LOAD = GatedLoad([(n / 1000, n / 1000 + 5e-4) for n in range(1000 * SECONDS)])
METADATA = "\n".join(f"{key}{n}: {v}" for key, vs in CONSTANTS.items() for n, v in enumerate(vs))
CHUNK = 1 << 16


def ppk2_stream() -> bytes:
    device = VirtualPpk2(LOAD)
    device.receive(b"\x0c\x01\x06")
    return b"".join(device.samples(n / 10) for n in range(1, 10 * SECONDS + 1))


def shield_stream() -> bytes:
    device = VirtualPowerShield(LOAD)
    device.receive(b"freq 100k\nformat bin_hexa\n")
    start = device.receive(b"start\n")
    return start + b"".join(device.samples(n / 10) for n in range(1, 10 * SECONDS + 1))


def rate(decoder: Ppk2Decoder | BinaryDecoder, data: bytes) -> float:
    """Samples decoded per second of this processor, in pieces of 64 KiB."""
    begin = time.process_time()
    count = 0
    for at in range(0, len(data), CHUNK):
        block = decoder.feed(data[at : at + CHUNK])
        count += 0 if block is None else len(block.current_a)
    assert count >= 0.98 * SECONDS * INSTRUMENT_HZ
    return count / (time.process_time() - begin)


@pytest.mark.parametrize(
    ("kind", "times"), [("ppk2", 50), ("ppk2 with its spike filter", 10), ("powershield", 50)]
)
def test_decoders_are_many_times_faster_than_instruments(
    kind: str, times: int, record_property: pytest.RecordProperty
) -> None:
    if kind == "powershield":
        data, make = shield_stream(), lambda: BinaryDecoder(INSTRUMENT_HZ)
    else:
        calibration, smooth = parse_metadata(METADATA), kind != "ppk2"
        data = ppk2_stream()
        make = lambda: Ppk2Decoder(calibration, 3.0, smooth=smooth)  # noqa: E731
    best = max(rate(make(), data) for _ in range(3))
    record_property("times_faster", best / INSTRUMENT_HZ)
    assert best >= times * INSTRUMENT_HZ, f"{best / INSTRUMENT_HZ:.0f} x"


def test_what_is_decoded_so_fast_is_right() -> None:
    block = Ppk2Decoder(parse_metadata(METADATA), 3.0).feed(ppk2_stream(), last=True)
    assert block is not None
    t = np.arange(SECONDS * INSTRUMENT_HZ) / INSTRUMENT_HZ
    expected = float(LOAD.current_a(t).mean())
    assert float(np.nanmean(block.current_a)) == pytest.approx(expected, rel=1e-4)
