"""Each function of CMSIS-NN is reached, or left out for a reason that is not out of date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness import assembly
from harness.bench import sweeps
from harness.build.library_coverage import reasons_left_out
from harness.cli.app import app
from harness.domain.library_function import LibraryFunction
from harness.errors import LibraryUnavailable

KERNELS = Path(__file__).parents[2] / "firmware" / "kernels" / "cmsis-nn"
_VARIANTS = ("_int16", "_int4_weights", "_unsigned")


@pytest.fixture(scope="module")
def pinned() -> list[LibraryFunction]:
    try:
        return assembly.kernel_coverage()[1]
    except LibraryUnavailable as error:
        pytest.skip(f"CMSIS-NN cannot be had: {error}")


def test_every_function_of_cmsis_nn_is_reached_or_left_out_for_a_reason(
    pinned: list[LibraryFunction],
) -> None:
    assert len(pinned) > 50
    assert [one.name for one in pinned if not one.reached and not one.reason] == []


def test_no_reason_is_out_of_date(pinned: list[LibraryFunction]) -> None:
    left_out = {one.name for one in pinned if not one.reached}
    assert set(reasons_left_out("cmsis-nn")) == left_out


def test_what_is_reached_belongs_to_operators_that_are_swept(
    pinned: list[LibraryFunction],
) -> None:
    reached = {operator.lower() for one in pinned for operator in one.operators}
    swept = set(assembly.list_benchmarked_operators())
    other_types = {name for name in reached if name.endswith(_VARIANTS)}
    assert reached - other_types - swept <= {name.lower() for name in sweeps.reasons()}
    # What is swept and reaches nothing has no kernel of its own beside `reference`.
    assert [name for name in swept - reached if (KERNELS / f"{name}.c").exists()] == []
    by_name = {one.name: one for one in pinned}
    assert by_name["arm_convolve_1x1_s8_fast"].caller == "arm_convolve_wrapper_s8"
    assert by_name["arm_depthwise_conv_3x3_s8"].operators == ("DEPTHWISE_CONV_2D",)


def test_the_command_lists_them_all(pinned: list[LibraryFunction]) -> None:
    printed = CliRunner().invoke(app, ["kernels", "coverage", "--json"])
    assert printed.exit_code == 0
    assert [row["function"] for row in json.loads(printed.stdout)] == [one.name for one in pinned]
    table = CliRunner().invoke(app, ["kernels", "coverage", "--left-out"]).stdout
    reached = sum(one.reached for one in pinned)
    assert f"{reached} of {len(pinned)} functions of cmsis-nn " in table
    assert "arm_reshape_s8" in table
    assert "arm_softmax_s8 " not in table
