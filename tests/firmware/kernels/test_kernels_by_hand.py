"""Each operator on numbers small enough to work out by hand; no interpreter involved."""

from __future__ import annotations

import numpy as np
from kernel_program import KernelProgram
from numpy.typing import NDArray
from operator_image import OperatorImage

ONE = (2**30, 1)  # multiplier and shift of a scale of 1: 2^30 * 2^(1 - 31)
HALF = (2**30, 0)
QUARTER = (2**30, -1)
ALL = (-128, 127)


def int8(values: object) -> NDArray[np.int8]:
    return np.asarray(values, np.int8)


def int32(values: object) -> NDArray[np.int32]:
    return np.asarray(values, np.int32)


def outputs(kernels: KernelProgram, image: OperatorImage) -> list[int]:
    outcome = kernels.run(image)
    assert (outcome.prepare, outcome.invoke) == (0, 0)
    assert outcome.output is not None
    return [int(y) for y in outcome.output.ravel()]


def test_conv_2d_sums_inputs_times_weights_and_bias(kernels: KernelProgram) -> None:
    """One output of a 1x2 filter: (3 + 1) * 2 + (5 + 1) * -4 + 7 = -9, at zero point 10."""
    image = OperatorImage(
        3, [int8([[[[3], [5]]]])], [int8([[[[2], [-4]]]]), int32([7])], (1, 1, 1, 1),
        [1, 10, 1, 1, 0, 0, 1, 1, *ALL], [ONE[0]], [ONE[1]],
    )  # fmt: skip
    assert outputs(kernels, image) == [1]


def test_conv_2d_leaves_out_what_lies_in_the_padding(kernels: KernelProgram) -> None:
    """Three ones under a filter of 1, 10, 100: SAME drops a tap at each end."""
    image = OperatorImage(
        3, [int8([[[[1], [1], [1]]]])], [int8([[[[1], [10], [100]]]]), None], (1, 1, 3, 1),
        [0, 0, 1, 1, 1, 0, 1, 1, *ALL], [ONE[0]], [ONE[1]],
    )  # fmt: skip
    assert outputs(kernels, image) == [110, 111, 11]


def test_conv_2d_with_dilation_skips_inputs(kernels: KernelProgram) -> None:
    """1 * x[0] + 10 * x[2] over 1, 2, 3, 4."""
    image = OperatorImage(
        3, [int8([[[[1], [2], [3], [4]]]])], [int8([[[[1], [10]]]]), None], (1, 1, 2, 1),
        [0, 0, 1, 1, 0, 0, 2, 1, *ALL], [ONE[0]], [ONE[1]],
    )  # fmt: skip
    assert outputs(kernels, image) == [31, 42]


def test_conv_2d_rounds_twice(kernels: KernelProgram) -> None:
    """A quarter of 5 is 1.25; half of 5 rounds up to 3, and half of 3 to 2. -5: -2, then -1."""
    image = OperatorImage(
        3, [int8([[[[0]]]])], [int8([[[[0]]], [[[0]]]]), int32([5, -5])], (1, 1, 1, 2),
        [0, 0, 1, 1, 0, 0, 1, 1, *ALL], [QUARTER[0]] * 2, [QUARTER[1]] * 2,
    )  # fmt: skip
    assert outputs(kernels, image) == [2, -1]


def test_conv_2d_clamps_to_the_activation(kernels: KernelProgram) -> None:
    image = OperatorImage(
        3, [int8([[[[0]]]])], [int8([[[[0]]]] * 3), int32([-9, 3, 9])], (1, 1, 1, 3),
        [0, 0, 1, 1, 0, 0, 1, 1, -2, 6], [ONE[0]] * 3, [ONE[1]] * 3,
    )  # fmt: skip
    assert outputs(kernels, image) == [-2, 3, 6]


def test_depthwise_keeps_channels_apart(kernels: KernelProgram) -> None:
    """Two channels, two filters each: 3 * (1, 2) and 5 * (10, 20)."""
    image = OperatorImage(
        4, [int8([[[[3, 5]]]])], [int8([[[[1, 2, 10, 20]]]]), None], (1, 1, 1, 4),
        [0, 0, 2, 1, 1, 0, 0, 1, 1, *ALL], [ONE[0]] * 4, [ONE[1]] * 4,
    )  # fmt: skip
    assert outputs(kernels, image) == [3, 6, 50, 100]


def test_fully_connected_multiplies_row_by_row(kernels: KernelProgram) -> None:
    """Two inputs (1, 2) and (3, 4), rows (1, 10) and (1, -1), bias (0, 100)."""
    image = OperatorImage(
        9, [int8([[1, 2], [3, 4]])], [int8([[1, 10], [1, -1]]), int32([0, 100])], (2, 1, 1, 2),
        [0, 0, 0, *ALL, 0], [ONE[0]], [ONE[1]],
        constant_dims=[(2, 1, 1, 2), (1, 1, 1, 2)],
    )  # fmt: skip
    assert outputs(kernels, image) == [21, 99, 43, 99]


def test_fully_connected_takes_a_scale_per_row(kernels: KernelProgram) -> None:
    image = OperatorImage(
        9, [int8([[4, 4]])], [int8([[1, 1], [1, 1]]), None], (1, 1, 1, 2),
        [0, 0, 0, *ALL, 1], [ONE[0], HALF[0]], [ONE[1], HALF[1]],
        constant_dims=[(2, 1, 1, 2)],
    )  # fmt: skip
    assert outputs(kernels, image) == [8, 4]


