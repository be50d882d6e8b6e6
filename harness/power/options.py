"""What a meter is opened with: limits, deadlines, and how ports are found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from serial.tools import list_ports

from harness.power.virtual.waveform import Waveform


class ListedPort(Protocol):
    """What pyserial tells of a port."""

    device: str
    vid: int | None
    pid: int | None
    serial_number: str | None
    product: str | None
    location: str | None


def connected_ports() -> Iterable[ListedPort]:
    """The serial ports of this desk."""
    return list(list_ports.comports())


@dataclass(frozen=True)
class MeterOptions:
    """Limits and deadlines, in volts and seconds; `highest_v` is the user's own limit.

    `check_time` is off where samples do not come in real time.

    `smooth` asks for the filter of the maker's application where there is one. `waveform` is what a
    virtual instrument feeds; others feed what they are wired to.
    """

    highest_v: float | None = None
    answer_s: float = 1.0
    silence_s: float = 1.0
    drain_silent_s: float = 0.2
    keep_output: bool = False
    smooth: bool = False
    simulated: bool = False
    ports: Callable[[], Iterable[ListedPort]] = connected_ports
    clock: Callable[[], float] = time.monotonic
    check_time: bool = True
    pause: Callable[[float], None] = time.sleep
    waveform: Waveform | None = None


@dataclass(frozen=True)
class Found:
    """An instrument that is connected: the address it is opened by, and what it is."""

    address: str
    model: str
    serial: str
    port: str
