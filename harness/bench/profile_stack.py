"""How deep the stack of a device went: memory painted before a reset, and read after the run."""

from __future__ import annotations

from harness.bench.rig import Board
from harness.domain.measurement import Missing
from harness.domain.target import Region

PAINT = 0xA5
# More would take long over a slow probe, and no stack here comes near.
MOST_BYTES = 32 * 1024


def painted(stack: Region) -> Region:
    """The upper end of `stack`, where it starts, as far as it is painted; whole words."""
    length = min(stack.length, MOST_BYTES) & ~3
    return Region(stack.origin + stack.length - length, length)


def paint(board: Board, stack: Region) -> None:
    """Stop the core, whose stack this is, and paint it; the board must be reset afterwards."""
    region = painted(stack)
    board.halt()
    board.write(region.origin, bytes([PAINT]) * region.length)


def high_water(board: Board, stack: Region) -> int | Missing:
    """Bytes from the top of the stack down to the lowest that is not as it was painted."""
    region = painted(stack)
    found = board.read(region.origin, region.length)
    untouched = len(found) - len(found.lstrip(bytes([PAINT])))
    if untouched == 0:
        return Missing("stack", f"all {region.length:,} painted bytes were written")
    if untouched == len(found):
        return Missing("stack", "no painted byte was written: the stack lies elsewhere")
    return region.length - untouched
