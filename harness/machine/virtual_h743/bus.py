"""Which device answers at an address, and how narrow accesses become accesses to words."""

from __future__ import annotations

from harness.machine.virtual_h743.memory_map import PERIPHERALS, PRIVATE_BUS
from harness.machine.virtual_h743.registers import WORD, Device, Registers

_BLOCK = 0x400
_ACCESS_BYTES = (1, 2, 4)


class Bus:
    """Devices by the address they begin at; where there is none, words keep what is written."""

    def __init__(self) -> None:
        self._blocks: dict[int, tuple[int, Device]] = {}
        self._devices: list[Device] = []
        self._elsewhere = Registers()

    def attach(self, origin: int, length: int, device: Device) -> None:
        """Let `device` answer in a range whose borders are multiples of 1 KB."""
        self._devices.append(device)
        for block in range(origin // _BLOCK, (origin + length) // _BLOCK):
            self._blocks[block] = (origin, device)

    def reset(self) -> None:
        """Reset every device."""
        self._elsewhere.reset()
        for device in self._devices:
            device.reset()

    def answers(self, address: int) -> bool:
        """Whether `address` belongs to this bus."""
        return address in PERIPHERALS or address in PRIVATE_BUS

    def read(self, address: int, size: int) -> int:
        """Read 1, 2 or 4 bytes."""
        word = address & ~3
        origin, device = self._blocks.get(address // _BLOCK, (0, self._elsewhere))
        value = device.read(word - origin)
        return value >> 8 * (address & 3) & ((1 << 8 * size) - 1)

    def write(self, address: int, value: int, size: int) -> None:
        """Write 1, 2 or 4 bytes."""
        lane = 8 * (address & 3)
        origin, device = self._blocks.get(address // _BLOCK, (0, self._elsewhere))
        mask = ((1 << 8 * size) - 1) << lane & WORD
        device.write((address & ~3) - origin, value << lane & mask, mask)

    def read_bytes(self, address: int, length: int) -> bytes:
        """Read as a debugger does: whole words where they are aligned."""
        out = bytearray()
        while len(out) < length:
            at = address + len(out)
            size = self._size(at, length - len(out))
            out += self.read(at, size).to_bytes(size, "little")
        return bytes(out)

    def write_bytes(self, address: int, data: bytes) -> None:
        """Write as a debugger does."""
        done = 0
        while done < len(data):
            size = self._size(address + done, len(data) - done)
            value = int.from_bytes(data[done : done + size], "little")
            self.write(address + done, value, size)
            done += size

    @staticmethod
    def _size(address: int, left: int) -> int:
        return max(n for n in _ACCESS_BYTES if address % n == 0 and n <= left)
