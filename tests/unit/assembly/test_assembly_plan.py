"""Which cases a run consists of."""

import pytest

from harness import assembly
from harness.errors import ConfigError


def pairs(**wanted: list[str]) -> list[tuple[str, str]]:
    cases = assembly.plan(targets=["mps2-an500"], models=["mlp-digits"], **wanted)
    return [(case.kernel_set.id, case.variant.id) for case in cases]


def test_defaults_are_all_kernel_sets_the_reference_first() -> None:
    assert pairs() == [("reference", "O2"), ("cmsis-nn", "O2")]


def test_a_variant_of_a_library_is_left_out_where_the_library_is_not_called() -> None:
    assert pairs(builds=["O2", "single-rounding"]) == [
        ("reference", "O2"),
        ("cmsis-nn", "O2"),
        ("cmsis-nn", "single-rounding"),
    ]


def test_a_variant_no_kernel_set_is_left_for() -> None:
    with pytest.raises(ConfigError) as caught:
        pairs(kernel_sets=["reference"], builds=["single-rounding"])
    assert "changes the library cmsis-nn, which kernel set reference does not call" in str(
        caught.value
    )
    assert "`harness kernels`" in caught.value.hint
    assert caught.value.exit_code == 2
