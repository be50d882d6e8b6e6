"""Random networks of one operator: compiled as ever, byte for byte what LiteRT computes."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
from builders.compiled_operator import CompiledOperator
from builders.operator_models import MODELS, broadcast
from hypothesis import HealthCheck, given, settings
from kernel_program import KernelProgram

_EXAMPLES = int(os.environ.get("HARNESS_FUZZ_EXAMPLES", "0"))
_some = settings(
    max_examples=_EXAMPLES or 100,
    derandomize=not _EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", MODELS)
def test_an_operator_equals_litert(kernels: KernelProgram, name: str) -> None:
    @_some
    @given(case=MODELS[name])
    def check(case: CompiledOperator) -> None:
        check_equal(kernels, case)

    check()


@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL", "MINIMUM", "MAXIMUM"])
def test_each_way_to_broadcast_equals_litert(kernels: KernelProgram, name: str) -> None:
    """Along each axis one operand is repeated, or the other, or none."""
    whole = (2, 3, 4, 5)
    for repeated in itertools.product((0, 1, None), repeat=len(whole)):
        a, b = (
            tuple(1 if who == operand else size for who, size in zip(repeated, whole, strict=True))
            for operand in (0, 1)
        )
        check_equal(kernels, broadcast(name, a, b, whole))


def check_equal(kernels: KernelProgram, case: CompiledOperator) -> None:
    outcome = kernels.run(case.image)
    assert (outcome.prepare, outcome.invoke) == (0, 0)
    assert outcome.output is not None
    np.testing.assert_array_equal(outcome.output, case.expected())
