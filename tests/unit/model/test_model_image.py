"""The model image byte by byte, and what it must not contain: slack and copies."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import small_models as small
from builders.tflite_builder import TfliteModel

from harness.domain.network import DType, Network, Operator, Quantization, Tensor
from harness.errors import BadModel
from harness.model import compile_image, decode_image

# FULLY_CONNECTED of [1, 2] with weights (1, 2) and bias 7; laid out by hand from IMAGE.md.
GOLDEN = """
  484d4931 0300 6000 50010000 ........                   magic, version, header, image, CRC-32
  000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f
  20000000                                               arena: 16 for x, 16 for y
  60000000 04000000 e4000000 01000000 e0000000           tensors, operators, inputs and outputs
  0100 0100 3c000000 00000000000000000000000000000000

  00000000 02000000 01000000 01000000 01000000 02000000 09 00 ffff 0000003f   x, arena 0; -1, 0.5
  30010000 02000000 02000000 01000000 01000000 01000000 09 01 0000 0000803e   weights: n in, c out
  40010000 04000000 01000000 01000000 01000000 01000000 02 01 0000 0000003e   bias; 0.125
  10000000 01000000 01000000 01000000 01000000 01000000 09 00 0200 0000803f   y, arena 16; 2, 1.0

  0000 0300                                              input x, output y

  0900 3c00 1800 03 01 00000000 00000000                 FULLY_CONNECTED, 60 bytes, no scratch
  0000 0100 0200 0300                                    x, weights, bias; y
  01000000 00000000 02000000                             offsets: input 1, filter 0, output 2
  80ffffff 7f000000 00000000                             -128 to 127, one scale
  20010000 24010000 28010000                             multipliers, shifts, sums
  00000040 feffffff                                      2^30, -2: 0.5 * 0.25 / 1
  03000000                                               1 + 2
  00000000

  0102 0000000000000000000000000000                      weights at 0x130
  07000000 000000000000000000000000                      bias at 0x140
