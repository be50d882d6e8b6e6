"""Random networks of one operator: compiled as ever, byte for byte what LiteRT computes."""

from __future__ import annotations

import os

import numpy as np
import pytest
from builders.compiled_operator import CompiledOperator
from builders.operator_models import MODELS
from hypothesis import HealthCheck, given, settings
from kernel_program import KernelProgram

_EXAMPLES = int(os.environ.get("HARNESS_FUZZ_EXAMPLES", "0"))
_some = settings(
    max_examples=_EXAMPLES or 40,
    derandomize=not _EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", MODELS)
def test_an_operator_equals_litert(kernels: KernelProgram, name: str) -> None:
    @_some
    @given(case=MODELS[name])
    def check(case: CompiledOperator) -> None:
        outcome = kernels.run(case.image)
        assert (outcome.prepare, outcome.invoke) == (0, 0)
        assert outcome.output is not None
        np.testing.assert_array_equal(outcome.output, case.expected())

    check()
