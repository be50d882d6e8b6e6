"""Profiles as tables and as JSON, by hand-made profiles."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.domain.kernel_code import CodePath, OperatorKernel
from harness.domain.measurement import Missing
from harness.domain.profile import OperatorProfile, Part, Profile, Tenant
from harness.domain.record import RunInfo
from harness.domain.units import Fidelity, Unit
from harness.errors import StoreError
from harness.report.profile import profile_text
from harness.report.profile_arena import arena_lines, short_name
from harness.report.profile_json import profiles_to_json, write_profiles
from harness.report.profile_operators import kernel_name, shapes

CONV = OperatorProfile(
    index=0,
    name="CONV_2D",
    inputs=((1, 28, 28, 1),),
    outputs=((1, 24, 24, 8),),
    kernel=OperatorKernel(0, "CONV_2D", "nn/conv_2d.c", ("nn_wrapper",), CodePath.DSP),
    ticks=150,
    count=6000.0,
    share=0.75,
    macs=1200,
    weight_bytes=232,
    arena_in=784,
    arena_out=4608,
    scratch_bytes=112,
)
DENSE = OperatorProfile(
    index=1,
    name="FULLY_CONNECTED",
    inputs=((1, 4608),),
    outputs=((1, 10),),
    kernel=OperatorKernel(1, "FULLY_CONNECTED", "reference/fully_connected.c"),
    ticks=24,
    count=960.0,
    share=0.12,
    macs=320,
    weight_bytes=360,
    arena_in=4608,
    arena_out=10,
    scratch_bytes=0,
)
SOFTMAX = replace(
    DENSE, index=2, name="SOFTMAX", inputs=((1, 10),), kernel=None, ticks=26, count=1040.0,
    share=0.13, macs=0, weight_bytes=0, arena_in=10,
)  # fmt: skip
PROFILE = Profile(
    target_id="desk",
    core="Cortex-M7",
    fidelity=Fidelity.SIMULATED,
    kernel_set="nn",
    variant="O2",
    model="net",
    model_sha256="ab" * 32,
    build_id="cd" * 20,
    compiler="gcc 12.2",
    flags="-O2",
    library="nn 1.0",
    counter="ticker",
    unit=Unit.INSTRUCTIONS,
    resolution=40,
    whole=8040.0,
    empty_window=40.0,
    bound=240.0,
    operators=(CONV, DENSE, SOFTMAX),
    arena_bytes=5504,
    arena_lower_bound=5392,
    arena=(
        Tenant(("conv;bias", "flat"), 0, 4608, 1, 2),
        Tenant(("in",), 4608, 784, 0, 1),
        Tenant(("scratch of CONV_2D",), 5392, 112, 1, 1, scratch=True),
    ),
    parts=(Part("kernels", 4000, 0), Part("engine", 2000, 33_000)),
    flash_bytes=6000,
    stack_reserved=4096,
    stack_used=788,
)
REFERENCE = replace(
    PROFILE,
    kernel_set="reference",
    operators=(
        replace(CONV, ticks=450, count=18_000.0),
        DENSE,
        replace(SOFTMAX, ticks=13, count=520.0),
    ),
)
RUN = RunInfo(
    "run-1", datetime(2024, 5, 17, 8, 30, tzinfo=UTC), "harness profile", None, None, "h", "0.1"
)


def rows(text: str) -> dict[str, str]:
    """The words of each line, one blank between them, by the line's first two."""
    return {" ".join(words[:2]): " ".join(words) for words in map(str.split, text.splitlines())}


def test_each_operator_has_its_row_and_the_sum_its_own() -> None:
    found = rows(profile_text([PROFILE], 160))
    assert found["0 CONV_2D"] == (
        "0 CONV_2D 28x28x1 → 24x24x8 nn_wrapper 6,000 75.0 % 1,200 5.00 232 784 4,608 112"
    )
    assert found["sum 8,000"] == "sum 8,000 100.0 % 1,520 5.26 592"