def test_reference_fully_connected_rounds_once_and_ties_away_from_zero(
    reference: KernelProgram,
) -> None:
    """Quarters of 5, 6, -6, -5: 1.25, 1.5, -1.5, -1.25."""
    image = OperatorImage(
        9, [int8([[0]])], [int8([[0]] * 4), int32([5, 6, -6, -5])], (1, 1, 1, 4),
        [0, 0, 0, *ALL, 0], [QUARTER[0]], [QUARTER[1]],
        constant_dims=[(1, 1, 1, 4), (1, 1, 1, 4)],
    )  # fmt: skip
    assert outputs(reference, image) == [1, 2, -2, -1]


def test_cmsis_nn_fully_connected_rounds_twice(cmsis_nn: KernelProgram) -> None:
    """Quarters of 5, 6, -6, -5 by halves: 3 and 2, 3 and 2, -3 and -2, -2 and -1."""
    image = OperatorImage(
        9, [int8([[0]])], [int8([[0]] * 4), int32([5, 6, -6, -5])], (1, 1, 1, 4),
        [0, 0, 0, *ALL, 0], [QUARTER[0]], [QUARTER[1]],
        constant_dims=[(1, 1, 1, 4), (1, 1, 1, 4)],
    )  # fmt: skip
    assert outputs(cmsis_nn, image) == [2, 2, -2, -1]


def test_average_pool_divides_by_the_elements_inside(kernels: KernelProgram) -> None:
    """Windows of 2 with stride 2 over 1, 2, 9: 1.5 rounds away from zero, 9 stands alone."""
    params = [2, 1, 0, 0, *ALL, 2, 1]
    image = OperatorImage(1, [int8([[[[1], [2], [9]]]])], [], (1, 1, 2, 1), params)
    assert outputs(kernels, image) == [2, 9]
    image = OperatorImage(1, [int8([[[[-1], [-2], [-9]]]])], [], (1, 1, 2, 1), params)
    assert outputs(kernels, image) == [-2, -9]


def test_max_pool_takes_the_largest_of_each_channel(kernels: KernelProgram) -> None:
    image = OperatorImage(
        17, [int8([[[[1, -8], [7, -9]], [[3, -7], [2, -6]]]])], [], (1, 1, 1, 2),
        [1, 1, 0, 0, -128, 5, 2, 2],
    )  # fmt: skip
    assert outputs(kernels, image) == [5, -6]


def test_add_brings_both_inputs_to_one_scale(kernels: KernelProgram) -> None:
    """x / 2 + y / 4, then times 2: 4 and 8 give 8; with offsets 2 and -4 they give 8 as well."""
    twice_of_2_to_the_20 = (2**30, -18)  # 2 / 2^20
    params = [0, *HALF, 0, *QUARTER, 20, 0, *twice_of_2_to_the_20, *ALL]
    assert outputs(kernels, OperatorImage(0, [int8([4]), int8([8])], [], (1, 1, 1, 1), params)) == [
        8
    ]
    params[0], params[3] = 2, -4
    assert outputs(kernels, OperatorImage(0, [int8([4]), int8([8])], [], (1, 1, 1, 1), params)) == [
        8
    ]


def test_reshape_copies_what_does_not_share_its_place(kernels: KernelProgram) -> None:
    image = OperatorImage(22, [int8([[[[1, 2, 3], [4, 5, 6]]]])], [], (3, 1, 1, 2), [])
    assert outputs(kernels, image) == [1, 2, 3, 4, 5, 6]


def test_softmax_of_equal_inputs_is_even(kernels: KernelProgram) -> None:
    """A quarter each: 256 / 4 - 128 = -64. Scale 1/16 is 2^30 * 2^(23 - 31) in Q5.26."""
    image = OperatorImage(25, [int8([[9, 9, 9, 9]])], [], (1, 1, 1, 4), [2**30, 23, -248, 1, 4])
    assert outputs(kernels, image) == [-64, -64, -64, -64]


def test_softmax_follows_the_exponential(kernels: KernelProgram) -> None:
    """Differences of 16 steps of 1/16: e^0 and e^-1 share 256 as 187.2 and 68.8."""
    image = OperatorImage(25, [int8([[16, 0]])], [], (1, 1, 1, 2), [2**30, 23, -248, 1, 2])
    assert outputs(kernels, image) == [187 - 128, 69 - 128]


def test_reference_softmax_of_a_long_even_row_is_zero(reference: KernelProgram) -> None:
    """A thousandth of 256 is 0.256. LiteRT asserts here, and CMSIS-NN on Arm answers 1."""
    params = [2**30, 23, -248, 1, 1000]
    image = OperatorImage(25, [int8([[9] * 1000])], [], (1, 1, 1, 1000), params)
    assert set(outputs(reference, image)) == {-128}


def test_softmax_leaves_out_differences_below_the_lowest(kernels: KernelProgram) -> None:
    image = OperatorImage(25, [int8([[127, 100]])], [], (1, 1, 1, 2), [2**30, 23, -26, 1, 2])
    assert outputs(kernels, image) == [127, -128]
