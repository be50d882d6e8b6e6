"""`harness run`: measure models x kernel sets x targets and end in a comparison table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness import assembly
from harness.cli.completion import (
    complete_build,
    complete_dataset,
    complete_kernels,
    complete_model,
    complete_target,
)
from harness.cli.progress import RunProgress
from harness.report import records_to_json, require_known_formats, summary, write_report

MATRIX = "What to measure"
AMOUNT = "How much"
OUTPUT = "Output"
DOCUMENT_WIDTH = 140


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            "-t",
            help="Target id; repeat for several. Default: every simulated board.",
            rich_help_panel=MATRIX,
            autocompletion=complete_target,
        ),
    ] = None,
    kernels: Annotated[
        list[str] | None,
        typer.Option(
            "--kernels",
            "-k",
            help="Kernel set; repeat for several. Default: all.",
            rich_help_panel=MATRIX,
            autocompletion=complete_kernels,
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            help="Bundled model or path of a .tflite. "
            "Default: all bundled that do not say `demo = false`.",
            rich_help_panel=MATRIX,
            autocompletion=complete_model,
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset",
            "-d",
            help="mlperf:DIR, npy:x.npy[,labels.npy], digits or random. "
            "Default: the bundled model's own, else 16 seeded random inputs.",
            rich_help_panel=MATRIX,
            autocompletion=complete_dataset,
        ),
    ] = None,
    build: Annotated[
        list[str] | None,
        typer.Option(
            "--build",
            "-b",
            help="Build variant; repeat for several. Default: O2.",
            rich_help_panel=MATRIX,
            autocompletion=complete_build,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Take only the first N inputs.", rich_help_panel=AMOUNT),
    ] = None,
    repeat: Annotated[
        int,
        typer.Option(
            min=1, max=1000, help="Measured inferences per input.", rich_help_panel=AMOUNT
        ),
    ] = 1,
    warmup: Annotated[
        int,
        typer.Option(
            min=0, max=1000, help="Unrecorded inferences before the first.", rich_help_panel=AMOUNT
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
        str,
        typer.Option(
            help="Results database: a file, or a database URL.",
            rich_help_panel=OUTPUT,
            envvar="HARNESS_RESULTS",
        ),
    ] = str(assembly.DEFAULT_RESULTS),
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """Measure models x kernel sets x targets and end in a comparison table.

    With no options at all, lenet-digits and mlp-digits run with every kernel set on every simulated
    board (and every model of your own that does not say `demo = false`).

    Each case is built, flashed through pyOCD, verified, and must prove by handshake that it runs
    that firmware and that model; then all inputs are streamed and every output vector is compared
    with the host reference. Rows are stored as each case ends.

    Example: harness run -t mps2-an500 -k cmsis-nn -k reference -m kws_ref_model.tflite
    -d mlperf:path/kws01
    """
    require_known_formats(save or [])
    cases = assembly.plan(
        targets=target,
        kernel_sets=kernels,
        models=model,
        builds=build,
        dataset=dataset,
        limit=limit,
        repeat=repeat,
        warmup=warmup,
    )
    console = Console(stderr=True)
    with RunProgress(console, quiet=quiet) as progress:
        outcome = assembly.Bench(results).measure(cases, progress)
    out = console if json else Console()
    # Where nobody reads on a terminal (a file, a log) there is no edge to keep within.
    width = out.width if out.is_terminal else DOCUMENT_WIDTH
    out.width = width
    out.print(summary(outcome.records, width=width))
    if json:
        typer.echo(records_to_json(outcome.records))
    for path in save or []:
        write_report(path, outcome.records)
    if outcome.exit_code:
        raise typer.Exit(outcome.exit_code)
