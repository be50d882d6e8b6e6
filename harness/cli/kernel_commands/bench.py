"""`harness kernels bench`: single operators over shapes, kernel sets and cores."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.commands.run import AMOUNT, MATRIX, OUTPUT, present
from harness.cli.completion import (
    complete_build,
    complete_kernels,
    complete_model,
    complete_operator,
    complete_target,
)

if TYPE_CHECKING:
    from harness.bench.events import Event
    from harness.domain.record import CaseRecord


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(bench)


def bench(
    op: Annotated[
        list[str] | None,
        typer.Option(
            "--op",
            "-o",
            help="Operator (conv2d, fully_connected, ...); repeat for several.",
            show_default="all",
            rich_help_panel=MATRIX,
            autocompletion=complete_operator,
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            "-t",
            help="Target id; repeat for several.",
            show_default="every simulated board",
            rich_help_panel=MATRIX,
            autocompletion=complete_target,
        ),
    ] = None,
    kernels: Annotated[
        list[str] | None,
        typer.Option(
            "--kernels",
            "-k",
            help="Kernel set; repeat for several.",
            show_default="all",
            rich_help_panel=MATRIX,
            autocompletion=complete_kernels,
        ),
    ] = None,
    shapes: Annotated[
        Path | None,
        typer.Option(
            "--shapes",
            "-s",
            help="Shapes from a .toml or .csv file.",
            show_default="a small built-in sweep",
            rich_help_panel=MATRIX,
            dir_okay=False,
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            help="Take the shapes of the operators of a bundled model or a .tflite.",
            rich_help_panel=MATRIX,
            autocompletion=complete_model,
        ),
    ] = None,
    build: Annotated[
        list[str] | None,
        typer.Option(
            "--build",
            "-b",
            help="Build variant; repeat for several.",
            show_default="O2",
            rich_help_panel=MATRIX,
            autocompletion=complete_build,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Take only the first shapes of each operator.",
            show_default="all of them",
            rich_help_panel=AMOUNT,
        ),
    ] = None,
    repeat: Annotated[
        int,
        typer.Option(
            min=1, max=1000, help="Measured inferences per shape.", rich_help_panel=AMOUNT
        ),
    ] = 1,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the rows as JSON to stdout; the table goes to stderr.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    save: Annotated[
        list[Path] | None,
        typer.Option(
            help="Also write the rows to FILE; its suffix chooses .json, .csv or .md.",
            rich_help_panel=OUTPUT,
            dir_okay=False,
        ),
    ] = None,
    results: Annotated[
        str | None,
        typer.Option(
            help="Results database: a file, or a database URL.",
            show_default="results/harness.db",
            rich_help_panel=OUTPUT,
            envvar="HARNESS_RESULTS",
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """Measure single operators, with no network around: shapes x targets x kernel sets.

    Each shape becomes a model of one operator with seeded weights and goes the way of every model:
    its output is compared with LiteRT's reference kernels, its instructions per MAC stand beside
    the fewest the core could do. A shape that a kernel refuses is a failed row, and the next runs.

    Example:

    `harness kernels bench --op conv2d -t mps2-an386 -t mps2-an500`
    """
    from rich.console import Console

    from harness import assembly
    from harness.bench.events import CaseFinished
    from harness.cli.progress import RunProgress
    from harness.report import require_known_formats

    require_known_formats(save or [])
    console = Console(stderr=True)
    cases = assembly.plan_kernels(
        operators=op,
        shapes=shapes,
        models=model,
        targets=target,
        kernel_sets=kernels,
        builds=build,
        limit=limit,
        repeat=repeat,
        on_note=None if quiet else lambda note: console.print(note, style="dim", soft_wrap=True),
    )
    measuring = assembly.Bench(results)
    ended: list[CaseRecord] = []
    with contextlib.ExitStack() as finally_:
        # Also after Ctrl-C, and after an error that stops the run: what has ended is shown.
        finally_.callback(lambda: present(ended, console, json=json, save=save or []))
        progress = finally_.enter_context(RunProgress(console, quiet=quiet))

        def listen(event: Event) -> None:
            if isinstance(event, CaseFinished):
                ended.append(event.record)
            progress(event)

        outcome = measuring.measure_kernels(cases, listen)
    if not quiet:
        console.print(f"kept as run {measuring.run_id[:8]} in {measuring.results}", style="dim")
    raise typer.Exit(outcome.exit_code)
