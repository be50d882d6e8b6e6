"""The embedded flash memory's controller: keys, erase, 32-byte flash words, and its error flags.

Source: RM0433, 4.3 (functional description: 4.3.9 program, 4.3.10 erase, 4.3.13 option bytes, 4.5
protections) and 4.9 (registers).
"""

from __future__ import annotations

from collections.abc import Callable

from harness.machine.virtual_h743.memory_map import BANK_BYTES, SECTOR_BYTES

ACR, KEYR, OPTKEYR, CR, SR, CCR = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14
OPTCR, OPTSR_CUR, OPTSR_PRG, WPSN_CUR, WPSN_PRG = 0x18, 0x1C, 0x20, 0x38, 0x3C
BANK_STRIDE = 0x100
# These registers are one for both banks and answer at both places.
_SHARED = {ACR, OPTKEYR, OPTCR, OPTSR_CUR, OPTSR_PRG, 0x24, 0x40, 0x44}

KEYS = (0x4567_0123, 0xCDEF_89AB)
OPTION_KEYS = (0x0819_2A3B, 0x4C5D_6E7F)

LOCK, PG, SER, BER, FW, START = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 6, 1 << 7
_SNB_SHIFT = 8
_CR_KEPT = 0x0FFF_873E
_CR_RESET = 0x31

BSY, WBNE, QW, EOP = 1 << 0, 1 << 1, 1 << 2, 1 << 16
WRPERR, PGSERR, STRBERR, INCERR, OPERR = 1 << 17, 1 << 18, 1 << 19, 1 << 21, 1 << 22
_CLEARABLE = 0x0FEF_0000

_ACR_RESET = 0x37
# Read-out protection level 0 (RDP = 0xAA), watchdogs and reset options as shipped.
_OPTSR_SHIPPED = 0x1FC6_AAF0
_ALL_WRITABLE = 0xFF

FLASH_WORD = 32
_ERASED = 0xFF


class Bank:
    """State of one bank; `writable` has a bit per sector."""

    def __init__(self) -> None:
        self.control = _CR_RESET
        self.status = 0
        self.writable = _ALL_WRITABLE
        self.keys_seen: list[int] = []
        self.locked_out = False
        self.buffer: dict[int, int] = {}
        self.buffer_at = 0


