"""What `measure` and `import` share: their options, and how an energy is shown."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import ConfigError, EnergyInvalid

if TYPE_CHECKING:
    from harness.assembly.power import Analysis
    from harness.domain.energy import EnergyReading
    from harness.domain.power import Trace

Windows = Annotated[int, typer.Option(min=1, help="How many windows the board makes.")]
Inferences = Annotated[int, typer.Option(min=1, help="Inferences in each window.")]
BoardTime = Annotated[
    float | None,
    typer.Option(help="Seconds of a window by the board's own counter: must agree within 2 %."),
]
LeastWindow = Annotated[float, typer.Option(min=0, help="Shorter windows give no number.")]
Align = Annotated[
    str,
    typer.Option(
        help="How windows are found: gate, pulse, event, hw-start, step.",
        show_default="the most exact there is",
    ),
]
BaselineSpan = Annotated[
    str | None,
    typer.Option(
        help="NAME:START:END in seconds: a state of the board whose power is taken off, "
        "as a second number."
    ),
]
Battery = Annotated[
    str | None,
    typer.Option(help="PERIOD_S:SLEEP_UA:CAPACITY_MAH: estimate how long a battery lasts."),
]
Plot = Annotated[
    Path | None, typer.Option(help="Also draw the trace to this .svg.", dir_okay=False)
]


def baseline_span(text: str | None) -> tuple[str, float, float] | None:
    """Read NAME:START:END.

    Raises:
        ConfigError: it is not of this form.
    """
    if text is None:
        return None
    name, *numbers = text.split(":")
    values = _numbers(numbers, 2, "--baseline", "NAME:START:END, for example idle:0:0.4")
    return name, values[0], values[1]


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
    from harness.report.energy import energy_lines

    name, reading, windows = analyse_and_keep(trace, asked, results)
    if json:
        kind = "simulated" if trace.origin == "simulated" else trace.origin
        typer.echo(json_format.dumps({"kind": kind, "trace": name, **_json(reading)}, indent=2))
    else:
        lines = [*energy_lines(reading), ("trace", name), *_battery(reading, battery)]
        width = max(len(key) for key, _ in lines)
        for key, value in lines:
            typer.echo(f"{key:<{width}}  {value}")
    if plot is not None:
        write_plot(trace, windows, plot)
    if isinstance(reading, Invalid):
        raise EnergyInvalid(
            f"no energy: {reading.reason}: {reading.detail}",
            where=trace.info.address,
            hint=reading.hint or "Measure again.",
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


def _json(reading: EnergyReading) -> dict[str, object]:
    from harness.domain.power import Invalid

    if isinstance(reading, Invalid):
        return {"valid": False, "reason": reading.reason, "detail": reading.detail}
    return {"valid": True, "for_regression": reading.for_regression, **asdict(reading)}


def _battery(reading: EnergyReading, text: str | None) -> list[tuple[str, str]]:
    from harness.assembly import power

    if text is None:
        return []
    form = "PERIOD_S:SLEEP_UA:CAPACITY_MAH, for example 60:5:220"
    period, sleep_ua, mah = _numbers(text.split(":"), 3, "--battery", form)
    life = power.battery(reading, period_s=period, sleep_a=sleep_ua / 1e6, capacity_ah=mah / 1e3)
    if life is None:
        return [("battery life", "-")]
    mean = f"{life.mean_current_a * 1e6:.4g} uA mean"
    return [
        ("battery life", f"{life.hours:,.0f} h = {life.hours / 24:,.1f} days, {mean}"),
        *(("", line) for line in life.assumptions),
    ]


def _numbers(words: list[str], wanted: int, option: str, form: str) -> list[float]:
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != wanted:
        raise ConfigError(
            f"{':'.join(words)!r} is not of the form asked for", where=option, hint=f"Write {form}."
        )
    return values
