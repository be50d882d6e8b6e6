"""The flash controller against RM0433, section 4: sequences, flags, and what stays in the array."""

from __future__ import annotations

import pytest

from harness.machine.virtual_h743.flash_controller import FlashController

# RM0433, 4.9: offsets and bits, written out anew.
KEYR1, CR1, SR1, CCR1 = 0x04, 0x0C, 0x10, 0x14
KEYR2, CR2, SR2 = 0x104, 0x10C, 0x110
LOCK, PG, SER, BER, FW, START = 0x01, 0x02, 0x04, 0x08, 0x40, 0x80
WBNE, QW, EOP = 1 << 1, 1 << 2, 1 << 16
WRPERR, PGSERR, STRBERR, INCERR = 1 << 17, 1 << 18, 1 << 19, 1 << 21
SECTOR = 128 * 1024
WORD = 0xFFFF_FFFF


class Array(bytearray):
    """The flash array of a test."""

    def fetch(self, offset: int, length: int) -> bytes:
        return bytes(self[offset : offset + length])

    def store(self, offset: int, data: bytes) -> None:
        self[offset : offset + len(data)] = data


@pytest.fixture
def array() -> Array:
    return Array(b"\xff" * (2 << 20))


@pytest.fixture
def flash(array: Array) -> FlashController:
    return FlashController(array.fetch, array.store)


def write(flash: FlashController, register: int, value: int) -> None:
    flash.write(register, value, WORD)


def unlock(flash: FlashController, keyr: int = KEYR1) -> None:
    write(flash, keyr, 0x45670123)
    write(flash, keyr, 0xCDEF89AB)


def program_word(flash: FlashController, offset: int, fill: int) -> None:
    for at in range(0, 32, 4):
        flash.program(offset + at, fill, 4)


def test_both_banks_are_locked_after_reset(flash: FlashController) -> None:
    assert flash.read(CR1) == flash.read(CR2) == 0x31  # 4.9.4: LOCK, PSIZE = 3
    assert flash.read(0x00) == 0x37  # 4.9.1: the slowest settings


def test_the_two_keys_unlock_one_bank(flash: FlashController) -> None:
    unlock(flash)
    assert flash.read(CR1) & LOCK == 0
    assert flash.read(CR2) & LOCK == LOCK


@pytest.mark.parametrize(
    "keys", [(0x12345678,), (0xCDEF89AB, 0x45670123), (0x45670123, 0x45670123)]
)
def test_a_wrong_key_locks_until_reset(flash: FlashController, keys: tuple[int, ...]) -> None:
    for key in keys:
        write(flash, KEYR1, key)
    unlock(flash)
    assert flash.read(CR1) & LOCK
    flash.reset()
    unlock(flash)
    assert not flash.read(CR1) & LOCK


def test_a_locked_control_register_ignores_writes(flash: FlashController, array: Array) -> None:
    array[0] = 0
    write(flash, CR1, SER | START)
    assert flash.read(CR1) == 0x31
    assert array[0] == 0


def test_eight_words_are_programmed_at_once(flash: FlashController, array: Array) -> None:
    unlock(flash)
    write(flash, CR1, PG)
    for at in range(0, 28, 4):
        flash.program(at, 0x03020100, 4)
        assert flash.read(SR1) == WBNE
    assert array[:32] == b"\xff" * 32
    flash.program(28, 0x03020100, 4)
    assert flash.read(SR1) == EOP
    assert array[:33] == bytes([0, 1, 2, 3]) * 8 + b"\xff"
    write(flash, CCR1, EOP)
    assert flash.read(SR1) == 0


def test_force_write_fills_up_with_ones(flash: FlashController, array: Array) -> None:
    unlock(flash)
    write(flash, CR1, PG)
    flash.program(64, 0xAB, 1)
    write(flash, CR1, PG | FW)
    assert array[64:96] == b"\xab" + b"\xff" * 31