class FlashController:
    """Erases and programs by register accesses and by stores into the array.

    `store(offset, data)` replaces bytes of the array, `fetch(offset, length)` reads them; offsets
    count from 0x0800 0000. Operations end at once, unless `stays_busy` says otherwise of the
    operation with that number.
    """

    def __init__(
        self, fetch: Callable[[int, int], bytes], store: Callable[[int, bytes], None]
    ) -> None:
        self._fetch = fetch
        self._store = store
        self.stays_busy: Callable[[int], bool] = lambda operation: False
        self.on_erase: Callable[[int], None] = lambda sector: None
        self.protected = 0
        # A byte that never loses some bits: its offset and these bits.
        self.stuck_high = (0, 0)
        self.operations = 0
        self.words_programmed = 0
        self.reset()

    def reset(self) -> None:
        """Lock both banks; the array and the protected sectors stay."""
        self.banks = (Bank(), Bank())
        for number, bank in enumerate(self.banks):
            bank.writable = _ALL_WRITABLE & ~(self.protected >> 8 * number)
        self._access = _ACR_RESET
        self._options_locked = True
        self._option_keys: list[int] = []
        self._options = _OPTSR_SHIPPED

    def read(self, offset: int) -> int:
        """Read a register of bank 1, or at +0x100 of bank 2."""
        bank, register = self._bank(offset)
        values = {
            ACR: self._access,
            CR: bank.control,
            SR: bank.status,
            OPTCR: int(self._options_locked),
            OPTSR_CUR: _OPTSR_SHIPPED,
            OPTSR_PRG: self._options,
            WPSN_CUR: bank.writable,
            WPSN_PRG: bank.writable,
        }
        return values.get(register, 0)

    def write(self, offset: int, value: int, mask: int) -> None:
        """Write a register."""
        bank, register = self._bank(offset)
        value &= mask
        if register == ACR:
            self._access = value & 0x37
        elif register == KEYR:
            self._key(bank, value)
        elif register == OPTKEYR:
            self._option_keys.append(value)
            if tuple(self._option_keys[-2:]) == OPTION_KEYS:
                self._options_locked = False
        elif register == CR:
            self._control(bank, value)
        elif register == CCR:
            bank.status &= ~(value & _CLEARABLE)
        elif register == OPTCR and value & 1:
            self._options_locked = True
            self._option_keys = []
        elif register == OPTSR_PRG and not self._options_locked:
            self._options = value

    def program(self, offset: int, value: int, size: int) -> None:
        """Store `size` bytes into the array: they gather in the write buffer of the bank."""
        bank = self.banks[offset // BANK_BYTES]
        word = offset // FLASH_WORD * FLASH_WORD
        if not bank.control & PG:
            bank.status |= PGSERR
            return
        if not self._is_writable(offset):
            bank.status |= WRPERR
            return
        if bank.status & QW:
            return
        if bank.buffer and word != bank.buffer_at:
            bank.status |= INCERR
            return
        bank.buffer_at = word
        for index, byte in enumerate(value.to_bytes(size, "little")):
            at = offset - word + index
            if at in bank.buffer:
                bank.status |= STRBERR
            bank.buffer[at] = byte
        bank.status |= WBNE
        if len(bank.buffer) == FLASH_WORD:
            self._write_word(bank)

    def erase_half(self, sector: int) -> None:
        """Interrupt the erase of `sector`: its first half is blank, the bank stays busy."""
        self._store(sector * SECTOR_BYTES, bytes([_ERASED]) * (SECTOR_BYTES // 2))
        self.banks[sector // 8].status |= BSY | QW

    def _bank(self, offset: int) -> tuple[Bank, int]:
        number, register = divmod(offset, BANK_STRIDE)
        return self.banks[1 if number == 1 and register not in _SHARED else 0], register

    def _key(self, bank: Bank, value: int) -> None:
        """A wrong key, or one too many, keeps the bank locked until the next reset (4.5.1)."""
        bank.keys_seen.append(value)
        seen = tuple(bank.keys_seen)
        if bank.locked_out or seen != KEYS[: len(seen)]:
            bank.locked_out = True
        elif seen == KEYS:
            bank.control &= ~LOCK
            bank.keys_seen = []

    def _control(self, bank: Bank, value: int) -> None:
        if bank.control & LOCK:
            return
        bank.control = value & (_CR_KEPT | LOCK)
        if value & LOCK:
            bank.keys_seen = []
            return
        if value & FW and bank.buffer:
            self._write_word(bank)
        if value & START and not bank.status & QW:
            self._erase(bank)

    def _erase(self, bank: Bank) -> None:
        first = 8 * self.banks.index(bank)
        if bank.control & BER:
            sectors = range(first, first + 8)
        elif bank.control & SER:
            chosen = first + (bank.control >> _SNB_SHIFT & 7)
            sectors = range(chosen, chosen + 1)
        else:
            return
        if bank.status & (WRPERR | PGSERR | STRBERR | INCERR):
            return
        if not all(self._is_writable(sector * SECTOR_BYTES) for sector in sectors):
            bank.status |= WRPERR
            return
        if not self._begin(bank):
            return
        for sector in sectors:
            self.on_erase(sector)
            if bank.status & BSY:
                return
            self._store(sector * SECTOR_BYTES, bytes([_ERASED]) * SECTOR_BYTES)
        bank.status |= EOP

    def _write_word(self, bank: Bank) -> None:
        """Program the buffer; bits only ever go from one to zero."""
        data = bytes(bank.buffer.get(index, _ERASED) for index in range(FLASH_WORD))
        bank.buffer = {}
        bank.status &= ~WBNE
        if not self._begin(bank):
            return
        before = self._fetch(bank.buffer_at, FLASH_WORD)
        after = bytearray(a & b for a, b in zip(before, data, strict=True))
        stuck_at, bits = self.stuck_high
        if stuck_at // FLASH_WORD * FLASH_WORD == bank.buffer_at:
            after[stuck_at - bank.buffer_at] |= bits
        self._store(bank.buffer_at, bytes(after))
        self.words_programmed += 1
        bank.status |= EOP

    def _begin(self, bank: Bank) -> bool:
        self.operations += 1
        if self.stays_busy(self.operations):
            bank.status |= BSY | QW
            return False
        return True

    def _is_writable(self, offset: int) -> bool:
        sector = offset // SECTOR_BYTES
        return bool(self.banks[sector // 8].writable >> sector % 8 & 1)
