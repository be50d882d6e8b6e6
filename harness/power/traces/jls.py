"""A recording of Joulescope's software (JLS), read by its own library."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from harness.domain.power import MeterInfo, SampleFlag, Trace
from harness.errors import MeterDriverMissing
from harness.power.traces import ImportOptions

SUFFIXES = (".jls",)


def read(path: Path, options: ImportOptions) -> Trace:
    """Read current, voltage and the first general-purpose input, at the current's rate.

    Raises:
        MeterDriverMissing: `pyjls` is not installed.
        ValueError: no signal of currents.
    """
    try:
        pyjls = importlib.import_module("pyjls")
    except ImportError as error:
        raise MeterDriverMissing(
            "pyjls is not installed",
            where=str(path),
            hint="Install it with `pip install cortexm-harness[jls]`.",
        ) from error
    try:
        with pyjls.Reader(str(path)) as reader:
            return _trace(reader, path, options)
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def _trace(reader: Any, path: Path, options: ImportOptions) -> Trace:
    signals = {signal.name.lower(): signal for signal in reader.signals.values()}
    current = _signal(signals, options.current or "current", "i")
    if current is None:
        raise ValueError(f"no signal of currents among {', '.join(signals)}")
    rate, count = float(current.sample_rate), int(current.length)
    amperes = np.asarray(reader.fsr(current.signal_id, 0, count), np.float32)
    volts = _signal(signals, options.voltage or "voltage", "v")
    gate = _signal(signals, options.gate or "gpi[0]", "in0", "gpi 0", "gate")
    return Trace(
        rate_hz=rate,
        current_a=amperes,
        voltage_v=options.volts(path) if volts is None else _resampled(reader, volts, rate, count),
        flags=np.where(np.isnan(amperes), SampleFlag.LOST, np.uint8(0)),
        logic=None
        if gate is None
        else (_resampled(reader, gate, rate, count) > 0.5).astype(np.uint8),
        channel_names=() if gate is None else (gate.name,),
        info=MeterInfo("jls", options.instrument, address=path.name),
        accuracy=options.accuracy,
        origin="imported",
    )


def _signal(signals: dict[str, Any], *names: str) -> Any:
    return next((signals[name.lower()] for name in names if name.lower() in signals), None)


def _resampled(reader: Any, signal: Any, rate: float, count: int) -> np.ndarray:
    """A signal at the current's sample times; inputs may be sampled faster than the current."""
    length = int(signal.length)
    values = np.asarray(reader.fsr(signal.signal_id, 0, length))
    if len(values) < length and values.dtype == np.uint8:  # one bit for each sample
        values = np.unpackbits(values, bitorder="little")[:length]
    places = np.minimum((np.arange(count) * signal.sample_rate / rate).astype(np.int64), length - 1)
    return np.asarray(values[places], np.float32)
