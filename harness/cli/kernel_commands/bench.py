"""`harness kernels bench`: single operators over shapes, kernel sets and cores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options
from harness.cli.completion import complete_operator
from harness.cli.options import MATRIX, Build, Json, Quiet, Results, Save


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
    target: Annotated[list[str] | None, options.target_option()] = None,
    kernels: Annotated[list[str] | None, options.kernels_option("all")] = None,
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
        options.model_option(
            False, "Take the shapes of the operators of a bundled model or a .tflite."
        ),
    ] = None,
    build: Build = None,
    limit: Annotated[int | None, options.limit_option("shapes of each operator")] = None,
    repeat: Annotated[int, options.repeat_option("shape")] = 1,
    json: Json = False,
    save: Save = None,
    results: Results = None,
    quiet: Quiet = False,
) -> None:
    """Measure single operators, with no network around: shapes x targets x kernel sets.

    Each shape becomes a model of one operator with seeded weights and goes the way of every model:
    its output is compared with LiteRT's reference kernels, its instructions per MAC stand beside
    the fewest the core could do. A shape that a kernel refuses is a failed row, and the next runs.

    Example:

    `harness kernels bench --op conv2d -t mps2-an386 -t mps2-an500`
    """
    from harness import assembly
    from harness.cli.measured import measure_and_present

    measuring = assembly.Bench(results)
    code = measure_and_present(
        lambda on_note: assembly.plan_kernels(
            operators=op,
            shapes=shapes,
            models=model,
            targets=target,
            kernel_sets=kernels,
            builds=build,
            limit=limit,
            repeat=repeat,
            on_note=on_note,
        ),
        measuring.measure_kernels,
        measuring.kept,
        json=json,
        save=save or [],
        quiet=quiet,
    )
    raise typer.Exit(code)
