"""`harness profile`: what each operator takes, what lies where in the arena, what fills flash."""

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

    from harness.domain.profile import Profile
    from harness.domain.record import RunInfo

FOLDER = Path("results/profiles")
DOCUMENT_WIDTH = 160
PANEL = "Look inside"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(profile)


def profile(
    target: Annotated[
        list[str],
        typer.Option(
            "--target",
            "-t",
            help="Target id; repeat for several.",
            autocompletion=complete_target,
        ),
    ],
    model: Annotated[
        list[str],
        typer.Option(
            "--model",
            "-m",
            help="Bundled model or path of a .tflite; repeat for several.",
            autocompletion=complete_model,
        ),
    ],
    kernels: Annotated[
        list[str] | None,
        typer.Option(
            "--kernels",
            "-k",
            help="Kernel set; repeat for several, which are then compared by operator.",
            show_default="as `harness run`",
            autocompletion=complete_kernels,
        ),
    ] = None,
    build: Annotated[
        list[str] | None,
        typer.Option(
            "--build",
            "-b",
            help="Build variant; repeat for several.",
            show_default="O2",
            autocompletion=complete_build,
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset",
            "-d",
            help="As for `harness run`; its first input is profiled.",
            show_default="a bundled model's own, else random",
            autocompletion=complete_dataset,
        ),
    ] = None,
    warmup: Annotated[
        int, typer.Option(min=0, max=1000, help="Unrecorded inferences before each pass.")
    ] = 1,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON to stdout; the tables go to stderr.")
    ] = False,
    folder: Annotated[
        Path, typer.Option(help="Where the profile is kept, as <run>.json.", file_okay=False)
    ] = FOLDER,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Take one inference apart: operators, arena, flash and RAM.

    Two passes with the same input: the whole in one window, then each operator in one of its own.
    The parts must add up to the whole, else there is no profile.

    Example:

    `harness profile -t mps2-an500 -m lenet-digits -k reference -k cmsis-nn`
    """
    from rich.console import Console

    from harness import assembly
    from harness.cli.app import show_error
    from harness.cli.progress import RunProgress
    from harness.errors import HarnessError
    from harness.report.profile_json import make_folder

    console = Console(stderr=True)
    cases = assembly.plan(
        on_note=None if quiet else lambda note: console.print(note, style="dim", soft_wrap=True),
        targets=target,
        kernel_sets=kernels,
        models=model,
        builds=build,
        dataset=dataset,
        limit=1,
        warmup=warmup,
    )
    make_folder(folder)
    run = assembly.describe_run()
    ended: list[Profile] = []
    failures: list[HarnessError] = []
    with contextlib.ExitStack() as finally_:
        # Also after Ctrl-C: what has ended is kept and shown.
        finally_.callback(
            lambda: _present(ended, run, console, json=json, folder=folder, quiet=quiet)
        )
        progress = finally_.enter_context(RunProgress(console, quiet=quiet))
        for result in assembly.profile(cases, progress):
            if isinstance(result, HarnessError):
                failures.append(result)
            else:
                ended.append(result)
    for error in failures:
        show_error(error)
    raise typer.Exit(failures[0].exit_code if failures else 0)


def _present(
    profiles: Sequence[Profile],
    run: RunInfo,
    console: Console,
    *,
    json: bool,
    folder: Path,
    quiet: bool,
) -> None:
    """Show `profiles` (on `console` where JSON goes to stdout), and keep them.

    Raises:
        StoreError: they cannot be kept.
    """
    if not profiles:
        return
    from rich.console import Console

    from harness.report.profile import profile_summary, profile_text
    from harness.report.profile_json import profiles_to_json, write_profiles

    out = console if json else Console()
    if out.is_terminal:
        out.print(profile_summary(profiles, width=out.width))
    else:
        out.file.write(profile_text(profiles, width=DOCUMENT_WIDTH))
    if json:
        typer.echo(profiles_to_json(profiles, run))
    path = folder / f"{run.id}.json"
    write_profiles(path, profiles, run)
    if not quiet:
        console.print(f"kept in {path}", style="dim")
