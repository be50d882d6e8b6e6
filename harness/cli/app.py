"""The command line's root: every command is a module of `harness.cli.commands`, found by name."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Annotated, Any

import typer
import typer.core
from rich.console import Console
from rich.text import Text

import harness
from harness.cli import INTERRUPTED, commands
from harness.errors import HarnessError

EPILOG = """Examples:

- `harness run` measures the small bundled models on every simulated board.
- `harness run -t mps2-an500 -m net.tflite -d mlperf:data/kws01` takes a model and inputs of yours.
- `harness run -t mps2-an500 --limit 20 --save table.md` takes a first look, kept as a document.
- `pytest --target=mps2-an500` runs your benchmark tests.

Exit codes: 0 done, 1 verdict, 2 your words or files, 3 build, 4 probe or simulator, 5 link,
6 device, 7 measurement, 8 store, 130 interrupted.
"""


class FrontDoor(typer.core.TyperGroup):
    """A group whose commands end in one of the harness's exit codes, with the error's message."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except HarnessError as error:
            show_error(error)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt:
            Console(stderr=True).print("interrupted", style="bold red")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="harness",
    cls=FrontDoor,
    help="Benchmark neural networks on Arm Cortex-M boards and simulators.\n\n"
    "Builds the firmware, flashes it through pyOCD, streams inputs over the link, and compares "
    "what was measured.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="markdown",
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
    text = Text.assemble((f"{type(error).__name__}: ", "bold red"), str(error))
    Console(stderr=True, soft_wrap=True).print(text)
