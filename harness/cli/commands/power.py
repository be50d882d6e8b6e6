"""`harness power`: meters, recordings, and the energy of an inference."""

from __future__ import annotations

import importlib
import pkgutil

import typer

from harness.cli import power_commands


def register(app: typer.Typer) -> None:
    """Add the commands: modules of `power_commands`."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        help="Measure current and energy with a power meter, or a virtual one.",
    )
    for module in pkgutil.iter_modules(power_commands.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{power_commands.__name__}.{module.name}").register(group)
    app.add_typer(group, name="power")
