"""An energy file of EEMBC's runner: microjoules per sample, time stamps in a file beside it."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

from harness.domain.power import Edge, MeterInfo, Trace
from harness.power.traces import ImportOptions

SUFFIXES = ("-energy.bin", "_energy.bin")
_MAGIC = 0xF1
_HEADER = struct.Struct("<Bf")


def read(path: Path, options: ImportOptions) -> Trace:
    """Read F1, the rate (float32), then energies (float32, uJ); time stamps (s) become edges.

    Raises:
        ValueError: another file.
    """
    data = path.read_bytes()
    if len(data) < _HEADER.size:
        raise ValueError("too short")
    magic, rate = _HEADER.unpack_from(data)
    if magic != _MAGIC or not 0 < rate < 1e7:
        raise ValueError("it does not begin with F1 and a rate")
    microjoules = np.frombuffer(data, "<f4", (len(data) - _HEADER.size) // 4, _HEADER.size)
    volts = options.volts(path)
    current = (microjoules.astype(np.float64) * 1e-6 * rate / volts).astype(np.float32)
    return Trace(
        rate_hz=float(rate),
        current_a=current,
        voltage_v=volts,
        flags=np.zeros(len(current), np.uint8),
        edges=_edges(path, float(rate)),
        info=MeterInfo("eembc", options.instrument, address=path.name),
        accuracy=options.accuracy,
        origin="imported",
    )


def _edges(path: Path, rate: float) -> tuple[Edge, ...]:
    beside = path.with_name(path.name.replace("energy.bin", "timestamps.json"))
    if not beside.is_file():
        return ()
    stamps = json.loads(beside.read_text(encoding="utf-8"))
    values = stamps.get("timestamps", []) if isinstance(stamps, dict) else stamps
    return tuple(Edge(round(float(at) * rate), "timestamp") for at in values)
