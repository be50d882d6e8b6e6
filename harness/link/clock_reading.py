"""What METERED tells of a board's clock that runs on."""

from __future__ import annotations

from harness.domain.gate import LEAST_CLOCK_HZ, ClockReading
from harness.errors import BadFrame


def clock_reading(began: int, ended: int, hz: int, where: str = "") -> ClockReading | None:
    """The clock at the edges of the gate; None where the board has none (`hz` 0).

    Raises:
        BadFrame: more than 32 bits, or too slow to place an edge by.
    """
    if not hz:
        return None
    if max(began, ended, hz) <= 0xFFFFFFFF and hz >= LEAST_CLOCK_HZ:
        return ClockReading(began, ended, hz)
    raise BadFrame(
        f"the reply to METERED names a clock of {hz} Hz at {began} and {ended}; wanted at least "
        f"{LEAST_CLOCK_HZ} Hz and 32 bits",
        where=where,
        hint="Correct `port_clock_now` in the port of this firmware.",
    )
