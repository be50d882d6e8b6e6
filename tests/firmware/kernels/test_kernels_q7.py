"""The q7 kernels under the sanitizers: by hand, as the simulation has it, and their refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from builders.q7_operator import OPERATORS, Q7Operator
from hypothesis import HealthCheck, given, settings
from kernel_program import KernelProgram

from harness.model.openmv_layers import (
    BlobShape,
    Convolution,
    Data,
    InnerProduct,
    Layer,
    Pool,
    PoolKind,
    Relu,
)

BAD = -1
ONE = BlobShape(1, 1, 1, 1)


def int8(values: object) -> Any:
    return np.asarray(values, np.int8)


def outputs(reference: KernelProgram, operator: Q7Operator) -> list[int]:
    outcome = reference.run(operator)  # type: ignore[arg-type]
    assert (outcome.prepare, outcome.invoke) == (0, 0)
    assert outcome.output is not None
    return [int(y) for y in outcome.output.ravel()]


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_equals_the_simulation(reference: KernelProgram, name: str) -> None:
    @settings(
        max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(operator=OPERATORS[name])
    def check(operator: Q7Operator) -> None:
        assert operator.network.operators[0].name == name
        assert outputs(reference, operator) == operator.expected().tolist()

    check()


def test_data_takes_means_off_and_rounds_halves_up(reference: KernelProgram) -> None:
    """((30 - 33) * 128 + 128) >> 8 = -1, ((34 - 33) * 128 + 128) >> 8 = 1; 255 saturates by 2^0."""
    pixels = np.asarray([[[30], [33], [34]]], np.uint8)
    operator = Q7Operator(
        BlobShape(1, 1, 1, 3), Data(BlobShape(1, 1, 1, 3), (33, 33, 33), 8), pixels
    )
    assert outputs(reference, operator) == [-1, 0, 1]
    stored = operator.but(layer=Data(BlobShape(1, 1, 1, 3), (33, 33, 33), 0))
    assert outputs(reference, stored) == [-128, 0, 127]


def test_a_sum_is_rounded_half_up_and_saturates(reference: KernelProgram) -> None:
    """(5 * 3 + (1 << 2) + 1) >> 1 = 10; -5 * 3: (-15 + 4 + 1) >> 1 = -5; 127 * 127 is too much."""
    for x, wanted in ((5, 10), (-5, -5)):
        layer = InnerProduct(ONE, 2, 1, int8([[3]]), int8([1]))
        assert outputs(reference, Q7Operator(ONE, layer, int8([[[x]]]))) == [wanted]
    large = InnerProduct(ONE, 0, 0, int8([[127]]), int8([0]))
    assert outputs(reference, Q7Operator(ONE, large, int8([[[127]]]))) == [127]
    assert outputs(reference, Q7Operator(ONE, large, int8([[[-128]]]))) == [-128]


def test_average_pooling_truncates_twice_as_the_dsp_path_did(reference: KernelProgram) -> None:
    """The mean of each row towards zero, then of those: one division would give 1, 2 and -2."""
    pool = Pool(ONE, PoolKind.AVERAGE, 3, 0, 3)
    for column, wanted in (((5, 5, 5), 1), ((8, 8, 2), 1), ((-8, -8, -2), -1)):
        # Rows 5 / 3 = 1 each; rows 2, 2 and 0, so 4 / 3 = 1; rows -2, -2 and 0, so -4 / 3 = -1.
        image = int8([[[left], [0], [0]] for left in column])
        assert outputs(reference, Q7Operator(BlobShape(1, 1, 3, 3), pool, image)) == [wanted]


def test_windows_of_caffes_rounded_up_sizes_are_clipped(reference: KernelProgram) -> None:
    """Four columns, windows of three by twos: the second window has two columns left."""
    shape, out = BlobShape(1, 1, 1, 4), BlobShape(1, 1, 1, 2)
    row = int8([[[1], [2], [3], [9]]])
    for kind, wanted in ((PoolKind.MAX, [3, 9]), (PoolKind.AVERAGE, [2, 6])):
        assert outputs(reference, Q7Operator(shape, Pool(out, kind, 3, 0, 2), row)) == wanted


def _operator(layer: Layer, before: BlobShape) -> Q7Operator:
    kind = np.uint8 if isinstance(layer, Data) else np.int8
    return Q7Operator(before, layer, np.zeros((before.h, before.w, before.c), kind))


SMALL = BlobShape(1, 2, 3, 3)
SOUND = {
    "DATA": _operator(Data(BlobShape(1, 3, 2, 2), (1, 2, 3), 8), BlobShape(1, 3, 2, 2)),
    "CONV": _operator(
        Convolution(
            BlobShape(1, 2, 3, 3), 1, 2, 3, 1, 1,
            weights=np.ones((2, 3, 3, 2), np.int8), biases=np.ones(2, np.int8),
        ),
        SMALL,
    ),
    "RELU": _operator(Relu(SMALL), SMALL),
    "MAX": _operator(Pool(BlobShape(1, 2, 2, 2), PoolKind.MAX, 2, 0, 2), SMALL),
    "AVERAGE": _operator(Pool(BlobShape(1, 2, 2, 2), PoolKind.AVERAGE, 2, 0, 2), SMALL),
    "FULLY_CONNECTED": _operator(
        InnerProduct(
            BlobShape(1, 2, 1, 1), 1, 2, np.ones((2, 18), np.int8), np.ones(2, np.int8)
        ),
        SMALL,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_record_passes(reference: KernelProgram, name: str) -> None:
    assert reference.run(SOUND[name]).prepare == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SOUND)
def test_an_input_of_another_type_is_refused(reference: KernelProgram, name: str) -> None:
    damaged = SOUND[name].but(dtype=2)
    assert reference.run(damaged).prepare == BAD  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in SOUND if name != "RELU"])
def test_a_record_that_is_too_short_is_refused(reference: KernelProgram, name: str) -> None:
    assert reference.run(SOUND[name].but(cut=4)).prepare == BAD  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        *(("DATA", 0, shift) for shift in (-1, 31)),
        *(("DATA", mean, value) for mean in (1, 2, 3) for value in (-1, 256)),
        *(("CONV", 0, stride) for stride in (0, -1, 2, 1 << 16)),
        *(("CONV", 1, pad) for pad in (-1, 0, 3)),
        *(("CONV", 2, shift) for shift in (-1, 23)),
        *(("CONV", 3, shift) for shift in (-1, 31)),
        *((kind, 0, kernel) for kind in ("MAX", "AVERAGE") for kernel in (0, -1, 1 << 16)),
        *((kind, 1, stride) for kind in ("MAX", "AVERAGE") for stride in (0, -1, 3, 1 << 16)),
        *((kind, 2, pad) for kind in ("MAX", "AVERAGE") for pad in (-1, 2)),
        *(("FULLY_CONNECTED", 0, shift) for shift in (-1, 23)),
        *(("FULLY_CONNECTED", 1, shift) for shift in (-1, 31)),
    ],
)
def test_a_parameter_out_of_range_is_refused(
    reference: KernelProgram, name: str, word: int, value: int
) -> None:
    damaged = SOUND[name].but(words={word: value})
    assert reference.run(damaged).prepare == BAD  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "position", "sizes"),
    [
        ("DATA", 0, (1, 2, 2, 2)),
        ("DATA", 1, (1, 2, 1, 3)),
        ("CONV", 0, (1, 3, 2, 2)),
        ("CONV", 0, (1, 3, 3, 1)),
        ("CONV", 1, (2, 3, 2, 2)),
        ("CONV", 1, (1, 3, 3, 2)),
        ("CONV", 2, (1, 1, 1, 1)),
        ("CONV", 3, (1, 2, 3, 2)),
        ("RELU", 1, (1, 3, 2, 2)),
        ("MAX", 0, (1, 3, 3, 1)),
        ("AVERAGE", 0, (1, 2, 2, 2)),
        ("FULLY_CONNECTED", 0, (1, 3, 3, 1)),
        ("FULLY_CONNECTED", 1, (2, 1, 1, 17)),
        ("FULLY_CONNECTED", 2, (1, 1, 1, 1)),
        ("FULLY_CONNECTED", 3, (1, 1, 1, 1)),
    ],
)
def test_operands_whose_sizes_contradict_are_refused(
    reference: KernelProgram, name: str, position: int, sizes: tuple[int, ...]
) -> None:
    damaged = SOUND[name].but(dims={position: sizes})
    assert reference.run(damaged).prepare == BAD  # type: ignore[arg-type]
