"""BAUD and the trial of a new rate, as firmware/PROTOCOL.md says; the link tells its changes."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from plain_frames import frame, frames
from plain_image import Image

HELLO, BAUD = 1, 8
SECOND = 1_000_000  # of the host's counter, in ticks
DAMAGED = b"\x05damaged\0"
Talk = Callable[..., bytes]


@pytest.fixture
def talk(rated_firmware: Path, tmp_path: Path) -> Talk:
    """Send pieces, each when the answer to the one before has come; return all that comes."""

    def exchange(*pieces: bytes, ticks: int = 0) -> bytes:
        (tmp_path / "image").write_bytes(Image().encode())
        command = [str(rated_firmware), str(tmp_path / "image"), "80", str(ticks)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            came = b""
            for piece in pieces:
                process.stdin.write(piece)
                process.stdin.flush()
                came += process.stdout.read(1)
                while not came.endswith(b"\0"):
                    came += process.stdout.read(1)
            process.stdin.close()
            came += process.stdout.read()
        assert process.returncode == 0
        return came

    return exchange


def baud(sequence: int, rate: int) -> bytes:
    return frame(BAUD, sequence, struct.pack("<I", rate))


def answer(sequence: int, rate: int) -> bytes:
    return frame(0x80 + BAUD, sequence, struct.pack("<I", rate))


def test_the_answer_tells_the_real_rate_and_leaves_before_the_change(talk: Talk) -> None:
    assert talk(baud(0, 3_000_700)) == answer(0, 3_000_000) + b"[3000000]"


def test_a_rate_that_cannot_be_changes_nothing(talk: Talk) -> None:
    assert talk(baud(0, 8_000_001)) == answer(0, 0)


def test_the_rate_in_use_is_not_changed_to(talk: Talk) -> None:
    came = talk(baud(0, 3_000_000) + baud(1, 3_000_000) + baud(1, 3_000_000))
    assert came == answer(0, 3_000_000) + b"[3000000]" + 2 * answer(1, 3_000_000)


def test_one_that_is_too_early_changes_nothing(talk: Talk) -> None:
    came = talk(frame(HELLO, 1, b"\2\0") + baud(3, 3_000_000))
    assert [(one.type, one.sequence) for one in frames(came)] == [(0x81, 1), (0xFF, 2)]


@pytest.mark.parametrize(
    ("ticks", "back"), [(SECOND // 2 - 1, False), (SECOND // 2, True), (2**64 - 1, True)]
)
def test_a_trial_lasts_half_a_second(talk: Talk, ticks: int, back: bool) -> None:
    came = talk(baud(0, 3_000_000), frame(HELLO, 5, b"\2\0"), ticks=ticks)
    assert came.count(b"[3000000]") == 1
    assert came.count(b"[0]") == back


def test_an_answer_to_hello_proves_nothing_to_the_device(talk: Talk) -> None:
    hello = frame(HELLO, 1, b"\2\0")
    came = talk(baud(0, 3_000_000) + hello, hello, ticks=SECOND)
    assert came.count(b"[0]") == 1


def test_a_request_after_hello_ends_the_trial(talk: Talk) -> None:
    hello = frame(HELLO, 1, b"\2\0")
    came = talk(baud(0, 3_000_000) + hello + baud(2, 3_000_000), hello, ticks=SECOND)
    assert answer(2, 3_000_000) in came
    assert b"[0]" not in came


def test_three_damaged_frames_in_a_row_end_it_at_any_time(talk: Talk) -> None:
    good = baud(1, 3_000_000)
    came = talk(baud(0, 3_000_000) + 2 * DAMAGED + good + 2 * DAMAGED + good)
    assert b"[0]" not in came
    came = talk(baud(0, 3_000_000) + good + 3 * DAMAGED + frame(HELLO, 9, b"\2\0"))
    assert came.startswith(answer(0, 3_000_000) + b"[3000000]" + answer(1, 3_000_000) + b"[0]")


def test_damaged_frames_at_the_rate_of_the_start_change_nothing(talk: Talk) -> None:
    came = talk(7 * DAMAGED + frame(HELLO, 9, b"\2\0"))
    assert b"[0]" not in came


def test_a_link_without_a_rate_says_so(converse: Callable[..., bytes]) -> None:
    assert converse(Image().encode(), baud(0, 115200)) == answer(0, 0)
