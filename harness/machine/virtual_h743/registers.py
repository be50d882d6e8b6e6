"""A block of 32-bit registers that keep what is written to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

WORD = 0xFFFF_FFFF


class Device(Protocol):
    """What answers in a range of addresses; all accesses are to whole words."""

    def read(self, offset: int) -> int:
        """Read the word at `offset`, a multiple of 4."""

    def write(self, offset: int, value: int, mask: int) -> None:
        """Write those bits of the word at `offset` that `mask` has (byte lanes)."""

    def reset(self) -> None:
        """Go back to the state after a system reset."""


class Registers:
    """Plain storage; subclasses give single registers a meaning."""

    def __init__(self, reset_values: Mapping[int, int] | None = None) -> None:
        self._reset_values = dict(reset_values or {})
        self.words: dict[int, int] = dict(self._reset_values)

    def read(self, offset: int) -> int:
        """Return what was written last."""
        return self.words.get(offset, 0)

    def write(self, offset: int, value: int, mask: int) -> None:
        """Keep the bits of `mask`."""
        self.words[offset] = self.words.get(offset, 0) & ~mask | value & mask

    def reset(self) -> None:
        """Forget what was written."""
        self.words = dict(self._reset_values)
