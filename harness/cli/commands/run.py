"""`harness run`: measure models x kernel sets x targets and end in a comparison table."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.completion import (
    complete_build,
    complete_dataset,
    complete_kernels,
    complete_model,
    complete_target,
)

if TYPE_CHECKING:
    from rich.console import Console

    from harness.bench.events import Event
    from harness.domain.record import CaseRecord

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
            help="Kernel set, or all; repeat for several.",
            show_default="reference and cmsis-nn",
            rich_help_panel=MATRIX,
            autocompletion=complete_kernels,
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            help="Bundled model or path of a .tflite; repeat for several.",
            show_default="small bundled ones",
            rich_help_panel=MATRIX,
            autocompletion=complete_model,
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset",
            "-d",
            help="mlperf:DIR, npy:x.npy[,labels.npy], digits or random.",
            show_default="a bundled model's own, else 16 seeded random inputs",
            rich_help_panel=MATRIX,
            autocompletion=complete_dataset,
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
            help="Take only the first inputs.",
            show_default="all of them",
            rich_help_panel=AMOUNT,
        ),
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
    """Measure models x kernel sets x targets and end in a comparison table.

    With no options at all, lenet-digits and mlp-digits (and every model of your own that does not
    say `demo = false`) run with the kernel sets `reference` and `cmsis-nn` on every simulated
    board.
    `-k all` takes every kernel set; those that a core cannot run are left out with the reason, and
    those that give the same build there run once.

    Each case is built, flashed through pyOCD, verified, and must prove by handshake that it runs
    that firmware and that model; then all inputs are streamed and every output vector is compared
    with the host reference. Rows are stored as each case ends.

    Example:

    `harness run -t mps2-an500 -k cmsis-nn -k reference -m kws_ref_model.tflite -d mlperf:kws01`
    """
    # Imported here, and in what is called: `--help` and completion need none of it.
    from rich.console import Console

    from harness import assembly
    from harness.bench.events import CaseFinished
    from harness.cli.progress import RunProgress
    from harness.report import require_known_formats

    require_known_formats(save or [])
    console = Console(stderr=True)
    cases = assembly.plan(
        targets=target,
        kernel_sets=kernels,
        models=model,
        builds=build,
        dataset=dataset,
        limit=limit,
        repeat=repeat,
        warmup=warmup,
        on_note=None if quiet else lambda note: console.print(note, style="dim", soft_wrap=True),
    )
    bench = assembly.Bench(results)
    ended: list[CaseRecord] = []
    with contextlib.ExitStack() as finally_:
        # Also after Ctrl-C, and after an error that stops the run: what has ended is shown.
        finally_.callback(lambda: present(ended, console, json=json, save=save or []))
        progress = finally_.enter_context(RunProgress(console, quiet=quiet))

        def listen(event: Event) -> None:
            if isinstance(event, CaseFinished):
                ended.append(event.record)
            progress(event)

        outcome = bench.measure(cases, listen)
    if not quiet:
        console.print(f"kept as run {bench.run_id[:8]} in {bench.results}", style="dim")
    raise typer.Exit(outcome.exit_code)


def present(
    records: Sequence[CaseRecord], console: Console, *, json: bool, save: Sequence[Path]
) -> None:
    """Show `records` as a table (on `console` where JSON goes to stdout), and write the files.

    Raises:
        StoreError: a file cannot be written.
    """
    if not records:
        return
    from rich.console import Console

    from harness.report import records_to_json, summary, summary_text, write_report

    out = console if json else Console()
    if out.is_terminal:
        out.print(summary(records, width=out.width))
    else:  # a file or a log has no edge to keep within
        out.file.write(summary_text(records, width=DOCUMENT_WIDTH))
    if json:
        typer.echo(records_to_json(records))
    for path in save:
        write_report(path, records)
