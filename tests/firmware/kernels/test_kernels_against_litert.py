"""Random operators: byte for byte what LiteRT's reference kernels give, or the known difference."""

from __future__ import annotations

import numpy as np
import pytest
from case_strategies import additions, convolutions, dense, fine_dense, pools, softmaxes
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_program import KernelProgram
from operator_cases import OperatorCase

_many = settings(max_examples=200, deadline=None)


def _difference(
    kernels: KernelProgram, case: OperatorCase
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    outcome = kernels.run(case.image)
    assert (outcome.prepare, outcome.invoke) == (0, 0)
    assert outcome.output is not None
    return outcome.output.astype(np.int64) - case.expected()


@_many
@given(case=convolutions(depthwise=False))
def test_conv_2d_equals_litert(kernels: KernelProgram, case: OperatorCase) -> None:
    assert not _difference(kernels, case).any()


@_many
@given(case=convolutions(depthwise=True))
def test_depthwise_conv_2d_equals_litert(kernels: KernelProgram, case: OperatorCase) -> None:
    assert not _difference(kernels, case).any()


@pytest.mark.parametrize("kind", ["AVERAGE", "MAX"])
def test_pool_2d_equals_litert(kernels: KernelProgram, kind: str) -> None:
    @_many
    @given(case=pools(kind))
    def check(case: OperatorCase) -> None:
        assert not _difference(kernels, case).any()

    check()


@_many
@given(case=additions())
def test_add_equals_litert(kernels: KernelProgram, case: OperatorCase) -> None:
    assert not _difference(kernels, case).any()


@_many
@given(case=softmaxes())
def test_softmax_equals_litert(kernels: KernelProgram, case: OperatorCase) -> None:
    assert not _difference(kernels, case).any()


@_many
@given(case=st.one_of(dense(power_of_two=False), fine_dense()))
def test_reference_fully_connected_equals_litert(
    reference: KernelProgram, case: OperatorCase
) -> None:
    assert not _difference(reference, case).any()


@_many
@given(case=dense(power_of_two=True))
def test_reference_fully_connected_equals_litert_at_exact_ties(
    reference: KernelProgram, case: OperatorCase
) -> None:
    assert not _difference(reference, case).any()


@_many
@given(case=st.one_of(dense(power_of_two=False), fine_dense()))
def test_cmsis_nn_fully_connected_is_within_one_lsb(
    cmsis_nn: KernelProgram, case: OperatorCase
) -> None:
    assert np.abs(_difference(cmsis_nn, case)).max() <= 1


@_many
@given(case=st.one_of(dense(power_of_two=False), fine_dense()))
def test_cmsis_nn_fully_connected_with_single_rounding_equals_litert(
    cmsis_nn_single_rounding: KernelProgram, case: OperatorCase
) -> None:
    assert not _difference(cmsis_nn_single_rounding, case).any()


@_many
@given(case=dense(power_of_two=True))
def test_cmsis_nn_single_rounding_takes_negative_ties_up(
    cmsis_nn_single_rounding: KernelProgram, case: OperatorCase
) -> None:
    """LiteRT rounds -2.5 to -3, CMSIS-NN to -2; nothing else differs."""
    difference = _difference(cmsis_nn_single_rounding, case)
    assert set(np.unique(difference)) <= {0, 1}