def test_programming_clears_bits_only(flash: FlashController, array: Array) -> None:
    unlock(flash)
    write(flash, CR1, PG)
    program_word(flash, 0, 0x0F0F0F0F)
    program_word(flash, 0, 0xFFFF00FF)
    assert array[:4] == bytes([0x0F, 0x00, 0x0F, 0x0F])


def test_stores_without_pg_are_a_sequence_error(flash: FlashController, array: Array) -> None:
    flash.program(0, 0, 4)
    assert flash.read(SR1) == PGSERR
    assert array[:4] == b"\xff" * 4


def test_leaving_a_flash_word_half_written_is_an_inconsistency(flash: FlashController) -> None:
    unlock(flash)
    write(flash, CR1, PG)
    flash.program(0, 0, 4)
    flash.program(32, 0, 4)
    assert flash.read(SR1) == WBNE | INCERR


def test_writing_a_byte_of_the_buffer_twice_is_a_strobe_error(flash: FlashController) -> None:
    unlock(flash)
    write(flash, CR1, PG)
    flash.program(0, 0, 4)
    flash.program(0, 0, 4)
    assert flash.read(SR1) & STRBERR


@pytest.mark.parametrize(("keyr", "control", "first"), [(KEYR1, CR1, 0), (KEYR2, CR2, 8)])
def test_an_erase_blanks_the_sector_that_snb_names(
    flash: FlashController, array: Array, keyr: int, control: int, first: int
) -> None:
    array[:] = bytes(len(array))
    unlock(flash, keyr)
    write(flash, control, SER | 3 << 8)
    write(flash, control, SER | 3 << 8 | START)
    start = (first + 3) * SECTOR
    assert array[start : start + SECTOR] == b"\xff" * SECTOR
    assert array.count(0xFF) == SECTOR
    assert not flash.read(control) & START


def test_a_bank_erase_spares_the_other_bank(flash: FlashController, array: Array) -> None:
    array[:] = bytes(len(array))
    unlock(flash, KEYR2)
    write(flash, CR2, BER | START)
    assert array[: 1 << 20] == bytes(1 << 20)
    assert array[1 << 20 :] == b"\xff" * (1 << 20)


def test_a_protected_sector_refuses_both(flash: FlashController, array: Array) -> None:
    flash.protected = 1 << 9
    flash.reset()
    assert flash.read(0x138) == 0xFD  # WPSN_CUR2: zero is protected (4.9.15)
    array[9 * SECTOR] = 0
    unlock(flash, KEYR2)
    write(flash, CR2, SER | 1 << 8 | START)
    assert flash.read(SR2) == WRPERR
    assert array[9 * SECTOR] == 0
    write(flash, CR2, PG)
    flash.program(9 * SECTOR + 32, 0, 4)
    assert array[9 * SECTOR + 32] == 0xFF


def test_an_operation_that_never_ends_keeps_the_queue_waiting(
    flash: FlashController, array: Array
) -> None:
    flash.stays_busy = lambda operation: operation >= 2
    unlock(flash)
    write(flash, CR1, PG)
    program_word(flash, 0, 0)
    assert not flash.read(SR1) & QW
    program_word(flash, 32, 0)
    assert flash.read(SR1) & QW
    assert array[32] == 0xFF


def test_a_stuck_bit_stays_what_it_is(flash: FlashController, array: Array) -> None:
    flash.stuck_high = (33, 0x01)
    unlock(flash)
    write(flash, CR1, PG)
    program_word(flash, 0, 0)
    program_word(flash, 32, 0)
    assert array[:64].count(0) == 63
    assert array[33] == 1


def test_shared_registers_answer_at_both_places(flash: FlashController) -> None:
    flash.write(0x100, 0x24, WORD)
    assert flash.read(0x000) == 0x24
    assert flash.read(0x118) == 1  # OPTCR.OPTLOCK
    write(flash, 0x108, 0x08192A3B)
    write(flash, 0x108, 0x4C5D6E7F)
    assert flash.read(0x018) == 0
