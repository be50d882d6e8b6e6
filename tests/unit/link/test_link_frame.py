"""Frames: the vectors both sides share, round trips, and streams that are damaged."""

from __future__ import annotations

import struct
import time
import zlib
from pathlib import Path

import pytest
from devices.scripted import stuff, unstuff
from hypothesis import example, given
from hypothesis import strategies as st

from harness.link import cobs
from harness.link.frame import Frame, FrameDecoder, encode_frame

VECTORS = Path(__file__).parents[2] / "vectors" / "frames.txt"


def vectors(*kinds: str) -> list[list[str]]:
    rows = [line.split() for line in VECTORS.read_text().splitlines()]
    return [row for row in rows if row and row[0] in kinds]


def unhex(field: str) -> bytes:
    return b"" if field == "-" else bytes.fromhex(field)


def named(row: list[str]) -> str:
    return row[1]


def test_the_vector_file_holds_each_kind() -> None:
    kinds = [row[0] for row in vectors("frame", "decode", "bad")]
    assert kinds.count("frame") >= 10
    assert kinds.count("decode") >= 1
    assert kinds.count("bad") >= 10


@pytest.mark.parametrize("row", vectors("frame"), ids=named)
def test_a_vector_encodes_to_its_wire_bytes(row: list[str]) -> None:
    _, _, kind, sequence, payload, wire = row
    assert encode_frame(Frame(int(kind, 16), int(sequence), unhex(payload))) == unhex(wire)


@pytest.mark.parametrize("row", vectors("frame", "decode"), ids=named)
def test_a_vector_decodes_to_its_fields(row: list[str]) -> None:
    _, _, kind, sequence, payload, wire = row
    decoder = FrameDecoder()
    assert decoder.feed(unhex(wire)) == [Frame(int(kind, 16), int(sequence), unhex(payload))]
    assert decoder.bad_frames == 0


@pytest.mark.parametrize("row", vectors("bad"), ids=named)
def test_a_bad_vector_is_dropped_and_counted_once(row: list[str]) -> None:
    decoder = FrameDecoder()
    assert decoder.feed(unhex(row[2])) == []
    assert decoder.bad_frames == 1


frames = st.builds(Frame, st.integers(0, 255), st.integers(0, 65535), st.binary(max_size=1200))
# Mostly non-zero bytes: the long groups of COBS are where encoders go wrong.
without_zeros = st.binary(min_size=250, max_size=1100).map(lambda data: data.replace(b"\0", b"\1"))


@given(st.binary(max_size=1200) | without_zeros)
@example(b"")
@example(bytes(600))
@example(b"\1" * 254)
@example(b"\1" * 254 + b"\0")
@example(b"\1" * 255)
@example(b"\1" * 508)
@example(b"\0" + b"\1" * 254)
def test_cobs_equals_the_plain_byte_by_byte_algorithm(data: bytes) -> None:
    stuffed = cobs.encode(data)
    assert stuffed == stuff(data)
    assert 0 not in stuffed
    assert len(stuffed) <= len(data) + 1 + len(data) // 254
    assert cobs.decode(stuffed) == data == unstuff(stuffed)


@pytest.mark.parametrize(
    ("stuffed", "said"),
    [
        (b"", "empty"),
        (b"\x03\x01\x00", "contains a zero"),
        (b"\x05\x01", "a code points 3 bytes past the end"),
        (b"\xff" + b"\x01" * 253, "a code points 1 bytes past the end"),
    ],
)
def test_cobs_refuses_what_no_encoder_makes(stuffed: bytes, said: str) -> None:
    with pytest.raises(cobs.NotCobs, match=said):
        cobs.decode(stuffed)


@given(st.lists(frames, max_size=6), st.data())
def test_frames_survive_any_cut_of_the_stream(sent: list[Frame], data: st.DataObject) -> None:
    stream = b"\0" + b"".join(encode_frame(frame) for frame in sent)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20).map(sorted))
    decoder = FrameDecoder()
    got: list[Frame] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += decoder.feed(stream[start:end])
    assert got == sent
    assert decoder.bad_frames == 0


@given(frames, st.data())
def test_one_flipped_bit_never_gives_another_frame(frame: Frame, data: st.DataObject) -> None:
    wire = bytearray(encode_frame(frame))
    position = data.draw(st.integers(0, len(wire) - 2))
    wire[position] ^= 1 << data.draw(st.integers(0, 7))
    decoder = FrameDecoder()
    assert decoder.feed(bytes(wire)) == []
    assert decoder.bad_frames >= 1


@given(st.binary(max_size=300).map(lambda data: data.replace(b"\0", b"\1")), frames)
def test_garbage_before_a_delimiter_costs_no_frame(garbage: bytes, frame: Frame) -> None:
    decoder = FrameDecoder()
    assert decoder.feed(garbage + b"\0" + encode_frame(frame)) == [frame]
    assert decoder.bad_frames == bool(garbage)


@given(st.binary(max_size=2000))
def test_any_bytes_are_taken_without_an_exception(noise: bytes) -> None:
    decoder = FrameDecoder()
    decoder.feed(noise)
    assert decoder.bad_frames <= len(noise.split(b"\0"))


def test_flags_are_not_understood_and_so_the_frame_is_dropped() -> None:
    body = struct.pack("<BBH", 0x81, 1, 5)
    decoder = FrameDecoder()
    assert decoder.feed(stuff(body + struct.pack("<I", zlib.crc32(body))) + b"\0") == []
    assert decoder.bad_frames == 1


def test_a_stream_without_delimiters_does_not_fill_the_memory() -> None:
    decoder = FrameDecoder(longest=1000)
    for _ in range(100):
        assert decoder.feed(b"\x55" * 64) == []
    assert decoder.bad_frames == 1
    frame = Frame(0x83, 9, b"")
    assert decoder.feed(b"\x55\0" + encode_frame(frame)) == [frame]
    assert decoder.bad_frames == 1


def test_a_request_and_its_reply_cost_less_than_a_tenth_of_a_millisecond() -> None:
    sample = bytes(range(256)) * 2
    reply = encode_frame(Frame(0x84, 1, bytes(60)))
    decoder = FrameDecoder()
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for sequence in range(200):
            encode_frame(Frame(0x03, sequence, sample))
            decoder.feed(reply)
        best = min(best, time.process_time() - start)
    assert best / 200 < 100e-6
