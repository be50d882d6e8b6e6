"""How an energy is shown, by `measure`, `import` and `again` alike, and how a trace is drawn."""

from __future__ import annotations

import json as json_format
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.power_commands._analysis import numbers
from harness.errors import ConfigError, EnergyInvalid

if TYPE_CHECKING:
    from harness.domain.energy import EnergyReading
    from harness.domain.power import Invalid, Trace
    from harness.domain.power_analysis import Analysis

Battery = Annotated[
    str | None,
    typer.Option(help="PERIOD_S:SLEEP_UA:CAPACITY_MAH: estimate how long a battery lasts."),
]
Plot = Annotated[
    Path | None, typer.Option(help="Also draw the trace to this .svg.", dir_okay=False)
]


def show_reading(
    trace: Trace,
    asked: Analysis,
    results: str | None,
    *,
    json: bool,
    plot: Path | None,
    battery: str | None,
) -> None:
    """Keep a trace in the results, analyse it, show what it says.

    Raises:
        EnergyInvalid: there is no number; what there is was shown before.
    """
    from harness.assembly.power_kept import analyse_and_keep
    from harness.domain.power import Invalid

    name, reading, windows = analyse_and_keep(trace, asked, results)
    if json:
        typer.echo(json_format.dumps(reading_json(reading, trace.origin, [name]), indent=2))
    else:
        write_lines(reading, [name], battery)
    if plot is not None:
        write_plot(trace, windows, plot)
    if isinstance(reading, Invalid):
        raise no_energy(reading, trace.info.address)


def write_lines(
    reading: EnergyReading,
    traces: Sequence[str],
    battery: str | None,
    *more: tuple[str, str],
    indent: str = "",
) -> None:
    """All that is known of an energy, a line each."""
    from harness.report.energy import energy_lines

    kept = [("trace", name) for name in traces]
    lines = [*energy_lines(reading), *more, *kept, *_battery(reading, battery)]
    width = max(len(key) for key, _ in lines)
    for key, value in lines:
        typer.echo(f"{indent}{key:<{width}}  {value}")


def reading_json(
    reading: EnergyReading, origin: str, names: Sequence[str], **more: object
) -> dict[str, object]:
    """The same as data; `trace` is the first of the recordings."""
    from harness.domain.power import Invalid

    kept = {"kind": origin, "trace": names[0] if names else None, **more}
    if isinstance(reading, Invalid):
        return {**kept, "valid": False, "reason": reading.reason, "detail": reading.detail}
    return {**kept, "valid": True, "for_regression": reading.for_regression, **asdict(reading)}


def no_energy(invalid: Invalid, where: str) -> EnergyInvalid:
    """The error that a command ends with, after it has shown what there is."""
    return EnergyInvalid(
        f"no energy: {invalid.reason}: {invalid.detail}",
        where=where,
        hint=invalid.hint or "Measure again.",
    )


def write_plot(trace: Trace, windows: object, plot: Path) -> None:
    """Draw a trace to a file.

    Raises:
        ConfigError: the file cannot be written.
    """
    from harness.report.trace_plot import plot_trace

    try:
        plot.parent.mkdir(parents=True, exist_ok=True)
        plot.write_text(plot_trace(trace, windows), encoding="utf-8")  # type: ignore[arg-type]
    except OSError as error:
        raise ConfigError(
            f"the drawing cannot be written ({error})",
            where=str(plot),
            hint="Choose another place with --plot.",
        ) from error
    typer.echo(f"drawn to {plot}", err=True)


def _battery(reading: EnergyReading, text: str | None) -> list[tuple[str, str]]:
    from harness.assembly import power

    if text is None:
        return []
    form = "PERIOD_S:SLEEP_UA:CAPACITY_MAH, for example 60:5:220"
    period, sleep_ua, mah = numbers(text.split(":"), 3, "--battery", form)
    life = power.battery(reading, period_s=period, sleep_a=sleep_ua / 1e6, capacity_ah=mah / 1e3)
    if life is None:
        return [("battery life", "-")]
    mean = f"{life.mean_current_a * 1e6:.4g} uA mean"
    return [
        ("battery life", f"{life.hours:,.0f} h = {life.hours / 24:,.1f} days, {mean}"),
        *(("", line) for line in life.assumptions),
    ]
