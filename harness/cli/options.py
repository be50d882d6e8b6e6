"""The options that several commands share, each declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.completion import (
    complete_build,
    complete_dataset,
    complete_kernels,
    complete_model,
    complete_target,
)
from harness.domain.energy_asked import IDLE


class PowerBaselineName(StrEnum):
    """States of a board whose power can be taken off."""

    IDLE = IDLE


MATRIX = "What to measure"
AMOUNT = "How much"
OUTPUT = "Output"
BOARDS = "Boards"
POWER = "Power meter"


def target_option(default: str | bool = "every simulated board") -> Any:
    """Which targets; `default` is told in the help where the option may be left out."""
    return typer.Option(
        "--target",
        "-t",
        help="Target id; repeat for several.",
        show_default=default,
        rich_help_panel=MATRIX,
        autocompletion=complete_target,
    )


def kernels_option(default: str = "reference and cmsis-nn", more: str = "") -> Any:
    """Which kernel sets."""
    return typer.Option(
        "--kernels",
        "-k",
        help=f"Kernel set, or all; repeat for several{more}.",
        show_default=default,
        rich_help_panel=MATRIX,
        autocompletion=complete_kernels,
    )


def model_option(default: str | bool, help: str = "") -> Any:
    """Which models."""
    return typer.Option(
        "--model",
        "-m",
        help=help or "Bundled model or path of a model file; repeat for several.",
        show_default=default,
        rich_help_panel=MATRIX,
        autocompletion=complete_model,
    )


def dataset_option(help: str, default: str) -> Any:
    """Which inputs."""
    return typer.Option(
        "--dataset",
        "-d",
        help=help,
        show_default=default,
        rich_help_panel=MATRIX,
        autocompletion=complete_dataset,
    )


def limit_option(what: str) -> Any:
    """How many of them at most."""
    return typer.Option(
        min=1,
        help=f"Take only the first {what}.",
        show_default="all of them",
        rich_help_panel=AMOUNT,
    )


def repeat_option(what: str) -> Any:
    """How many inferences are measured for each."""
    return typer.Option(
        min=1, max=1000, help=f"Measured inferences per {what}.", rich_help_panel=AMOUNT
    )


def warmup_option(before: str) -> Any:
    """How many inferences come before the measured ones."""
    return typer.Option(
        min=0, max=1000, help=f"Unrecorded inferences before {before}.", rich_help_panel=AMOUNT
    )


Build = Annotated[
    list[str] | None,
    typer.Option(
        "--build",
        "-b",
        help="Build variant; repeat for several.",
        show_default="O2",
        rich_help_panel=MATRIX,
        autocompletion=complete_build,
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print the rows as JSON to stdout; the table goes to stderr.",
        rich_help_panel=OUTPUT,
    ),
]
Save = Annotated[
    list[Path] | None,
    typer.Option(
        help="Also write the rows to FILE; its suffix chooses .json, .csv or .md.",
        rich_help_panel=OUTPUT,
        dir_okay=False,
    ),
]
Results = Annotated[
    str | None,
    typer.Option(
        *("--results", "--results-db"),
        help="Results database: a file, or a database URL.",
        show_default="results/harness.db",
        rich_help_panel=OUTPUT,
        envvar="HARNESS_RESULTS",
    ),
]
Run = Annotated[str, typer.Argument(metavar="[RUN]", help="A run, a git revision, a day or a tag.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.", rich_help_panel=OUTPUT)]
Rig = Annotated[
    Path | None,
    typer.Option(
        help="Which probe and port serve which board.",
        envvar="HARNESS_RIG",
        show_default="./rig.toml, else ~/.config/cortexm-harness/rig.toml",
        rich_help_panel=BOARDS,
        dir_okay=False,
    ),
]
WaitBoard = Annotated[
    float,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="Wait this long for a board that is in use.",
        rich_help_panel=BOARDS,
    ),
]
PowerMeter = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Measure energies with it: ppk2://SERIAL, ... (`harness power list`); on simulated "
        "boards virtual:ppk2.",
        envvar="HARNESS_POWER_METER",
        show_default="the board's own in rig.toml",
        rich_help_panel=POWER,
    ),
]
PowerVoltage = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="VOLTS",
        help="Supply of the board, where the meter feeds it.",
        show_default="3 V, simulated",
        rich_help_panel=POWER,
    ),
]
PowerWindow = Annotated[
    float | None,
    typer.Option(
        min=0.01,
        metavar="SECONDS",
        help="Least length of a window, in the board's time.",
        show_default="10 s, simulated 0.1 s",
        rich_help_panel=POWER,
    ),
]
PowerWindows = Annotated[
    int,
    typer.Option(min=1, max=1000, help="Windows for each energy.", rich_help_panel=POWER),
]
PowerBaseline = Annotated[
    PowerBaselineName | None,
    typer.Option(
        help="Also tell what is left without the power of the board in this state.",
        show_default=False,
        rich_help_panel=POWER,
    ),
]
RequirePower = Annotated[
    bool,
    typer.Option(
        "--require-power",
        help="A case without an energy has failed.",
        rich_help_panel=POWER,
    ),
]
