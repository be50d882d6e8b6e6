"""A log of a PowerShield's ASCII stream, as terminals and MLPerf's runner write it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from harness.domain.power import MeterInfo, Trace
from harness.power.powershield.ascii_stream import AsciiDecoder
from harness.power.traces import ImportOptions

SUFFIXES = (".lpm.log", ".lpm.txt", ".lpm")
_SETTING = re.compile(rb"(?:ack\s+|^)(freq|volt|output)\s+(\w+)", re.MULTILINE)
_AMOUNT = re.compile(r"(\d+)([km]?)")
_FACTORS = {"": 1.0, "k": 1e3, "m": 1e-3}


def read(path: Path, options: ImportOptions) -> Trace:
    """Read a log; rate, voltage and "output energy" are taken from it where they were logged.

    Raises:
        ValueError: no sample, or no rate.
    """
    data = path.read_bytes()
    said = {m[1].decode(): m[2].decode() for m in _SETTING.finditer(data)}
    rate = options.rate_hz or (_amount(said["freq"]) if "freq" in said else None)
    if rate is None:
        raise ValueError("the log does not tell its rate: say it with --rate")
    volts = _amount(said["volt"]) if "volt" in said else options.volts(path)
    volts = options.voltage_v or volts
    energy = said.get("output") == "energy"
    decoder = AsciiDecoder(rate, joules_to_amperes=rate / volts if energy else 1.0)
    block = decoder.feed(data, last=True)
    if block is None or not len(block.current_a):
        raise ValueError("no samples")
    return Trace(
        rate_hz=rate,
        current_a=block.current_a,
        voltage_v=volts,
        flags=np.asarray(block.flags),
        edges=block.edges,
        faults=block.faults,
        warnings=block.warnings,
        info=MeterInfo("lpm-log", options.instrument, address=path.name),
        accuracy=options.accuracy,
        origin="imported",
    )


def _amount(text: str) -> float:
    match = _AMOUNT.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no amount")
    return int(match[1]) * _FACTORS[match[2]]
