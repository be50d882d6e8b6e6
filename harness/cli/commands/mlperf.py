"""`harness mlperf`: test any MLPerf Tiny device as the official runner does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import OUTPUT, Quiet, Results
from harness.domain.mlperf import BENCHMARKS, SHORTEST_WINDOW_S, Mode

if TYPE_CHECKING:
    from harness.assembly.mlperf import MlperfResult

DEVICE = "The device"
SESSION = "The session"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Any MLPerf Tiny device")(mlperf)


def mlperf(
    port: Annotated[
        str,
        typer.Option(
            "--port",
            "-p",
            help="Serial port or pyserial URL (socket://host:port).",
            rich_help_panel=DEVICE,
        ),
    ],
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            "-d",
            help="Folder with y_labels.csv and inputs, or the one that holds it.",
            file_okay=False,
            rich_help_panel=SESSION,
        ),
    ],
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
    baud: Annotated[
        int, typer.Option(min=300, help="Baud rate of the port.", rich_help_panel=DEVICE)
    ] = 115200,
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
            "--verify", help="Read each input back before it is used.", rich_help_panel=DEVICE
        ),
    ] = False,
    silence: Annotated[
        float,
        typer.Option(min=1.0, help="Seconds an inference may be silent.", rich_help_panel=DEVICE),
    ] = 120.0,
    sessions: Annotated[
        Path,
        typer.Option(
            help="Where the session's folder is made.", file_okay=False, rich_help_panel=OUTPUT
        ),
    ] = Path("results/mlperf"),
    json: Annotated[
        bool, typer.Option("--json", help="Print the outcome as JSON.", rich_help_panel=OUTPUT)
    ] = False,
    results: Results = None,
    quiet: Quiet = False,
) -> None:
    """Test an MLPerf Tiny device over its text protocol, in performance or accuracy mode.

    Any device that speaks the protocol will do: a board with a vendor's firmware, or this harness's
    own firmware. A step that the line disturbs is said again and told; nothing counts twice. The
    session's folder holds log.txt, results.txt and results.json as the official runner writes them.
    A device that calls itself simulated gives times at a nominal clock: they are kept apart, and
    are no latency.

    Exit code 1 says that the quality target was missed, or a window was shorter than the rules
    allow.

    Example:

    `harness mlperf --port /dev/ttyACM0 --benchmark kws01 --data energyrunner/datasets`
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from harness import assembly

    console = Console(stderr=True)
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    with bars:
        task = bars.add_task("identifying the device", total=None)
        outcome = assembly.mlperf(
            port,
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
            on_progress=lambda done, total, text: bars.update(
                task, completed=done, total=total, description=text
            ),
        )
    told, good = _told(outcome)
    if json:
        import json as json_format

        typer.echo(json_format.dumps(told, indent=2))
    else:
        for name, value in told.items():
            if value is not None:
                typer.echo(f"{name:<12} {value}")
    raise typer.Exit(0 if good else 1)


def _told(outcome: MlperfResult) -> tuple[dict[str, object], bool]:
    """The outcome for people, and whether it reaches what the benchmark asks for."""
    import statistics

    from harness.bench.mlperf.scoring import throughputs

    benchmark, names = outcome.benchmark, outcome.names
    told: dict[str, object] = {
        "device": names.name,
        "benchmark": f"{benchmark.id} ({benchmark.title})",
        "mode": outcome.mode.value,
    }
    if outcome.mode is Mode.PERFORMANCE:
        rates = throughputs(outcome.answers)
        shortest = min(answer.inference.elapsed_us for answer in outcome.answers) / 1e6
        good = shortest >= SHORTEST_WINDOW_S and len(rates) == len(outcome.answers)
        about = " at the nominal clock of a simulator: no latency" if names.simulated else ""
        told["throughput"] = (
            f"{statistics.median(rates):,.3f} inf./s, median of {len(rates)} windows "
            f"({min(rates):,.3f} to {max(rates):,.3f}){about}"
            if rates
            else None
        )
        told["window"] = f"{shortest:.3f} s the shortest, at least {SHORTEST_WINDOW_S:g} s wanted"
    else:
        score = outcome.score
        assert score is not None
        quality = score.quality(benchmark)
        good = quality is not None and quality >= benchmark.target
        told["top-1"] = (
            None if score.top1 is None else f"{score.correct}/{score.files} = {score.top1:.1%}"
        )
        told["AUC"] = None if score.auc is None else f"{score.auc:.4f}"
        told |= {f"AUC {name}": f"{area:.4f}" for name, area in score.auc_by_machine.items()}
        told["target"] = f"{benchmark.target:g} {benchmark.metric.value}: " + (
            "reached" if good else "missed"
        )
    told["repeated"] = f"{outcome.repeated} steps" if outcome.repeated else None
    told["kept in"] = f"{outcome.folder}, run {outcome.run_id[:8]}"
    return told, good
