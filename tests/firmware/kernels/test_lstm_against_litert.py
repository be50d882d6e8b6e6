"""Layers of LSTM cells: several steps, and by how much CMSIS-NN's sigmoid and tanh are off."""

from __future__ import annotations

import os

import numpy as np
from builders.lstm_models import lstms
from builders.typed_operator import Array, TypedOperator
from hypothesis import HealthCheck, given, settings
from kernel_program import KernelProgram

_EXAMPLES = int(os.environ.get("HARNESS_FUZZ_EXAMPLES", "0"))
_some = settings(
    max_examples=_EXAMPLES or 100,
    derandomize=not _EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def differences(kernels: KernelProgram, case: TypedOperator) -> tuple[int, int, int]:
    """The largest of outputs, output states and cells, in LSB."""
    prepare, invoke, arena = kernels.arena_after(case)
    assert (prepare, invoke) == (0, 0)
    first, second, third = (
        _largest(found, answer)
        for found, answer in zip(case.found_in(arena), case.answers(), strict=True)
    )
    return first, second, third


def _largest(found: Array, answer: Array) -> int:
    return int(np.abs(found.astype(np.int64) - answer).max())


@_some
@given(case=lstms(most_steps=5))
def test_several_steps_equal_litert(reference: KernelProgram, case: TypedOperator) -> None:
    assert differences(reference, case) == (0, 0, 0)


@_some
@given(case=lstms())
def test_a_step_of_cmsis_nn_is_near_litert(cmsis_nn: KernelProgram, case: TypedOperator) -> None:
    """Sigmoid is off by up to 7 of 2^-15, tanh by up to 12 in Q3.12 and 17 in Q0.15.

    Cells: 7 by the forget gate, 7 + 12 by what is added, 2 by rounding. Outputs: 7 by the gate, 17
    by tanh and 28 by the cell are 0.4 of a scale of 1/256, with rounding 1.
    """
    output, state, cells = differences(cmsis_nn, case)
    assert output == state <= 1
    assert cells <= 28
