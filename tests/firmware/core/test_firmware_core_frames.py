"""The C frame code against the vectors that the Python side is tested with, too."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_frames import frame

VECTORS = [
    line.split()
    for line in (Path(__file__).parents[2] / "vectors" / "frames.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def ask(codec: Path, lines: list[str]) -> list[str]:
    finished = subprocess.run(
        [str(codec)], input="\n".join(lines) + "\n", capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()


def named(*kinds: str) -> list[object]:
    return [pytest.param(*v[2:], id=v[1]) for v in VECTORS if v[0] in kinds]


def fits(payload: str) -> bool:
    return len(payload) // 2 <= 1024


def test_every_kind_of_vector_is_there() -> None:
    assert {vector[0] for vector in VECTORS} == {"frame", "decode", "bad"}


@pytest.mark.parametrize(("kind", "sequence", "payload", "wire"), named("frame"))
def test_encodes(frame_codec: Path, kind: str, sequence: str, payload: str, wire: str) -> None:
    assert ask(frame_codec, [f"e {kind} {sequence} {payload.strip('-')}"]) == [wire]


@pytest.mark.parametrize(("kind", "sequence", "payload", "wire"), named("frame", "decode"))
def test_decodes_what_fits_and_drops_the_rest(
    frame_codec: Path, kind: str, sequence: str, payload: str, wire: str
) -> None:
    payload = payload.strip("-")
    good = [f"{kind} {sequence} 0 {payload}", "dropped 0"]
    assert ask(frame_codec, [f"d {wire}"]) == (good if fits(payload) else ["dropped 1"])


@pytest.mark.parametrize("wire", [v[2] for v in VECTORS if v[0] == "bad"])
def test_a_bad_frame_is_dropped_once_and_the_next_one_heard(frame_codec: Path, wire: str) -> None:
    after = frame(2, 9).hex()
    assert ask(frame_codec, [f"d {wire}{after}"]) == ["02 9 0 ", "dropped 1"]


def test_empty_frames_are_ignored(frame_codec: Path) -> None:
    wire = bytes(5) + frame(2, 1) + bytes(3) + frame(2, 2) + bytes(2)
    assert ask(frame_codec, [f"d {wire.hex()}"]) == ["02 1 0 ", "02 2 0 ", "dropped 0"]


@pytest.mark.parametrize(("payload_bytes", "heard"), [(1024, True), (1025, False), (20000, False)])
@pytest.mark.parametrize("byte", [b"\0", b"\x55"])
def test_the_longest_payload_is_1024_bytes(
    frame_codec: Path, payload_bytes: int, heard: bool, byte: bytes
) -> None:
    wire = frame(3, 1, byte * payload_bytes) + frame(2, 2)
    answer = ask(frame_codec, [f"d {wire.hex()}"])
    assert len(answer) == 3 if heard else answer == ["02 2 0 ", "dropped 1"]


def test_no_single_changed_bit_gets_through(frame_codec: Path) -> None:
    wire = frame(3, 0x0102, bytes([0, 0, 1, 0x80, 0xFF, 0, 7]))
    lines = []
    for bit in range(8 * len(wire) - 8):
        changed = bytearray(wire)
        changed[bit // 8] ^= 1 << bit % 8
        lines.append(f"d {changed.hex()}")
    assert not [line for line in ask(frame_codec, lines) if not line.startswith("dropped")]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_garbage_never_crashes_and_never_hides_a_later_frame(frame_codec: Path, seed: int) -> None:
    source = random.Random(seed)
    garbage = source.randbytes(source.randrange(3000))
    wire = garbage + b"\0" + frame(2, 77)
    assert "02 77 0 " in ask(frame_codec, [f"d {wire.hex()}"])