"""


def golden_bytes() -> bytes:
    digits = ""
    for line in GOLDEN.splitlines():
        for word in line.split():
            if not set(word) <= set("0123456789abcdef.") or len(word) % 2:
                break
            digits += word
    image = bytearray.fromhex(digits.replace("........", "00000000"))
    struct.pack_into("<I", image, 12, zlib.crc32(image[16:]))
    return bytes(image)


def tiny_network() -> Network:
    one = Quantization((1.0,), (2,))
    return Network(
        name="tiny",
        source="tiny.tflite",
        source_sha256=bytes(range(32)).hex(),
        tensors=(
            Tensor(0, "x", DType.INT8, (1, 2), Quantization((0.5,), (-1,))),
            Tensor(1, "w", DType.INT8, (1, 2), Quantization((0.25,), (0,)), b"\1\2"),
            Tensor(2, "b", DType.INT32, (1,), Quantization((0.125,), (0,)), b"\7\0\0\0"),
            Tensor(3, "y", DType.INT8, (1, 1), one),
        ),
        operators=(Operator(0, "FULLY_CONNECTED", 9, (0, 1, 2), (3,)),),
        inputs=(0,),
        outputs=(3,),
    )


def test_golden_image() -> None:
    expected = golden_bytes()
    assert len(expected) == 0x150
    image = compile_image(tiny_network())
    assert image.data.hex(" ", 4) == expected.hex(" ", 4)
    assert image.crc32 == zlib.crc32(expected[16:])
    assert image.source_sha256 == bytes(range(32)).hex()


def test_what_the_host_knows_of_it() -> None:
    image = compile_image(tiny_network(), scratch=[20])
    assert (image.name, image.macs, image.weight_bytes, image.quantization_bytes) == (
        "tiny",
        2,
        6,
        12,
    )
    assert (image.arena_bytes, image.arena_lower_bound, image.scratch) == (64, 64, (20,))
    (operator,) = image.operators
    assert (operator.index, operator.name, operator.output) == (0, "FULLY_CONNECTED", 3)
    assert (operator.weight_bytes, operator.scratch_bytes) == (6, 20)
    x, y = image.placements
    assert (image.inputs, image.outputs) == ((x,), (y,))
    assert (x.index, x.name, x.shape, x.nbytes, x.scale, x.zero_point) == (
        0,
        "x",
        (1, 2),
        2,
        0.5,
        -1,
    )
    assert (y.index, y.dtype, y.scale, y.zero_point) == (3, DType.INT8, 1.0, 2)
    (record,) = decode_image(image.data).operators
    assert record.scratch_bytes == 20
    assert record.scratch_offset not in (x.offset, y.offset)


def test_round_trip(tmp_path: Path) -> None:
    network = small.network_of(small.chain(), tmp_path)
    image = compile_image(network, scratch=[100, 0, 8, 0])
    decoded = decode_image(image.data)
    assert decoded.source_sha256 == network.source_sha256
    assert decoded.arena_bytes == image.arena_bytes
    assert [o.opcode for o in decoded.operators] == [3, 22, 9, 25]
    assert [o.scratch_bytes for o in decoded.operators] == [100, 0, 8, 0]
    by_offset = {p.offset: p for p in image.placements}
    for index, placement in zip(
        (*decoded.inputs, *decoded.outputs), (*image.inputs, *image.outputs), strict=True
    ):
        assert decoded.tensors[index].offset == placement.offset
        assert decoded.tensors[index].nbytes == placement.nbytes
    for tensor in decoded.tensors:
        assert tensor.offset % 16 == 0
        if tensor.in_arena:
            assert by_offset[tensor.offset].nbytes >= 1
            assert tensor.offset + tensor.nbytes <= decoded.arena_bytes
    constants = [t.data for t in network.tensors if t.data is not None and t.name != "tensor_4"]
    assert sorted(t.data for t in decoded.tensors if t.data is not None) == sorted(constants)


def test_the_overhead_is_records_and_alignment_only(tmp_path: Path) -> None:
    image = compile_image(small.network_of(small.chain(), tmp_path))
    records = 96 + 8 * 32 + 4 + (24 + 48) + 20 + (24 + 36) + (20 + 20)
    unaligned = records + image.quantization_bytes
    constants = -(-unaligned // 16) * 16 + (48 + 16 + 192)  # 36 filters, 4 biases, 180 weights
    assert image.weight_bytes == 36 + 16 + 180
    assert image.quantization_bytes == 4 * 4 * 2 + 4 * 2 + 4 * 5
    assert len(image.data) == constants


def shared_weights() -> bytes:
    model = TfliteModel()
    tensors = [model.tensor((1, 4), "int8", 0.5, 0) for _ in range(3)]
    for x, y in pairwise(tensors):
        w = model.tensor((4, 4), "int8", 0.5, 0, np.arange(16).reshape(4, 4))
        b = model.tensor((4,), "int32", 0.25, 0, np.arange(4))
        model.operator("FULLY_CONNECTED", [x, w, b], [y])
    return model.build(tensors[:1], tensors[-1:])


def test_equal_constants_are_kept_once(tmp_path: Path) -> None:
    image = compile_image(small.network_of(shared_weights(), tmp_path))
    first, second = decode_image(image.data).operators
    tensors = decode_image(image.data).tensors
    for position in (1, 2):
        a, b = first.inputs[position], second.inputs[position]
        assert a != b
        assert tensors[a or 0].offset == tensors[b or 0].offset
    assert first.params[6:9] == second.params[6:9]
    assert (image.weight_bytes, image.quantization_bytes) == (32, 8 + 16)
    assert image.macs == 32


def test_preserved_tensors_do_not_share_places(tmp_path: Path) -> None:
    network = small.network_of(small.chain(), tmp_path)
    image = compile_image(network, preserve_all_tensors=True)
    names = {p.name: p for p in image.placements}
    assert names["conv"].offset == names["flat"].offset  # the same bytes under two shapes
    places = {(p.offset, p.offset + p.nbytes) for p in image.placements}
    assert len(places) == 4
    ends = sorted(places)
    assert all(a[1] <= b[0] for a, b in pairwise(ends))
    assert image.arena_bytes == image.arena_lower_bound == 48 + 48 + 16 + 16
    assert compile_image(network).arena_bytes < image.arena_bytes


def test_an_output_read_later_survives(tmp_path: Path) -> None:
    model = TfliteModel()
    a, b, c, d = (model.tensor((1, 16), "int8", 0.5, 0, name=n) for n in "abcd")
    model.operator("ADD", [a, a], [b])
    model.operator("ADD", [b, b], [c])
    model.operator("ADD", [c, c], [d])
    image = compile_image(small.network_of(model.build([a], [b, d]), tmp_path))
    places = {p.name: p.offset for p in image.placements}
    assert places["b"] not in (places["c"], places["d"])


def test_a_reshaped_input_that_is_read_again_keeps_its_place(tmp_path: Path) -> None:
    model = TfliteModel()
    x = model.tensor((1, 16), "int8", 0.5, 0, name="x")
    r, s = (model.tensor((16,), "int8", 0.5, 0, name=n) for n in "rs")
    t, y = (model.tensor((1, 16), "int8", 0.5, 0, name=n) for n in "ty")
    model.operator("RESHAPE", [x], [r])
    model.operator("ADD", [r, r], [s])
    model.operator("ADD", [x, x], [t])
    model.operator("RESHAPE", [s], [y])
    image = compile_image(small.network_of(model.build([x], [y, t]), tmp_path))
    places = {p.name: p.offset for p in image.placements}
    assert places["x"] == places["r"]
    assert places["s"] == places["y"]
    assert len({places["x"], places["s"], places["t"]}) == 3


def test_a_reshaped_constant_is_reshaped_on_the_host(tmp_path: Path) -> None:
    model = TfliteModel()
    x = model.tensor((1, 4), "int8", 0.5, 0)
    k = model.tensor((4,), "int8", 0.5, 0, np.arange(4))
    r, y = model.tensor((1, 4), "int8", 0.5, 0), model.tensor((1, 4), "int8", 0.5, 0)
    model.operator("RESHAPE", [k], [r])
    model.operator("ADD", [x, r], [y])
    decoded = decode_image(compile_image(small.network_of(model.build([x], [y]), tmp_path)).data)
    (add,) = decoded.operators
    assert decoded.tensors[add.inputs[1] or 0].data == bytes(range(4))


def test_too_many_tensors_for_the_format() -> None:
    x = Quantization((0.5,), (0,))
    tensors = tuple(Tensor(i, "", DType.INT8, (1,), x) for i in range(0x10000))
    operators = tuple(Operator(i, "ADD", 0, (i, i), (i + 1,)) for i in range(0xFFFF))
    network = Network("big", "big.tflite", "00" * 32, tensors, operators, (0,), (0xFFFF,))
    with pytest.raises(BadModel) as caught:
        compile_image(network)
    assert caught.value.what == (
        "65,536 tensors and 65,535 operators; an image holds fewer than 65,535 of each"
    )
    assert caught.value.hint == "Choose a model that a microcontroller can hold."


@pytest.mark.parametrize(
    ("at", "form", "value", "what"),
    [
        (0, "<I", 0, "not a model image of version 3"),
        (4, "<H", 1, "not a model image of version 3"),
        (8, "<I", 0x160, "the header counts 352 bytes, the image has 336"),
        (12, "<I", 0, "the header says 00000000"),
    ],
)
def test_decoding_a_damaged_header(at: int, form: str, value: int, what: str) -> None:
    image = bytearray(golden_bytes())
    struct.pack_into(form, image, at, value)
    with pytest.raises(BadModel) as caught:
        decode_image(bytes(image))
    assert what in caught.value.what
    assert (caught.value.where, caught.value.hint) == ("model image", "Compile the model again.")


@pytest.mark.parametrize(
    ("at", "form", "value", "what"),
    [
        (52, "<I", 0x14F, "a record leads outside the 336 bytes of the image"),
        (76, "<I", 56, "operator records take 60 bytes, not 56"),
        (96 + 32, "<I", 0x14F, "a constant ends at byte 337 of 336"),
        (0xE4 + 4, "<H", 8, "an operator record at byte 228 contradicts itself"),
    ],
)
def test_decoding_damaged_records(at: int, form: str, value: int, what: str) -> None:
    image = bytearray(golden_bytes())
    struct.pack_into(form, image, at, value)
    struct.pack_into("<I", image, 12, zlib.crc32(image[16:]))
    with pytest.raises(BadModel) as caught:
        decode_image(bytes(image))
    assert caught.value.what == what


def test_a_network_is_compiled_the_same_way_twice() -> None:
    assert compile_image(tiny_network()) == compile_image(replace(tiny_network()))
