"""The command line's root: every command is a module of `harness.cli.commands`, found by name."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

import harness
from harness.cli import commands
from harness.errors import HarnessError

INTERRUPTED = 130

app = typer.Typer(
    name="harness",
    help="Benchmark neural networks on Arm Cortex-M boards and simulators: build the firmware, "
    "flash it through pyOCD, stream inputs over the link, and compare what was measured.",
    epilog="Exit codes: 0 done, 1 verdict, 2 your words or files, 3 build, 4 probe or simulator, "
    "5 link, 6 device, 7 measurement, 8 store, 130 interrupted.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"harness {harness.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Benchmark neural networks on Arm Cortex-M boards and simulators."""


for _module in pkgutil.iter_modules(commands.__path__):
    importlib.import_module(f"{commands.__name__}.{_module.name}").register(app)


def show_error(error: HarnessError) -> None:
    """Print an error to stderr: its kind, where, what, and what to do next."""
    console = Console(stderr=True, soft_wrap=True)
    console.print(Text.assemble((f"{type(error).__name__}: ", "bold red"), str(error)))


def main() -> None:
    """Run the command line; a `HarnessError` becomes its message and exit code."""
    try:
        app()
    except HarnessError as error:
        show_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        Console(stderr=True).print("[bold red]interrupted[/]: finished cases are in the store")
        sys.exit(INTERRUPTED)
