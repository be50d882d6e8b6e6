"""`harness results`: look at what is kept, copy it, name it, and delete it."""

from __future__ import annotations

import importlib
import pkgutil

import typer

from harness.cli import results_commands
from harness.cli.listing import PANEL


def register(app: typer.Typer) -> None:
    """Add the commands, which are modules of `results_commands`."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        help="Look at what is kept, copy it to and from files, name runs, and delete old ones.\n\n"
        "A run is called by the beginning of its id or git commit, by a tag, a day (2026-11-21), "
        "`last`, or `last~1` for the one before it.",
    )
    for module in pkgutil.iter_modules(results_commands.__path__):
        importlib.import_module(f"{results_commands.__name__}.{module.name}").register(group)
    app.add_typer(group, name="results", rich_help_panel=PANEL)
