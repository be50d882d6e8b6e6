"""`harness mlperf`: test any MLPerf Tiny device as the official runner does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import mlperf_options as options
from harness.cli.options import (
    OUTPUT,
    PowerMeter,
    PowerVoltage,
    Quiet,
    Results,
    Rig,
    WaitBoard,
)
from harness.domain.energy_asked import EnergyAsked
from harness.domain.mlperf import BENCHMARKS, Mode
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.assembly.mlperf import MlperfResult
    from harness.bench.events import Listener

SESSION = "The session"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Any MLPerf Tiny device")(mlperf)


def mlperf(
    port: options.Port = None,
    target: options.Target = None,
    model: options.Model = None,
    kernels: options.Kernels = None,
    build: options.Build = None,
    serve: options.Serve = False,
    pty: options.Pty = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            "-d",
            help="Folder with y_labels.csv and inputs, or the one that holds it.",
            show_default=False,
            file_okay=False,
            rich_help_panel=SESSION,
        ),
    ] = None,
    benchmark: Annotated[
        str | None,
        typer.Option(
            "--benchmark",
            "-b",
            help=f"{', '.join(BENCHMARKS)}.",
            show_default="what the device says it runs",
            autocompletion=lambda: list(BENCHMARKS),
            rich_help_panel=SESSION,
        ),
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="What to measure.", rich_help_panel=SESSION)
    ] = Mode.ACCURACY,
    baud: options.Baud = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Accuracy over so many files, spread over the set.",
            show_default="all of them",
            rich_help_panel=SESSION,
        ),
    ] = None,
    inferences: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Inferences per performance window.",
            show_default="the benchmark's",
            rich_help_panel=SESSION,
        ),
    ] = None,
    warmup: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Unmeasured inferences before each performance window.",
            show_default="the benchmark's",
            rich_help_panel=SESSION,
        ),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Read each input back before it is used.",
            rich_help_panel=options.DEVICE,
        ),
    ] = False,
    silence: Annotated[
        float,
        typer.Option(
            min=1.0, help="Seconds an inference may be silent.", rich_help_panel=options.DEVICE
        ),
    ] = 120.0,
    sessions: Annotated[
        Path,
        typer.Option(
            help="Where the session's folder is made.", file_okay=False, rich_help_panel=OUTPUT
        ),
    ] = Path("results/mlperf"),
    power_meter: PowerMeter = None,
    power_voltage: PowerVoltage = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the outcome as JSON.", rich_help_panel=OUTPUT)
    ] = False,
    results: Results = None,
    rig: Rig = None,
    wait_board: WaitBoard = 0,
    quiet: Quiet = False,
) -> None:
    """Test an MLPerf Tiny device over its text protocol: performance, accuracy or energy.

    Any device that speaks the protocol will do: on a port a board with a vendor's firmware, or as a
    target this harness's own. A step that the line disturbs is said again and told; nothing counts
    twice. The session's folder holds log.txt, results.txt and results.json as the official runner
    writes them. What is simulated gives times at a nominal clock: they are kept apart, and are no
    latency.

    In energy mode a power meter feeds the device and sees its time stamps on a pin; a target gets
    the build variant mlperf-energy. Give --inferences for windows of at least 10 s.

    Exit code 1 says that the quality target was missed, or a window was shorter than the rules
    allow.

    Examples:

    `harness mlperf --port /dev/ttyACM0 --benchmark kws01 --data energyrunner/datasets`

    `harness mlperf -t mps2-an500 -m kws_ref_model.tflite -d energyrunner/datasets --limit 50`
    """
    from harness import assembly

    options.require_one_device(
        port=port,
        baud=baud,
        target=target,
        model=model,
        kernels=kernels,
        build=build,
        serve=serve,
        pty=pty,
    )
    with _progress(quiet) as show:
        device = port or assembly.OnTarget(
            target or "", model or "", kernels, build, rig, wait_board, _stages(show)
        )
        if serve and isinstance(device, assembly.OnTarget):
            assembly.serve_mlperf(device, as_pty=pty, on_ready=_ready)
        if data is None:
            raise ConfigError(
                "a session needs inputs", where="--data", hint="Give the folder of the data set."
            )
        outcome = assembly.mlperf(
            device,
            benchmark,
            data,
            mode,
            baud=baud,
            limit=limit,
            inferences=inferences,
            warmup=warmup,
            verify=verify,
            infer_s=silence,
            sessions=sessions,
            results=results,
            energy=EnergyAsked(meter=power_meter or "", voltage_v=power_voltage),
            on_progress=show,
        )
    raise typer.Exit(_tell(outcome, json))


Show = Callable[[int | None, int | None, str], None]


@contextmanager
def _progress(quiet: bool) -> Iterator[Show]:
    """A bar where somebody watches; it is told what is done, of how much, and what comes now."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    ) as bars:
        task = bars.add_task("identifying the device", total=None)
        yield lambda done, total, text: bars.update(
            task, completed=done, total=total, description=text
        )


def _stages(show: Show) -> Listener:
    """Show the steps of bringing a target up."""
    from harness.bench.events import Event, Note, StageStarted

    def listen(event: Event) -> None:
        if isinstance(event, StageStarted):
            show(None, None, event.stage.value)
        elif isinstance(event, Note):
            show(None, None, event.text)

    return listen


def _ready(address: str) -> None:
    typer.echo(address)
    typer.echo("ready until Ctrl-C", err=True)


def _tell(outcome: MlperfResult, json: bool) -> int:
    from harness.cli.mlperf_outcome import told

    lines, good = told(outcome)
    if json:
        import json as json_format

        typer.echo(json_format.dumps(lines, indent=2))
    else:
        for name, value in lines.items():
            if value is not None:
                typer.echo(f"{name:<12} {value}")
    return 0 if good else 1
