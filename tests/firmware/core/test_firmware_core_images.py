"""The engine refuses every image that would take it outside slot or arena, and says why."""

from __future__ import annotations

import random
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from plain_image import RESHAPE, Image, Operator, Tensor, softmax, two_operators, with_true_crc

NONE = 0xFFFF
Outcome = tuple[int, ...]
LOADED_AND_RUN = (0, NONE, 0, 0, NONE, 0)


def load(program: Path, images: Sequence[bytes], arena: int = 80) -> list[Outcome]:
    """Code, operator and detail of loading each image, and of running it where it loaded."""
    stream = b"".join(struct.pack("<II", len(image), arena) + image for image in images)
    finished = subprocess.run([str(program)], input=stream, capture_output=True, check=False)
    outcomes = [tuple(map(int, line.split())) for line in finished.stdout.splitlines()]
    culprit = images[len(outcomes)].hex() if len(outcomes) < len(images) else ""
    assert finished.returncode == 0, f"{finished.stderr.decode()}\nimage: {culprit}"
    assert len(outcomes) == len(images)
    return outcomes


def test_a_right_image_runs(load_images: Path) -> None:
    assert load(load_images, [Image().encode()]) == [LOADED_AND_RUN]


def test_bytes_behind_the_image_do_not_matter(load_images: Path) -> None:
    assert load(load_images, [Image().encode() + b"\xa5" * 7]) == [LOADED_AND_RUN]


def header(**fields: int) -> bytes:
    return Image(header=fields).encode()


def tensor(index: int, **fields: object) -> bytes:
    tensors, operators = two_operators()
    tensors[index] = replace(tensors[index], **fields)
    return Image(tensors, operators).encode()


def operator(index: int, **fields: object) -> bytes:
    tensors, operators = two_operators()
    operators[index] = replace(operators[index], **fields)
    return Image(tensors, operators).encode()


VERSION, SIZE, CRC, OFFSETS, RECORD = ((3, NONE, check) for check in range(1, 6))
BIG = 0xFFFFFFF0

