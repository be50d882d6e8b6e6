"""`harness profile`: what each operator takes, what lies where in the arena, what fills flash."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options
from harness.cli.options import OUTPUT, Build, Json, Quiet

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
    target: Annotated[list[str], options.target_option(False)],
    model: Annotated[list[str], options.model_option(False)],
    kernels: Annotated[
        list[str] | None, options.kernels_option(more=", which are then compared by operator")
    ] = None,
    build: Build = None,
    dataset: Annotated[
        str | None,
        options.dataset_option(
            "As for `harness run`; its first input is profiled.",
            default="a bundled model's own, else random",
        ),
    ] = None,
    warmup: Annotated[int, options.warmup_option("each pass")] = 1,
    json: Json = False,
    folder: Annotated[
        Path,
        typer.Option(
            help="Where the profile is kept, as RUN.json.",
            file_okay=False,
            rich_help_panel=OUTPUT,
        ),
    ] = FOLDER,
    quiet: Quiet = False,
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
