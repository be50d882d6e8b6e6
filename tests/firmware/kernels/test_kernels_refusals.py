"""`prepare` refuses whatever `invoke` would get wrong, with the status CMSIS-NN has for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from kernel_program import KernelProgram
from operator_image import OperatorImage

BAD, NOT_IMPLEMENTED = -1, -2
_ONE: dict[str, Any] = {"multipliers": [2**30] * 2, "shifts": [1] * 2}


def zeros(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    return np.zeros(shape, np.int8)


def conv() -> OperatorImage:
    """4x4x1 to 4x4x2 by 3x3 filters with padding."""
    bias = np.zeros(2, np.int32)
    return OperatorImage(
        3, [zeros(1, 4, 4, 1)], [zeros(2, 3, 3, 1), bias], (1, 4, 4, 2),
        [0, 0, 1, 1, 1, 1, 1, 1, -128, 127], **_ONE,
    )  # fmt: skip


def depthwise() -> OperatorImage:
    """4x4x2 to 4x4x2 by 3x3 filters with padding."""
    return OperatorImage(
        4, [zeros(1, 4, 4, 2)], [zeros(1, 3, 3, 2), np.zeros(2, np.int32)], (1, 4, 4, 2),
        [0, 0, 1, 1, 1, 1, 1, 1, 1, -128, 127], **_ONE,
    )  # fmt: skip


def dense() -> OperatorImage:
    """8 to 2."""
    return OperatorImage(
        9, [zeros(1, 8)], [zeros(2, 8), np.zeros(2, np.int32)], (1, 1, 1, 2),
        [0, 0, 0, -128, 127, 1], constant_dims=[(8, 1, 1, 2), (1, 1, 1, 2)], **_ONE,
    )  # fmt: skip


def average() -> OperatorImage:
    """4x4x1 to 2x2x1 by windows of 2x2."""
    return OperatorImage(1, [zeros(1, 4, 4, 1)], [], (1, 2, 2, 1), [2, 2, 0, 0, -128, 127, 2, 2])


def largest() -> OperatorImage:
    return replace(average(), opcode=17)


def addition() -> OperatorImage:
    params = [0, 2**30, 0, 0, 2**30, 0, 20, 0, 2**30, -18, -128, 127]
    return OperatorImage(0, [zeros(1, 1, 1, 4), zeros(1, 1, 1, 4)], [], (1, 1, 1, 4), params)


def softmax() -> OperatorImage:
    return OperatorImage(25, [zeros(2, 4)], [], (2, 1, 1, 4), [2**30, 23, -248, 2, 4])


def reshape() -> OperatorImage:
    return OperatorImage(22, [zeros(2, 4)], [], (1, 1, 1, 8), [])


MAKERS = [conv, depthwise, dense, average, largest, addition, softmax, reshape]


def changed(make: Callable[[], OperatorImage], at: int, value: int) -> OperatorImage:
    """The operator with parameter word `at` set to `value`."""
    image = make()
    return replace(image, params=[*image.params[:at], value, *image.params[at + 1 :]])


@pytest.mark.parametrize("make", MAKERS)
def test_sound_operators_pass(kernels: KernelProgram, make: Callable[[], OperatorImage]) -> None:
    outcome = kernels.run(make())
    assert (outcome.prepare, outcome.invoke) == (0, 0)


@pytest.mark.parametrize("make", [m for m in MAKERS if m is not reshape])
def test_a_record_too_short_for_its_parameters(
    kernels: KernelProgram, make: Callable[[], OperatorImage]
) -> None:
    assert kernels.run(replace(make(), params_cut=4)).prepare == BAD


@pytest.mark.parametrize("make", MAKERS)
def test_an_input_of_another_type(
    kernels: KernelProgram, make: Callable[[], OperatorImage]
) -> None:
    assert kernels.run(replace(make(), tensor_dtype={0: 3})).prepare == BAD


@pytest.mark.parametrize("make", MAKERS)
def test_an_absent_input(kernels: KernelProgram, make: Callable[[], OperatorImage]) -> None:
    assert kernels.run(replace(make(), drop=[0])).prepare == BAD


@pytest.mark.parametrize("make", MAKERS)
def test_two_outputs(kernels: KernelProgram, make: Callable[[], OperatorImage]) -> None:
    assert kernels.run(replace(make(), output_count=2)).prepare == BAD


@pytest.mark.parametrize("make", [conv, depthwise, dense])
def test_a_bias_that_is_not_int32(
    kernels: KernelProgram, make: Callable[[], OperatorImage]
) -> None:
    assert kernels.run(replace(make(), tensor_dtype={2: 9})).prepare == BAD


@pytest.mark.parametrize("make", [conv, depthwise, dense])
def test_a_bias_of_another_length(
    kernels: KernelProgram, make: Callable[[], OperatorImage]
) -> None:
    image = make()
    dims = (
        [(image.constant_dims or [(0, 0, 0, 0)])[0], (1, 1, 1, 3)] if image.constant_dims else None
    )
    constants = [image.constants[0], np.zeros(3, np.int32)]
    assert kernels.run(replace(image, constants=constants, constant_dims=dims)).prepare == BAD


@pytest.mark.parametrize("make", [conv, depthwise, dense])
@pytest.mark.parametrize("place", [2, 2**31, 0xFFFFFFFC])
def test_multipliers_outside_the_image(
    kernels: KernelProgram, make: Callable[[], OperatorImage], place: int
) -> None:
    assert kernels.run(replace(make(), multipliers_at=place)).prepare == BAD
    assert kernels.run(replace(make(), shifts_at=place)).prepare == BAD


@pytest.mark.parametrize("place", [2, 2**31, 0xFFFFFFFC])
def test_sums_of_weights_outside_the_image(kernels: KernelProgram, place: int) -> None:
    assert kernels.run(replace(dense(), sums_at=place)).prepare == BAD


@pytest.mark.parametrize("make", [conv, depthwise, dense])
@pytest.mark.parametrize(("multiplier", "shift"), [(-1, 0), (2**30, 31), (2**30, -32)])
def test_multipliers_and_shifts_out_of_range(
    kernels: KernelProgram, make: Callable[[], OperatorImage], multiplier: int, shift: int
) -> None:
    image = replace(make(), multipliers=[2**30, multiplier], shifts=[1, shift])
    assert kernels.run(image).prepare == BAD


@pytest.mark.parametrize(
    ("make", "at", "value"),
    [
        (conv, 0, 129),  # input offset
        (conv, 1, -129),  # output offset
        (conv, 2, 0),  # stride
        (conv, 2, 2),  # stride that does not lead to the output
        (conv, 4, -1),  # padding
        (conv, 4, 3),  # padding as wide as the filter
        (conv, 3, 4),  # stride of rows that leaves windows outside
        (conv, 6, 0),  # dilation
        (conv, 8, -129),  # activation
        (conv, 8, 128),  # activation, minimum above maximum
        (depthwise, 2, 2),  # channel multiplier
        (depthwise, 3, 0),  # stride
        (dense, 0, -128),  # input offset
        (dense, 5, 2),  # per channel
        (average, 0, 5),  # stride that leaves a window outside
        (average, 2, 2),  # padding
        (average, 6, 0),  # filter
        (largest, 5, -129),  # activation
        (addition, 0, 200),  # input offset
        (addition, 2, 1),  # input shift to the left
        (addition, 6, 23),  # left shift out of range
        (softmax, 0, -1),  # multiplier
        (softmax, 1, 32),  # shift
        (softmax, 2, 1),  # lowest difference above 0
        (softmax, 3, 0),  # rows
        (softmax, 4, 5),  # row size
    ],
)
def test_parameters_that_do_not_fit(
    kernels: KernelProgram, make: Callable[[], OperatorImage], at: int, value: int
) -> None:
    assert kernels.run(changed(make, at, value)).prepare == BAD


@pytest.mark.parametrize(
    "image",
    [
        replace(conv(), output_dims=(1, 4, 6, 2)),
        replace(conv(), output_dims=(2, 4, 4, 2)),
        replace(conv(), output_dims=(1, 4, 4, 3)),
        replace(depthwise(), output_dims=(1, 4, 4, 4)),
        replace(dense(), output_dims=(2, 1, 1, 2)),
        replace(average(), output_dims=(1, 2, 2, 2)),
        replace(softmax(), output_dims=(1, 1, 1, 4)),
        replace(reshape(), output_dims=(1, 1, 1, 9)),
    ],
)
def test_shapes_that_do_not_fit(kernels: KernelProgram, image: OperatorImage) -> None:
    assert kernels.run(image).prepare == BAD


def test_a_1x1_convolution_never_writes_more_than_its_output(kernels: KernelProgram) -> None:
    """CMSIS-NN's fast 1x1 convolution takes the output's size from the input's."""
    image = OperatorImage(
        3, [zeros(1, 4, 4, 1)], [zeros(2, 1, 1, 1), None], (1, 3, 4, 2),
        [0, 0, 1, 1, 0, 0, 1, 1, -128, 127], **_ONE,
    )  # fmt: skip
    assert kernels.run(image).prepare == BAD


