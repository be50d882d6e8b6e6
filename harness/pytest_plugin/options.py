"""The plugin's command line options, under names that no other plugin has."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import Any

import pytest

from harness.domain.energy_asked import WINDOWS, EnergyAsked

PREFIX = "hil-"
WORKER_WAIT_S = 600.0

_GROUP = "harness"


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return number


_OPTIONS: dict[str, dict[str, Any]] = {
    "target": {
        "action": "append",
        "default": [],
        "metavar": "ID",
        "help": "run the benchmark tests on this target (repeat for several; see "
        "`harness targets`)",
    },
    "kernels": {
        "action": "append",
        "default": [],
        "metavar": "SET",
        "help": "kernel set to build, or all (repeat for several; default: reference and cmsis-nn)",
    },
    "model": {
        "action": "append",
        "default": [],
        "metavar": "NAME|FILE",
        "help": "bundled model or .tflite file (repeat for several; default: as `harness run`)",
    },
    "build": {
        "action": "append",
        "default": [],
        "metavar": "VARIANT",
        "help": "build variant (repeat for several; default: O2)",
    },
    "dataset": {"metavar": "SPEC", "help": "inputs, as for `harness run --dataset`"},
    "limit": {"type": _at_least_one, "metavar": "N", "help": "take only the first N inputs"},
    "repeat": {
        "type": _at_least_one,
        "metavar": "N",
        "help": "measured inferences per input (default: 1)",
    },
    "nightly": {
        "type": Path,
        "metavar": "PLAN",
        "help": "measure and judge the cases of this plan, a test for each, in place of all tests "
        "(see `harness nightly`)",
    },
    "rig": {
        "type": Path,
        "metavar": "FILE",
        "help": "which probe and port serve which board (default: HARNESS_RIG, else ./rig.toml, "
        "else ~/.config/cortexm-harness/rig.toml)",
    },
    "wait-board": {
        "type": _seconds,
        "metavar": "SECONDS",
        "help": "wait this long for a board that is in use (default: 0, and "
        f"{WORKER_WAIT_S:g} in workers of pytest-xdist, which share the boards)",
    },
    "power-meter": {
        "metavar": "ADDRESS",
        "help": "measure energies with this meter (ppk2://SERIAL, ...; virtual:ppk2 on simulated "
        "boards; default: HARNESS_POWER_METER, else the board's own in rig.toml)",
    },
    "power-voltage": {
        "type": float,
        "metavar": "VOLTS",
        "help": "supply of the board, where the meter feeds it",
    },
    "power-window": {
        "type": float,
        "metavar": "SECONDS",
        "help": "least length of a window (default: 10, simulated 0.1)",
    },
    "power-windows": {
        "type": _at_least_one,
        "metavar": "N",
        "help": "windows for each energy (default: 5)",
    },
    "require-power": {
        "action": "store_true",
        "default": False,
        "help": "a case without an energy is an error",
    },
    "missing-board": {
        "choices": ("error", "skip"),
        "default": "error",
        "help": "what to do where a target's board is not there (default: error)",
    },
}


def add_options(parser: pytest.Parser) -> dict[str, str]:
    """Add the options to pytest's help, in a group of their own.

    Each is there as `--NAME` and `--hil-NAME`; where another plugin has `--NAME`, only as the
    second. Returns those, each with the option group of the plugin that has it.
    """
    taken = _taken(parser)
    group = parser.getgroup(_GROUP, "benchmarks on Cortex-M targets")
    for name, attributes in _OPTIONS.items():
        own, unmistakable = f"--{name}", f"--{PREFIX}{name}"
        dest = _dest(name)
        if own in taken:
            group.addoption(unmistakable, dest=dest, **attributes)
        else:
            group.addoption(own, dest=dest, **attributes)
            group.addoption(unmistakable, dest=dest, **attributes | {"help": argparse.SUPPRESS})
    group.addoption(
        "--harness-results",
        metavar="FILE",
        help="results database: a file or a URL (default: results/harness.db)",
    )
    return {name: taken[f"--{name}"] for name in _OPTIONS if f"--{name}" in taken}


def option(config: pytest.Config, name: str) -> Any:
    """The value of the option `name`, written either way; None or nothing where not given."""
    return config.getoption(_dest(name), _OPTIONS[name].get("default"))


def energy_asked(config: pytest.Config) -> EnergyAsked:
    """What is asked of a power meter."""
    return EnergyAsked(
        meter=option(config, "power-meter") or os.environ.get("HARNESS_POWER_METER", ""),
        voltage_v=option(config, "power-voltage"),
        windows=option(config, "power-windows") or WINDOWS,
        window_s=option(config, "power-window"),
        required=bool(option(config, "require-power")),
    )


def _dest(name: str) -> str:
    return f"{_GROUP}_{name.replace('-', '_')}"


def _taken(parser: pytest.Parser) -> dict[str, str]:
    """Every option that is there already, with the name of its group."""
    # pytest has no public way to ask, and an option that is there twice ends it with a traceback.
    groups = [*parser._groups, parser._anonymous]
    return {
        name: group.name for group in groups for known in group.options for name in known.names()
    }
