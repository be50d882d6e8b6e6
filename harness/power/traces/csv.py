"""Comma-separated text from any instrument: columns by name, units in the names."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from harness.domain.power import MeterInfo, SampleFlag, Trace
from harness.power.traces import ImportOptions

SUFFIXES = (".csv",)
_UNITS = {
    **{"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "sec": 1.0, "seconds": 1.0},
    **{"a": 1.0, "ma": 1e-3, "ua": 1e-6, "na": 1e-9, "v": 1.0, "mv": 1e-3, "uv": 1e-6},
}
_NAMES = {
    "time": ("time", "timestamp", "t"),
    "current": ("current", "i", "amps"),
    "voltage": ("voltage", "v", "volts"),
    "gate": ("gate", "d0", "gpio", "trigger", "gpi0"),
}
_GAP = 1.5


def read(path: Path, options: ImportOptions) -> Trace:
    """Read a table with a current, and a time or a stated rate; rows that are missing become NaN.

    A column's unit follows its name: "current_ua", "Current(uA)", "time [ms]"; else SI units.

    Raises:
        ValueError: no current, or times that do not rise.
    """
    table = pd.read_csv(path)
    current = _column(table, "current", options.current)
    if current is None:
        raise ValueError(f"no column of currents among {', '.join(map(str, table.columns))}")
    time = _column(table, "time", options.time)
    volts = _column(table, "voltage", options.voltage)
    gate = _column(table, "gate", options.gate)
    rate, places = _places(len(table), time, options.rate_hz)
    total = int(places[-1]) + 1
    amperes = _spread(current, places, total, np.float32(np.nan))
    return Trace(
        rate_hz=rate,
        current_a=amperes,
        voltage_v=options.volts(path)
        if volts is None
        else _spread(volts, places, total, np.float32(np.nan)),
        flags=np.where(np.isnan(amperes), SampleFlag.LOST, np.uint8(0)),
        logic=None if gate is None else _held(gate, places, total),
        channel_names=() if gate is None else (options.gate or "gate",),
        info=MeterInfo("csv", options.instrument, address=path.name),
        accuracy=options.accuracy,
        origin="imported",
    )


def _column(table: pd.DataFrame, kind: str, name: str) -> np.ndarray | None:
    for column in table.columns:
        plain, factor = _named(str(column))
        if column == name or (not name and plain in _NAMES[kind]):
            values = pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64)
            return np.asarray(values * factor)
    if name:
        raise ValueError(f"no column {name!r} among {', '.join(map(str, table.columns))}")
    return None


def _named(column: str) -> tuple[str, float]:
    """A column's name in lower case without its unit, and the unit's factor to SI."""
    words = list(filter(None, re.split(r"[^\w]+|_", column.lower().replace("\u00b5", "u"))))
    if len(words) > 1 and words[-1] in _UNITS:
        return "_".join(words[:-1]), _UNITS[words[-1]]
    return "_".join(words), 1.0


def _places(
    rows: int,
    time: np.ndarray | None,
    rate_hz: float | None,
) -> tuple[float, np.ndarray]:
    """The rate, and of each row the number of its sample."""
    if rows < 2:
        raise ValueError("fewer than two rows")
    if time is None:
        if rate_hz is None:
            raise ValueError("no column of times, and no rate was given")
        return rate_hz, np.arange(rows)
    steps = np.diff(time)
    if not (steps > 0).all():
        raise ValueError("the times do not rise")
    rate = rate_hz or float(1 / np.median(steps))
    if steps.max() < _GAP / rate:  # no gaps: the mean is more exact than one step
        rate = rate_hz or float((rows - 1) / (time[-1] - time[0]))
    return rate, np.round((time - time[0]) * rate).astype(np.int64)


def _spread(values: np.ndarray, places: np.ndarray, total: int, empty: np.float32) -> np.ndarray:
    result = np.full(total, empty, np.float32)
    result[places] = values
    return result


def _held(gate: np.ndarray, places: np.ndarray, total: int) -> np.ndarray:
    level = (np.nan_to_num(gate) > np.nanmax(gate) / 2).astype(np.uint8)
    return np.asarray(level[np.searchsorted(places, np.arange(total), side="right") - 1])
