"""Random operators of other types than int8, and of several outputs: what LiteRT computes."""

from __future__ import annotations

import os

import pytest
from builders.narrow_operator import NarrowOperator, narrow_operators
from builders.typed_operator import TypedOperator
from builders.variant_models import VARIANTS
from hypothesis import HealthCheck, given, settings
from kernel_program import KernelProgram

_EXAMPLES = int(os.environ.get("HARNESS_FUZZ_EXAMPLES", "0"))
_some = settings(
    max_examples=_EXAMPLES or 40,
    derandomize=not _EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_equals_litert(kernels: KernelProgram, name: str) -> None:
    @_some
    @given(case=VARIANTS[name])
    def check(case: TypedOperator) -> None:
        prepare, invoke, arena = kernels.arena_after(case)
        assert (prepare, invoke) == (0, 0)
        assert case.difference(arena) == 0, (case.found_in(arena), case.answers())

    check()


@pytest.mark.parametrize("name", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
def test_weights_of_2_bits_give_what_the_same_codes_give_in_8(
    kernels: KernelProgram, name: str
) -> None:
    @_some
    @given(case=narrow_operators(name, 2))
    def check(case: NarrowOperator) -> None:
        prepare, invoke, arena = kernels.arena_after(case)
        assert (prepare, invoke) == (0, 0)
        assert case.difference(arena) == 0, (case.found_in(arena), case.answers())

    check()