@pytest.mark.parametrize("make", [average, largest])
def test_a_window_that_lies_in_the_padding_alone(
    kernels: KernelProgram, make: Callable[[], OperatorImage]
) -> None:
    """An average over it would divide by zero."""
    params = [1, 1, 2, 0, -128, 127, 2, 2]
    image = replace(make(), params=params, output_dims=(1, 3, 5, 1))
    assert kernels.run(image).prepare == BAD


def test_grouped_convolution_is_not_implemented(kernels: KernelProgram) -> None:
    image = replace(conv(), inputs=[zeros(1, 4, 4, 2)])
    assert kernels.run(image).prepare == NOT_IMPLEMENTED


@pytest.mark.parametrize("sizes", [(1, 1, 1, 3), (1, 1, 2, 4)])
def test_operands_that_do_not_broadcast_to_the_output(
    kernels: KernelProgram, sizes: tuple[int, ...]
) -> None:
    image = replace(addition(), inputs=[zeros(1, 1, 1, 4), zeros(*sizes)])
    assert kernels.run(image).prepare == BAD


def test_softmax_rows_whose_sum_could_overflow(kernels: KernelProgram) -> None:
    image = OperatorImage(25, [zeros(1, 4096)], [], (1, 1, 1, 4096), [2**30, 23, -248, 1, 4096])
    assert kernels.run(image).prepare == NOT_IMPLEMENTED