FAULTY: dict[str, tuple[bytes, Outcome]] = {
    "empty slot": (b"", (2, NONE, 0)),
    "slot below a header": (Image().encode()[:95], (2, NONE, 0)),
    "blank flash": (b"\xff" * 256, (2, NONE, -1)),
    "other magic": (header(magic=0x31494D49), (2, NONE, 0x31494D49)),
    "next version": (header(version=4), VERSION),
    "longer header": (header(header_bytes=112), VERSION),
    "image larger than slot": (header(image_bytes=0x10000, crc32=0), SIZE),
    "image size near 2^32": (header(image_bytes=BIG, crc32=0), SIZE),
    "image size odd": (header(image_bytes=97, crc32=0), SIZE),
    "image smaller than header": (header(image_bytes=80, crc32=0), SIZE),
    "image size 0": (header(image_bytes=0, crc32=0), SIZE),
    "wrong crc": (header(crc32=1), CRC),
    "arena size odd": (Image(arena_bytes=81).encode(), OFFSETS),
    "tensor table outside": (header(tensors_offset=BIG), OFFSETS),
    "tensor table unaligned": (header(tensors_offset=98), OFFSETS),
    "tensor count wraps": (header(tensor_count=0x08000001), OFFSETS),
    "tensor count above index range": (header(tensor_count=0x10000), OFFSETS),
    "one tensor more than fits": (header(tensor_count=9), OFFSETS),
    "records outside": (header(operators_offset=BIG), OFFSETS),
    "records unaligned": (header(operators_offset=194), OFFSETS),
    "records too long": (header(operators_bytes=BIG), OFFSETS),
    "io outside": (header(io_offset=BIG), OFFSETS),
    "io unaligned": (header(io_offset=97), OFFSETS),
    "io counts too large": (header(input_count=0xFFFF, output_count=0xFFFF), OFFSETS),
    "input index": (Image(inputs=[3]).encode(), OFFSETS),
    "output index absent": (Image(outputs=[0xFFFF]).encode(), OFFSETS),
    "output in the image": (tensor(2, place=1, offset=0), OFFSETS),
    "tensor behind the arena": (tensor(0, offset=80), OFFSETS),
    "tensor end behind the arena": (tensor(0, offset=64, dims=(1, 1, 1, 17)), OFFSETS),
    "tensor offset wraps": (tensor(0, offset=BIG), OFFSETS),
    "tensor offset unaligned": (tensor(0, offset=4), OFFSETS),
    "tensor larger than dims": (tensor(0, nbytes=17), OFFSETS),
    "tensor smaller than dims": (tensor(0, nbytes=15), OFFSETS),
    "dim zero": (tensor(0, dims=(1, 0, 1, 16), nbytes=16), OFFSETS),
    "dims negative": (tensor(0, dims=(1, -4, -4, 1), nbytes=16), OFFSETS),
    "dims wrap to 16": (tensor(0, dims=(16, 65536, 65536, 1), nbytes=16), OFFSETS),
    "dims wrap in 64 bits": (tensor(0, dims=(1 << 30, 1 << 30, 16, 1), nbytes=0), OFFSETS),
    "int32 size": (tensor(0, dtype=2), OFFSETS),
    "type unknown": (tensor(0, dtype=77), OFFSETS),
    "type of no size": (tensor(0, dtype=5, nbytes=0), OFFSETS),
    "place unknown": (tensor(0, place=2), OFFSETS),
    "constant behind the image": (tensor(1, place=1, offset=0x1000), OFFSETS),
    "one record too few": (header(operator_count=1), RECORD),
    "one record too many": (header(operator_count=3), (3, 2, 5)),
    "record count huge": (header(operator_count=0xFFFFFFFF), OFFSETS),
    "record of 0 bytes": (operator(0, record_bytes=0), (3, 0, 5)),
    "record odd": (operator(0, record_bytes=21), (3, 0, 5)),
    "record beyond the table": (operator(1, record_bytes=0xFFFC), (3, 1, 5)),
    "record below its indices": (operator(0, record_bytes=16), (3, 0, 5)),
    "params beyond the record": (operator(1, params_offset=44), (3, 1, 5)),
    "params over the indices": (operator(1, params_offset=16), (3, 1, 5)),
    "params unaligned": (operator(1, params_offset=22), (3, 1, 5)),
    "params cut": (operator(1, params=softmax()[:8]), (7, 1, -3)),
    "operator input index": (operator(0, inputs=[3]), (3, 0, 5)),
    "operator output absent": (operator(0, outputs=[0xFFFF]), (3, 0, 5)),
    "operator input absent": (operator(0, inputs=[0xFFFF]), (7, 0, -1)),
    "scratch unaligned": (operator(1, scratch=(40, 32)), (3, 1, 5)),
    "scratch behind the arena": (operator(1, scratch=(64, 32)), (3, 1, 5)),
    "scratch wraps": (operator(1, scratch=(16, 0xFFFFFFFF)), (3, 1, 5)),
    "no kernel": (operator(1, opcode=3), (4, 1, 3)),
    "opcode beyond the table": (operator(1, opcode=0x1619), (4, 1, 0x1619)),
    "arena too small": (Image(arena_bytes=96).encode(), (5, NONE, 96)),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_faulty_images_are_refused(load_images: Path, fault: str) -> None:
    image, outcome = FAULTY[fault]
    assert load(load_images, [image]) == [outcome]


def test_a_writer_into_constants_is_refused(load_images: Path) -> None:
    tensors = [Tensor(0), Tensor(0, place=1)]
    image = Image(tensors, [Operator(RESHAPE, [0], [1])], outputs=(0,))
    assert load(load_images, [image.encode()]) == [(3, 0, 5)]


def test_a_constant_may_be_read(load_images: Path) -> None:
    tensors = [Tensor(0, place=1), Tensor(0)]
    image = Image(tensors, [Operator(RESHAPE, [0], [1])], inputs=(), outputs=(1,))
    assert load(load_images, [image.encode()]) == [LOADED_AND_RUN]


def test_short_scratch_is_told_when_run(load_images: Path) -> None:
    image = operator(1, scratch=(48, 16))
    assert load(load_images, [image]) == [(0, NONE, 0, 6, 1, 32)]


def test_a_kernel_that_fails_is_named_with_its_status(load_images: Path) -> None:
    image = operator(1, params=softmax(status=-1))
    assert load(load_images, [image]) == [(0, NONE, 0, 7, 1, -1)]


def test_inputs_larger_than_their_buffer(load_images: Path) -> None:
    size = 32768 - 16
    tensors = [Tensor(0, dims=(1, 1, 1, size)), Tensor(32768, dims=(1, 1, 1, 17))]
    image = Image(tensors, [], inputs=(0, 1), outputs=(), arena_bytes=65536)
    assert load(load_images, [image.encode()], arena=65536) == [(10, NONE, 32784)]
    tensors[1] = Tensor(32768, dims=(1, 1, 1, 16))
    assert load(load_images, [image.encode()], arena=65536) == [LOADED_AND_RUN]


def test_an_image_cut_anywhere(load_images: Path) -> None:
    image = Image().encode()
    cuts = [image[:size] for size in range(len(image))]
    outcomes = load(load_images, cuts)
    assert set(outcomes[:96]) == {(2, NONE, 0)}
    assert set(outcomes[96:]) == {SIZE}


def test_every_word_replaced_by_what_breaks_arithmetic(load_images: Path) -> None:
    """With a true CRC, so that the checks behind it are reached."""
    image = Image().encode()
    hostile = (0, 1, 4, 16, 0x7F, 0xFFFF, 0x7FFFFFF0, 0x7FFFFFFF, 0x80000000, BIG, 0xFFFFFFFF)
    images = []
    for at in range(16, len(image), 2):
        for value in hostile:
            for width in (2, 4):
                word = (value & (1 << 8 * width) - 1).to_bytes(width, "little")
                images.append(with_true_crc(image[:at] + word + image[at + width :])[: len(image)])
    outcomes = load(load_images, images)
    assert LOADED_AND_RUN in outcomes
    assert {outcome[0] for outcome in outcomes} >= {0, 3, 4, 5, 7}


@pytest.mark.parametrize("seed", range(8))
def test_random_damage(load_images: Path, seed: int) -> None:
    source = random.Random(seed)
    base = Image(arena_bytes=80).encode()
    images = []
    for _ in range(3000):
        image = bytearray(base)
        for _ in range(source.choice((1, 1, 2, 3, 8))):
            at = source.randrange(44, len(image))
            image[at] = source.choice((0, 1, 0xFF, source.randrange(256)))
        images.append(with_true_crc(bytes(image)))
    load(load_images, images)
