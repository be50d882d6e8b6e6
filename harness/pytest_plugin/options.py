"""The plugin's command line options."""

from __future__ import annotations

import argparse

import pytest


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def add_options(parser: pytest.Parser) -> None:
    """Add the options to pytest's help, in a group of their own."""
    group = parser.getgroup("harness", "benchmarks on Cortex-M targets")
    group.addoption(
        "--target",
        action="append",
        default=[],
        metavar="ID",
        help="run the benchmark tests on this target (repeat for several; see `harness targets`)",
    )
    group.addoption(
        "--kernels",
        action="append",
        default=[],
        metavar="SET",
        help="kernel set to build, or all (repeat for several; default: reference and cmsis-nn)",
    )
    group.addoption(
        "--model",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help="bundled model or .tflite file (repeat for several; default: as `harness run`)",
    )
    group.addoption(
        "--build",
        action="append",
        default=[],
        metavar="VARIANT",
        help="build variant (repeat for several; default: O2)",
    )
    group.addoption("--dataset", metavar="SPEC", help="inputs, as for `harness run --dataset`")
    group.addoption("--limit", type=_at_least_one, metavar="N", help="take only the first N inputs")
    group.addoption(
        "--repeat",
        type=_at_least_one,
        metavar="N",
        help="measured inferences per input (default: 1)",
    )
    group.addoption(
        "--harness-results",
        metavar="FILE",
        help="results database: a file or a URL (default: results/harness.db)",
    )