def test_a_count_too_coarse_to_divide_is_a_dash_with_its_reason() -> None:
    text = profile_text([PROFILE], 160)
    assert rows(text)["1 FULLY_CONNECTED"] == (
        "1 FULLY_CONNECTED 4608 → 10 reference/fully_connected 960 12.0 % 320 -¹ 360 4,608 10 -"
    )
    assert "¹ fewer than 25 ticks: too coarse to divide" in text
    exact = replace(PROFILE, operators=(CONV, replace(DENSE, ticks=25), SOFTMAX))
    text = profile_text([exact], 160)
    assert rows(text)["1 FULLY_CONNECTED"].split()[10] == "3.00"
    assert "¹" not in text


def test_an_operator_without_multiply_accumulates_has_no_ratio_and_needs_no_reason() -> None:
    softmax = rows(profile_text([PROFILE], 160))["2 SOFTMAX"]
    assert softmax == "2 SOFTMAX 10 → 10 - 1,040 13.0 % - - - 10 10 -"


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (137, ""),
        (136, "not shown in 136 columns: scratch B"),
        (110, "not shown in 110 columns: weights B, arena in B, arena out B, scratch B"),
        (80, "not shown in 80 columns: MACs, weights B, arena in B, arena out B, scratch B"),
    ],
)
def test_columns_that_do_not_fit_are_left_out_and_named(width: int, said: str) -> None:
    text = profile_text([PROFILE], width)
    assert said in " ".join(text.split())
    assert ("not shown" in text) == bool(said)
    if width > 100:
        assert "0 CONV_2D 28x28x1 → 24x24x8 nn_wrapper 6,000 75.0 %" in rows(text)["0 CONV_2D"]


def test_whole_difference_and_resolution_stand_below() -> None:
    text = profile_text([PROFILE], 160)
    assert (
        "the whole in one window, measured apart: 8,040 instructions; the sum is 40 off, "
        "at most 240 is allowed" in text
    )
    assert (
        "resolution 40 instructions, one tick of ticker; a window without operators shows 40"
        in text
    )
    assert "cycles" not in text


def test_memory_by_part_with_the_measured_stack() -> None:
    text = profile_text([PROFILE], 160)
    assert "stack (high-water mark, measured; 4,096 reserved)" in text
    assert rows(text)["sum 6,000"] == f"sum 6,000 {33_000 + 5504 + 788:,}"
    missing = profile_text([replace(PROFILE, stack_used=Missing("stack", "it hid"))], 160)
    assert "stack (not measured: it hid; 4,096 reserved)" in missing
    assert rows(missing)["sum 6,000"] == "sum 6,000 -"


def test_the_arena_map_shows_each_tenant_over_all_steps() -> None:
    assert arena_lines(PROFILE) == [
        "arena over time: 5,504 bytes (lower bound 5,392)",
        " from    to bytes  i012o  tensor",
        "    0 4,608 4,608  ·██··  conv = flat",
        "4,608 5,392   784  ██···  in",
        "5,392 5,504   112  ·▒···  scratch of CONV_2D",
        "█ tensor  ▒ scratch; i inputs are written, digits: operator, o outputs are read",
    ]


def test_long_tensor_names_are_cut_at_the_front() -> None:
    assert short_name("a/b;c/d") == "a/b"
    assert short_name("x" * 36) == "x" * 36
    assert short_name("start" + "x" * 35) == "…" + "x" * 35


def test_kernel_sets_stand_side_by_side_with_ratios_to_the_reference() -> None:
    text = profile_text([PROFILE, REFERENCE], 160)
    table = text[text.index("net on desk: operators x kernel sets") :]
    assert rows(table)["# operator"] == "# operator reference nn x reference"
    assert rows(table)["0 CONV_2D"] == "0 CONV_2D 18,000 6,000 3.0x"
    assert rows(table)["1 FULLY_CONNECTED"] == "1 FULLY_CONNECTED 960 960 -"
    assert rows(table)["2 SOFTMAX"] == "2 SOFTMAX 520 1,040 -"
    assert rows(table)["sum 19,480"] == "sum 19,480 8,000 2.4x"


def test_what_cannot_be_compared_is_not() -> None:
    others = [replace(PROFILE, target_id="shelf"), replace(PROFILE, model_sha256="00")]
    for other in others:
        assert "operators x kernel sets" not in profile_text([PROFILE, other], 160)


