"""What was programmed after what decides how a difference is told, and what is proved already."""

from __future__ import annotations

import pytest

from harness.probe.elf_segments import Segment
from harness.probe.flash_history import FlashHistory

FIRMWARE = Segment(0x0800_0000, bytes(range(100)))
MODEL = Segment(0x0806_0000, bytes(50))
AGAIN = "Program the board again; if it fails again, check its power and the memory map."
APART = "Leave a whole flash sector unused behind each region of [memory]."
BLANK = "Check the board's power and the write protection in its option bytes."


@pytest.fixture
def history() -> FlashHistory:
    return FlashHistory("probe 1")


def test_only_what_was_read_after_the_last_programming_is_proved(history: FlashHistory) -> None:
    history.note_held([FIRMWARE])
    assert history.proves(FIRMWARE)
    assert not history.proves(Segment(FIRMWARE.address, bytes(100)))
    assert not history.proves(Segment(FIRMWARE.address, FIRMWARE.data[:99]))
    history.note_programmed([MODEL])
    assert not history.proves(FIRMWARE)
    assert not history.proves(MODEL)
    history.note_held([MODEL])
    assert history.proves(MODEL)
    history.forget_proofs()
    assert not history.proves(MODEL)


def erased(start: int, end: int) -> bytes:
    return FIRMWARE.data[:start] + b"\xff" * (end - start) + FIRMWARE.data[end:]


def test_an_erase_that_reached_too_far_is_told_with_its_culprit(history: FlashHistory) -> None:
    for note in (history.note_programmed, history.note_held):
        note([FIRMWARE])
        history.note_programmed([MODEL])
        error = history.difference(FIRMWARE, erased(64, 100))
        assert error.what == (
            "0x08000040 holds 0xff and should hold 0x40; 36 of 100 bytes from 0x08000000 differ, "
            "all erased: programming 50 bytes at 0x08060000 afterwards reached too far"
        )
        assert (error.where, error.hint) == ("probe 1", APART)


def test_nobody_is_blamed_who_came_before(history: FlashHistory) -> None:
    history.note_programmed([MODEL])
    history.note_programmed([FIRMWARE])
    error = history.difference(FIRMWARE, erased(64, 100))
    assert error.what.endswith("differ, all erased")
    assert error.hint == BLANK


def test_nobody_is_blamed_for_a_bit(history: FlashHistory) -> None:
    history.note_programmed([FIRMWARE])
    history.note_programmed([MODEL])
    found = bytearray(erased(64, 100))
    found[3] ^= 1
    error = history.difference(FIRMWARE, bytes(found))
    assert error.what == (
        "0x08000003 holds 0x02 and should hold 0x03; 37 of 100 bytes from 0x08000000 differ"
    )
    assert error.hint == AGAIN


def test_what_was_never_programmed_here_blames_nobody(history: FlashHistory) -> None:
    history.note_programmed([MODEL])
    assert history.difference(FIRMWARE, erased(0, 100)).hint == BLANK
    assert history.difference(FIRMWARE, erased(99, 100)).hint == AGAIN
