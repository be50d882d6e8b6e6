"""Samples of a pool: run only if their bytes are those that were meant."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from plain_frames import Frame, Refusal, frame, frames, refusal
from plain_image import Image

HELLO, DESCRIBE, INPUT, RUN, POOL, RUN_SAMPLE = 1, 2, 3, 4, 6, 7
BAD_REQUEST, LOST, WRONG_INPUT = 1, 11, 12
NONE = 0xFFFF
POOL_BYTES = 32768
Converse = Callable[..., bytes]


def set_input(sequence: int, value: int) -> bytes:
    return frame(INPUT, sequence, struct.pack("<HHI", 0, 0, 0) + bytes([value] * 16))


def run_sample(sequence: int, sample: int, data: bytes) -> bytes:
    return frame(RUN_SAMPLE, sequence, struct.pack("<HHII", 0, 1, sample, zlib.crc32(data)))


def heard(converse: Converse, *wire: bytes) -> list[Frame]:
    """The answers after those to HELLO and DESCRIBE; the image negates an input of 16 bytes."""
    begin = (frame(HELLO, 1, b"\2\0"), frame(DESCRIBE, 2))
    return list(frames(converse(Image().encode(), b"".join((*begin, *wire)))))[2:]


def test_the_pool_has_an_address_and_a_size(converse: Converse) -> None:
    (pool,) = heard(converse, frame(POOL, 3))
    assert pool.type == 0x86
    address, length = struct.unpack("<II", pool.payload)
    assert address % 16 == 0
    assert length == POOL_BYTES


def test_a_sample_of_the_meant_bytes_runs_and_a_run_after_it_takes_the_first(
    converse: Converse,
) -> None:
    wire = (set_input(3, 5), run_sample(4, 1, bytes(16)), frame(RUN, 5, bytes((0, 0, 1, 0))))
    _, sample, run = heard(converse, *wire)
    assert (sample.type, run.type) == (0x87, 0x84)
    assert sample.payload[-16:] == bytes([1] * 16)
    assert run.payload[-16:] == bytes([6] * 16)
    assert sample.payload[:-16] == run.payload[:-16]


def test_the_first_sample_is_what_input_writes(converse: Converse) -> None:
    _, sample = heard(converse, set_input(3, 5), run_sample(4, 0, bytes([5] * 16)))
    assert sample.payload[-16:] == bytes([6] * 16)


def test_other_bytes_are_refused_with_their_check_sum_and_the_refusal_is_kept(
    converse: Converse,
) -> None:
    _, first, again, run = heard(
        converse,
        set_input(3, 5),
        run_sample(4, 0, bytes([4] * 16)),
        run_sample(4, 0, bytes([4] * 16)),
        frame(RUN, 5, bytes((0, 0, 1, 0))),
    )
    (found,) = struct.unpack("<i", struct.pack("<I", zlib.crc32(bytes([5] * 16))))
    assert refusal(first) == Refusal(WRONG_INPUT, NONE, found, "")
    assert first == again
    assert run.payload[-16:] == bytes([6] * 16)


def test_a_sample_behind_the_pools_end_is_refused(converse: Converse) -> None:
    last, behind, far = heard(
        converse,
        run_sample(3, POOL_BYTES // 16 - 1, bytes(16)),
        run_sample(4, POOL_BYTES // 16, bytes(16)),
        run_sample(5, 0xFFFFFFFF, bytes(16)),
    )
    assert last.type == 0x87
    assert refusal(behind) == Refusal(BAD_REQUEST, NONE, POOL_BYTES // 16, "sample")
    assert refusal(far) == Refusal(BAD_REQUEST, NONE, -1, "sample")


def test_a_repeat_gets_the_kept_answer(converse: Converse) -> None:
    """The pool changes in between: had it run again, it would be refused."""
    first, _, again = heard(
        converse, run_sample(3, 0, bytes(16)), set_input(4, 9), run_sample(3, 0, bytes(16))
    )
    assert first.type == 0x87
    assert again == first


def test_sizes_of_the_requests(converse: Converse) -> None:
    pool, short = heard(converse, frame(POOL, 3, b"\0"), frame(RUN_SAMPLE, 4, bytes(8)))
    assert refusal(pool) == Refusal(BAD_REQUEST, NONE, 1, "payload size")
    assert refusal(short) == Refusal(BAD_REQUEST, NONE, 8, "payload size")
