"""`prepare` of the operators of `operator_models` refuses what `invoke` would get wrong."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from builders.compiled_operator import CompiledOperator
from builders.tflite_builder import TfliteModel
from kernel_program import KernelProgram

BAD, NOT_IMPLEMENTED = -1, -2
_TENSOR_BYTES, _DIMS_AT, _DTYPE_AT = 32, 8, 24
OUTPUT = -1


@dataclass(frozen=True)
class Damaged(CompiledOperator):
    """An operator whose record or tensors say something else than the host wrote.

    `words` replaces parameters by their number, `dims` the sizes of an operand by its position,
    `bytes_of` its bytes; `dtype` and `absent` concern the first operand.
    """

    words: dict[int, int] = field(default_factory=dict)
    dims: dict[int, tuple[int, ...]] = field(default_factory=dict)
    cut: int = 0
    dtype: int = 9
    absent: bool = False
    outputs: int = 1

    def encode(self) -> tuple[bytes, bytes]:
        data, arena = super().encode()
        image = bytearray(data)
        tensors_at, _, at = self.layout()
        record_bytes, params, count = struct.unpack_from("<HHB", image, at + 2)
        for number, value in self.words.items():
            struct.pack_into("<i", image, at + params + 4 * number, value)
        indices = struct.unpack_from(f"<{count + 1}H", image, at + 16)
        for position, sizes in self.dims.items():
            tensor = tensors_at + _TENSOR_BYTES * indices[position]
            struct.pack_into("<I", image, tensor + 4, int(np.prod(sizes)))
            struct.pack_into("<4i", image, tensor + _DIMS_AT, *sizes)
        image[tensors_at + _TENSOR_BYTES * indices[0] + _DTYPE_AT] = self.dtype
        if self.absent:
            struct.pack_into("<H", image, at + 16, 0xFFFF)
        struct.pack_into("<H", image, at + 2, record_bytes - self.cut)
        image[at + 7] = self.outputs
        return bytes(image), arena


def operator(
    name: str, shapes: Sequence[Sequence[int]], y: Sequence[int], *constants: Any, **options: Any
) -> Damaged:
    """Activations first, then constants of int32, all of one quantisation."""
    model = TfliteModel()
    quantization = (1 / 256, -128) if name == "LOGISTIC" else (0.5, 0)
    inputs = [model.tensor(shape, "int8", *quantization) for shape in shapes]
    operands = list(inputs)
    for values in constants:
        array = np.asarray(values, np.int32)
        operands.append(model.tensor(array.shape, "int32", data=array))
    output = model.tensor(y, "int8", *quantization)
    model.operator(name, operands, [output], **options)
    return Damaged(model.build(inputs, [output]), [np.zeros(shape, np.int8) for shape in shapes])


@cache
def transpose_conv() -> Damaged:
    """2x2x1 to 4x4x2 by 3x3 filters."""
    model = TfliteModel()
    x = model.tensor((1, 2, 2, 1), "int8", 0.5, 0)
    sizes = model.tensor((4,), "int32", data=np.asarray((1, 4, 4, 2), np.int32))
    filters = model.tensor((2, 3, 3, 1), "int8", 0.5, 0, np.ones((2, 3, 3, 1), np.int8))
    bias = model.tensor((2,), "int32", 0.25, 0, np.ones(2, np.int32))
    y = model.tensor((1, 4, 4, 2), "int8", 0.5, 0)
    model.operator("TRANSPOSE_CONV", [sizes, filters, x, bias], [y], stride_h=2, stride_w=2)
    return Damaged(model.build([x], [y]), [np.zeros((1, 2, 2, 1), np.int8)])


SOUND: dict[str, Damaged] = {
    **{
        name: operator(name, [(1, 4)], (1, 4))
        for name in ("RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH", "LOGISTIC", "TANH")
    },
    **{
        name: operator(name, [(1, 2, 2, 4), (1, 2, 2, 4)], (1, 2, 2, 4))
        for name in ("SUB", "MUL", "MINIMUM", "MAXIMUM")
    },
    "PAD": operator("PAD", [(1, 2, 2, 4)], (1, 3, 2, 4), [(0, 0), (1, 0), (0, 0), (0, 0)]),
    "MEAN": operator("MEAN", [(1, 2, 2, 4)], (1, 1, 1, 4), (1, 2), keep_dims=True),
    "CONCATENATION": operator("CONCATENATION", [(1, 2, 2, 4)] * 2, (1, 2, 2, 8), axis=3),
    "TRANSPOSE": operator("TRANSPOSE", [(2, 4)], (4, 2), (1, 0)),
    "STRIDED_SLICE": operator(
        "STRIDED_SLICE", [(1, 2, 2, 4)], (1, 2, 2, 2), *[[0] * 4, [1, 2, 2, 4], [1, 1, 1, 2]]
    ),
    "RESIZE_NEAREST_NEIGHBOR": operator(
        "RESIZE_NEAREST_NEIGHBOR", [(1, 2, 2, 4)], (1, 4, 4, 4), (4, 4)
    ),
    "BATCH_MATMUL": operator("BATCH_MATMUL", [(2, 3, 4), (2, 4, 5)], (2, 3, 5)),
    "TRANSPOSE_CONV": transpose_conv(),
}
_WITHOUT_PARAMETERS = ("MINIMUM", "MAXIMUM")


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_record_passes(kernels: KernelProgram, name: str) -> None:
    outcome = kernels.run(SOUND[name])
    assert (outcome.prepare, outcome.invoke) == (0, 0)


@pytest.mark.parametrize("name", [name for name in SOUND if name not in _WITHOUT_PARAMETERS])
def test_a_record_that_is_too_short(kernels: KernelProgram, name: str) -> None:
    assert kernels.run(replace(SOUND[name], cut=4)).prepare == BAD


@pytest.mark.parametrize("name", SOUND)
def test_an_operand_of_another_type(kernels: KernelProgram, name: str) -> None:
    assert kernels.run(replace(SOUND[name], dtype=3)).prepare == BAD


@pytest.mark.parametrize("name", SOUND)
def test_an_operand_that_is_absent(kernels: KernelProgram, name: str) -> None:
    assert kernels.run(replace(SOUND[name], absent=True)).prepare == BAD


@pytest.mark.parametrize("name", SOUND)
def test_more_outputs_than_one(kernels: KernelProgram, name: str) -> None:
    assert kernels.run(replace(SOUND[name], outputs=2)).prepare == BAD


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        *((name, 0, at) for name in ("RELU", "TANH") for at in (2, -4, 0x7FFFFFF0)),  # table
        ("SUB", 0, 129),  # input offset
        ("SUB", 6, 23),  # left shift
        ("MUL", 0, -128),  # input offsets
        ("MUL", 1, 129),
        ("MUL", 2, 128),  # output offset
        ("MUL", 3, -1),  # multiplier
        ("MUL", 4, 31),  # shift
        ("MUL", 5, 128),  # activation, minimum above maximum
        ("MUL", 6, 128),
        ("PAD", 1, -1),  # before
        ("PAD", 1, 2),
        ("PAD", 0, 1),
        ("PAD", 4, 128),  # code
        ("MEAN", 0, 513),  # offset of a sum of four
        ("MEAN", 0, -509),
        ("MEAN", 1, 128),  # output offset
        ("MEAN", 2, -1),  # multiplier
        ("MEAN", 3, -32),  # shift
        ("CONCATENATION", 0, 0),  # rows
        ("CONCATENATION", 0, 3),
        ("TRANSPOSE", 0, -1),  # first
        ("TRANSPOSE", 0, 1),
        ("TRANSPOSE", 3, 5),  # step
        ("STRIDED_SLICE", 4, -1),
        ("STRIDED_SLICE", 4, 5),
        ("RESIZE_NEAREST_NEIGHBOR", 0, 3),  # rows
        ("RESIZE_NEAREST_NEIGHBOR", 1, 0x7FFFFFF0),  # columns
        ("RESIZE_NEAREST_NEIGHBOR", 1, 0),  # words of the header are no columns
        ("BATCH_MATMUL", 0, 129),  # input offsets
        ("BATCH_MATMUL", 1, 129),
        ("BATCH_MATMUL", 4, 31),  # shift
        ("BATCH_MATMUL", 7, 1),  # transposed
        ("BATCH_MATMUL", 8, 1),
        ("TRANSPOSE_CONV", 0, 129),  # input offset
        ("TRANSPOSE_CONV", 1, 128),  # output offset
        ("TRANSPOSE_CONV", 2, 0),  # stride
        ("TRANSPOSE_CONV", 3, 1),
        ("TRANSPOSE_CONV", 4, 1),  # padding that does not lead to the output
        ("TRANSPOSE_CONV", 5, -1),
        ("TRANSPOSE_CONV", 6, 0),
        ("TRANSPOSE_CONV", 8, 2),  # dilation
        ("TRANSPOSE_CONV", 10, -129),  # activation
        ("TRANSPOSE_CONV", 12, 2),  # multipliers
        ("TRANSPOSE_CONV", 13, -4),  # shifts
    ],
)
def test_parameters_that_do_not_fit(
    kernels: KernelProgram, name: str, word: int, value: int
) -> None:
    assert kernels.run(replace(SOUND[name], words={word: value})).prepare == BAD


@pytest.mark.parametrize(
    ("name", "operand", "sizes"),
    [
        ("RELU", OUTPUT, (1, 1, 1, 8)),
        ("SUB", 1, (1, 2, 2, 2)),
        ("MUL", OUTPUT, (1, 2, 2, 2)),
        ("MAXIMUM", 0, (1, 3, 2, 4)),
        ("PAD", OUTPUT, (1, 2, 2, 4)),
        ("MEAN", OUTPUT, (1, 1, 1, 2)),
        ("CONCATENATION", OUTPUT, (1, 2, 2, 7)),
        ("TRANSPOSE", OUTPUT, (1, 1, 4, 3)),
        ("STRIDED_SLICE", OUTPUT, (1, 2, 2, 3)),
        ("RESIZE_NEAREST_NEIGHBOR", OUTPUT, (1, 4, 4, 5)),
        ("RESIZE_NEAREST_NEIGHBOR", OUTPUT, (2, 4, 4, 4)),
        ("RESIZE_NEAREST_NEIGHBOR", 0, (1, 1, 2, 4)),
        ("BATCH_MATMUL", OUTPUT, (1, 1, 3, 5)),
        ("BATCH_MATMUL", 1, (1, 3, 4, 5)),
        ("TRANSPOSE_CONV", OUTPUT, (2, 4, 4, 2)),
        ("TRANSPOSE_CONV", OUTPUT, (1, 4, 5, 2)),
        ("TRANSPOSE_CONV", 1, (2, 3, 3, 2)),
        ("TRANSPOSE_CONV", 2, (1, 1, 1, 3)),  # bias
    ],
)
def test_shapes_that_do_not_fit(
    kernels: KernelProgram, name: str, operand: int, sizes: tuple[int, ...]
) -> None:
    assert kernels.run(replace(SOUND[name], dims={operand: sizes})).prepare == BAD


def test_sums_that_32_bits_do_not_hold(kernels: KernelProgram) -> None:
    wide = {0: (1, 1, 3, 2**15 + 1), 1: (1, 1, 2**15 + 1, 5), OUTPUT: (1, 1, 3, 5)}
    assert kernels.run(replace(SOUND["BATCH_MATMUL"], dims=wide)).prepare == NOT_IMPLEMENTED
    many = {0: (1, 2**12, 2**11, 4)}
    assert kernels.run(replace(SOUND["MEAN"], dims=many)).prepare == NOT_IMPLEMENTED


def test_cmsis_nn_joins_rows_of_16_bits(cmsis_nn: KernelProgram, reference: KernelProgram) -> None:
    case = operator("CONCATENATION", [(2, 40_000)] * 2, (2, 80_000), axis=1)
    assert cmsis_nn.run(case).prepare == NOT_IMPLEMENTED
    assert reference.run(case).prepare == 0
    case = operator("CONCATENATION", [(1, 40_000)] * 2, (2, 40_000), axis=0)
    assert cmsis_nn.run(case).prepare == NOT_IMPLEMENTED
    assert reference.run(case).prepare == 0