def test_shapes_leave_out_a_batch_of_one() -> None:
    assert shapes([(1, 4, 4, 8), (2, 3)]) == "4x4x8 + 2x3"
    assert shapes([(1,)]) == "1"


@pytest.mark.parametrize(
    ("kernel", "name"),
    [
        (None, "-"),
        (OperatorKernel(0, "ADD", "mine/add.c"), "mine/add"),
        (OperatorKernel(0, "ADD", "mine/add.c", ("a", "b")), "a\nb"),
        (OperatorKernel(0, "ADD", "mine/add.c", fallback=True), "mine/add (fallback)"),
    ],
)
def test_a_kernel_is_named_by_what_it_calls(kernel: OperatorKernel | None, name: str) -> None:
    assert kernel_name(kernel) == name


def with_fallback(operator: OperatorProfile) -> OperatorProfile:
    assert operator.kernel is not None
    return replace(operator, kernel=replace(operator.kernel, fallback=True))


def test_operators_that_fall_back_are_labelled() -> None:
    some = replace(PROFILE, operators=(CONV, with_fallback(DENSE), SOFTMAX))
    text = profile_text([some], 160)
    assert "reference/fully_connected (fallback)" in text
    assert f"fallback: 12.0 % of the instructions are not in {PROFILE.library}" in text
    assert "desk (M7) with nn\n" in text
    most = replace(PROFILE, operators=(with_fallback(CONV), DENSE, SOFTMAX))
    assert "desk (M7) with fallback (nn)\n" in profile_text([most], 160)
    other = replace(PROFILE, kernel_set="reference", library="")
    assert " fallback (nn) " in profile_text([other, most], 160).partition("x kernel sets")[2]
    assert "fallback" not in profile_text([PROFILE], 160)


def test_json_holds_everything_unrounded() -> None:
    found = json.loads(profiles_to_json([PROFILE], RUN))
    assert found["schema"] == 2
    assert found["run"]["id"] == "run-1"
    assert found["run"]["started"] == "2024-05-17T08:30:00+00:00"
    (profile,) = found["profiles"]
    assert (profile["whole"], profile["total"], profile["macs"]) == (8040, 8000, 1520)
    assert profile["operators"][0]["kernel"] == {
        "index": 0,
        "operator": "CONV_2D",
        "source": "nn/conv_2d.c",
        "calls": ["nn_wrapper"],
        "path": "dsp",
        "fallback": False,
    }
    assert profile["operators"][2]["kernel"] is None
    assert profile["arena"][2] == {
        "names": ["scratch of CONV_2D"],
        "offset": 5392,
        "nbytes": 112,
        "first": 1,
        "last": 1,
        "scratch": True,
    }
    assert (profile["stack_used"], profile["stack_used_reason"]) == (788, None)
    assert (profile["unit"], profile["fidelity"]) == ("instructions", "simulated")


def test_json_says_why_the_stack_is_missing() -> None:
    missing = replace(PROFILE, stack_used=Missing("stack", "it hid"))
    (profile,) = json.loads(profiles_to_json([missing], RUN))["profiles"]
    assert (profile["stack_used"], profile["stack_used_reason"]) == (None, "it hid")


def test_a_profile_is_written_whole_into_a_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run-1.json"
    write_profiles(path, [PROFILE], RUN)
    write_profiles(path, [PROFILE, REFERENCE], RUN)
    assert len(json.loads(path.read_text(encoding="utf-8"))["profiles"]) == 2
    assert list(path.parent.iterdir()) == [path]


def test_a_profile_that_cannot_be_kept_leaves_nothing_behind(tmp_path: Path) -> None:
    taken = tmp_path / "run-1.json"
    taken.mkdir()
    (tmp_path / "file").touch()
    for path in (taken, tmp_path / "file" / "run-1.json"):
        with pytest.raises(StoreError) as caught:
            write_profiles(path, [PROFILE], RUN)
        assert str(caught.value).startswith(f"{path}: profiles cannot be kept there: ")
        assert caught.value.hint == "Name a folder that can be written with --folder."
    assert sorted(tmp_path.iterdir()) == [tmp_path / "file", taken]
