"""`harness kernels bench`: bad words end before anything is built, and `kernels` alone lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import CommandLine

BENCH = ("kernels", "bench", "-t", "mps2-an500", "-k", "reference")


def refused(harness: CommandLine, folder: Path, *words: object) -> str:
    ended = harness(*BENCH, *words)
    assert (ended.code, ended.out) == (2, "")
    assert not (folder / "results").exists()
    return ended.err


def test_kernels_alone_still_lists(harness: CommandLine, folder: Path) -> None:
    listed = json.loads(harness("kernels", "--json").out)
    assert {"reference", "cmsis-nn"} <= {row["id"] for row in listed}


def test_an_operator_that_is_none(harness: CommandLine, folder: Path) -> None:
    assert refused(harness, folder, "--op", "conv3d") == (
        "UnknownName: there is no kernel benchmark of 'conv3d'\n"
        "  -> Use 'conv_2d'; there are: add, average_pool_2d, batch_matmul, concatenation, "
        "conv_2d, depthwise_conv_2d, fully_connected, hard_swish, leaky_relu, logistic, maximum, "
        "max_pool_2d, mean, minimum, mul, pad, relu, relu6, resize_nearest_neighbor, softmax, "
        "strided_slice, sub, tanh, transpose, transpose_conv.\n"
    )


def test_an_operator_that_is_not_measured(harness: CommandLine, folder: Path) -> None:
    told = refused(harness, folder, "--op", "reshape").splitlines()[0]
    assert told == (
        "UnknownName: there is no kernel benchmark of 'reshape': input and output share their "
        "place, so that nothing is done"
    )


def test_a_file_without_the_wanted_operator(harness: CommandLine, folder: Path) -> None:
    Path("s.csv").write_text("op,input\nadd,8\nsoftmax,8\n")
    assert refused(harness, folder, "--op", "conv2d", "-s", "s.csv") == (
        "ConfigError: s.csv: no shape of conv_2d is there to measure\n"
        "  -> Choose among the operators there: add, softmax.\n"
    )


def test_a_file_with_a_fault(harness: CommandLine, folder: Path) -> None:
    Path("s.toml").write_text('[[shape]]\nop = "add"\ninput = 3\nstride = 2\n')
    assert refused(harness, folder, "-s", "s.toml") == (
        "BadDefinition: s.toml: shape.0: ADD takes no `stride`\n  -> Correct the file.\n"
    )


@pytest.mark.parametrize("name", ["r.pdf", "table"])
def test_a_report_nobody_writes(harness: CommandLine, folder: Path, name: str) -> None:
    assert refused(harness, folder, "--save", name).startswith("UnknownName: ")


def test_the_kernels_row_is_too_long_for_softmax(harness: CommandLine, folder: Path) -> None:
    Path("s.csv").write_text("op,input\nsoftmax,5000\n")
    ended = harness(*BENCH, "-s", "s.csv")
    assert ended.code == 3
    assert "rows of 5000 values are too long; up to 4095 are supported" in ended.err