def test_cmsis_nn_has_no_zero_point_of_weights(
    cmsis_nn: KernelProgram, reference: KernelProgram
) -> None:
    image = changed(dense, 1, 5)
    assert cmsis_nn.run(image).prepare == NOT_IMPLEMENTED
    assert reference.run(image).prepare == 0


def test_cmsis_nn_add_needs_its_left_shift(
    cmsis_nn: KernelProgram, reference: KernelProgram
) -> None:
    image = changed(addition, 6, 15)
    assert cmsis_nn.run(image).prepare == NOT_IMPLEMENTED
    assert reference.run(image).prepare == 0


def test_cmsis_nn_3x3_depthwise_reads_its_middle_column_always(
    cmsis_nn: KernelProgram, reference: KernelProgram
) -> None:
    """No .tflite has two columns of padding on the right of a 3x3 filter, but an image might."""
    image = replace(changed(depthwise, 5, 0), output_dims=(1, 4, 4, 2))
    assert cmsis_nn.run(image).prepare == NOT_IMPLEMENTED
    assert reference.run(image).prepare == 0


def test_cmsis_nn_counts_filter_taps_in_16_bits(
    cmsis_nn: KernelProgram, reference: KernelProgram
) -> None:
    image = OperatorImage(
        3, [zeros(1, 1, 3, 32767)], [zeros(1, 1, 3, 32767), None], (1, 1, 1, 1),
        [0, 0, 1, 1, 0, 0, 1, 1, -128, 127], [2**30], [1],
    )  # fmt: skip
    assert cmsis_nn.run(image).prepare == NOT_IMPLEMENTED
    assert reference.run(image).prepare == 0
    long = replace(
        image, inputs=[zeros(1, 1, 32768, 1)], constants=[zeros(1, 1, 1, 1), None],
        output_dims=(1, 1, 32768, 1),
    )  # fmt: skip
    assert cmsis_nn.run(long).prepare == NOT_IMPLEMENTED
    assert reference.run(long).prepare == 0
