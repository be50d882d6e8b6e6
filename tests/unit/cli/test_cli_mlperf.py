"""`harness mlperf`: options that exclude or need each other, told before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine

ON_TARGET = ("-t", "mps2-an500", "-m", "lenet-digits")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--port", "x", *ON_TARGET),
            "--target: two devices are named: --port x and --target mps2-an500\n"
            "  -> Leave one of them out: a target is reached on a port of its own.",
        ),
        (
            (),
            "--port, --target: no device is named\n"
            "  -> Give the --port of a device, or a --target and the --model it is to run.",
        ),
        (
            ("--target", "mps2-an500"),
            "--model: no model is named that mps2-an500 is to run\n"
            "  -> Give the .tflite of the benchmark with --model.",
        ),
        (
            ("--port", "x", "--kernels", "reference"),
            "--kernels: says something of --target, which is not given\n"
            "  -> Leave it out, or give --target.",
        ),
        (
            ("--port", "x", "--serve"),
            "--serve: says something of --target, which is not given\n"
            "  -> Leave it out, or give --target.",
        ),
        (
            (*ON_TARGET, "--baud", "9600"),
            "--baud: says something of --port, which is not given\n"
            "  -> Leave it out, or give --port.",
        ),
        (
            (*ON_TARGET, "--pty"),
            "--pty: says something of --serve, which is not given\n"
            "  -> Leave it out, or give --serve.",
        ),
        (
            ON_TARGET,
            "--data: a session needs inputs\n  -> Give the folder of the data set.",
        ),
    ],
)
def test_refusals(harness: CommandLine, folder: Path, words: tuple[str, ...], told: str) -> None:
    ended = harness("mlperf", *words)
    assert (ended.code, ended.out, ended.err) == (2, "", f"ConfigError: {told}\n")
    assert not (folder / "results").exists()
