"""Meters, recordings and traces: what the commands of `harness power` do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ConfigError, UnknownName

# The rest is imported where it is used: shell completion must not wait for numpy or pandas.
if TYPE_CHECKING:
    from harness.domain.checkup import Finding
    from harness.domain.energy import EnergyReading, Window
    from harness.domain.power import Trace
    from harness.domain.power_analysis import Analysis
    from harness.power.analysis.battery import BatteryLife

LEAST_WINDOW_S = 1.0


def list_meters() -> list[dict[str, object]]:
    """Each kind of meter, and what is connected of it."""
    from harness.power.kinds import connected, kinds, title

    found: dict[str, list[str]] = {}
    for one in connected():
        found.setdefault(one.address.partition(":")[0], []).append(f"{one.address} on {one.port}")
    return [
        {"kind": kind, "connected": found.get(kind, []), "what": title(kind)} for kind in kinds()
    ]


def check_meter(address: str) -> list[Finding]:
    """Whether the meter at an address can be used.

    Raises:
        UnknownName: there is no such kind of meter.
    """
    from harness.power.checkup import meter_checkup

    return list(meter_checkup(address))


def record_trace(
    address: str,
    *,
    seconds: float,
    voltage_v: float | None,
    highest_v: float | None = None,
    rate_hz: float | None = None,
    sync: str = "gate",
    keep_output: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> Trace:
    """Open a meter, feed the board where the meter can, and record.

    Raises:
        ConfigError: a meter that feeds the board needs a voltage.
        RigError: from the meter; its output is off then.
    """
    from harness.domain.power import CaptureConfig, Sync
    from harness.power.kinds import open_meter
    from harness.power.options import MeterOptions
    from harness.power.recording import opened, record

    meter = open_meter(address, MeterOptions(highest_v=highest_v, keep_output=keep_output))
    if meter.caps.voltage_range_v is not None and voltage_v is None:
        low, high = meter.caps.voltage_range_v
        raise ConfigError(
            "this meter feeds the board, and no voltage was given",
            where=address,
            hint=f"Say --voltage, from {low:g} to {high:g} V.",
        )
    with opened(meter):
        note(f"{meter.info.model} {meter.info.serial} {meter.info.firmware}".strip())
        if voltage_v is not None:
            meter.set_voltage(voltage_v)
        meter.set_output(True)
        return record(meter, CaptureConfig(rate_hz, Sync(sync)), seconds)


def analyse_trace(trace: Trace, asked: Analysis) -> tuple[EnergyReading, list[Window]]:
    """The energy of a trace, and the windows that count where they were found.

    What is not said: one window of one inference, that lasts a second or more.

    Raises:
        UnknownName: there is no such way to find them.
        ConfigError: nothing was recorded where the baseline is to be.
    """
    from harness.domain.energy import Alignment
    from harness.power.analysis.baseline_span import baseline_between
    from harness.power.analysis.limits import Expected, Limits
    from harness.power.analysis.summary import analyse
    from harness.power.analysis.windows import GATE_BIT, find_windows

    require_alignment(asked.alignment)
    discard, bit = asked.discard or 0, asked.gate_bit or GATE_BIT
    windows = discard + (asked.windows or 1)
    board = () if asked.board_s is None else (asked.board_s,) * windows
    expected = Expected(windows, asked.inferences or 1, window_s=board)
    least_s = LEAST_WINDOW_S if asked.least_window_s is None else asked.least_window_s
    limits = Limits(least_window_s=least_s)
    if asked.floor_a is not None:
        limits = replace(limits, floor_a=asked.floor_a)
    way = Alignment(asked.alignment) if asked.alignment else None
    baseline = None if asked.span is None else baseline_between(trace, asked.span)
    reading = analyse(
        trace, expected, limits, alignment=way, gate_bit=bit, baseline=baseline, discard=discard
    )
    found = find_windows(trace, expected, limits, alignment=way, gate_bit=bit)
    return reading, found[discard:] if isinstance(found, list) else []


def require_alignment(name: str) -> None:
    """Refuse what is no way to find windows; no name is the most exact there is.

    Raises:
        UnknownName: naming those there are.
    """
    from harness.domain.energy import Alignment

    if name and name not in set(Alignment):
        raise UnknownName(
            f"windows are not found by {name!r}",
            where="--align",
            hint=f"Use one of {', '.join(Alignment)}.",
        )


def import_trace(path: Path, *, kind: str = "", **options: object) -> Trace:
    """Read a file of another program; `options` are the fields of `ImportOptions`.

    Raises:
        BadTrace, UnknownName: from the file and its name.
    """
    from harness.power.traces import ImportOptions, read_trace

    return read_trace(path, replace(ImportOptions(), **options), kind)  # type: ignore[arg-type]


def battery(
    reading: EnergyReading, *, period_s: float, sleep_a: float, capacity_ah: float
) -> BatteryLife | None:
    """How long a battery lasts; None where there is no energy."""
    from harness.domain.power import Invalid
    from harness.power.analysis.battery import DutyCycle, battery_life

    if isinstance(reading, Invalid):
        return None
    return battery_life(reading, DutyCycle(period_s, sleep_a, capacity_ah))
