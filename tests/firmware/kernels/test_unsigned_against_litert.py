"""Operators of uint8 that run as int8: what LiteRT's uint8 kernels compute."""

from __future__ import annotations

import os

import pytest
from builders.compiled_operator import CompiledOperator
from builders.operator_models import MODELS
from builders.typed_operator import TypedOperator
from builders.unsigned_copy import unsigned_copy
from hypothesis import HealthCheck, given, settings
from kernel_program import KernelProgram

from harness.domain.network import DType

_EXAMPLES = int(os.environ.get("HARNESS_FUZZ_EXAMPLES", "0"))
_some = settings(
    max_examples=_EXAMPLES or 10,
    derandomize=not _EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
NONE_IN_LITERT = {"TRANSPOSE_CONV", "BATCH_MATMUL"}  # its reference kernels refuse uint8


@pytest.mark.parametrize("name", sorted(set(MODELS) - NONE_IN_LITERT))
def test_an_operator_of_uint8_equals_litert(reference: KernelProgram, name: str) -> None:
    @_some
    @given(case=MODELS[name])
    def check(case: CompiledOperator) -> None:
        unsigned = TypedOperator(unsigned_copy(case.tflite), case.inputs, case.label)
        assert unsigned.network.tensors[unsigned.network.outputs[0]].dtype is DType.UINT8
        prepare, invoke, arena = reference.arena_after(unsigned)
        assert (prepare, invoke) == (0, 0)
        assert unsigned.difference(arena) == 0, (unsigned.found_in(arena), unsigned.answers())

    check()
