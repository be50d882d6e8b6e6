"""Where a running target is reached: one probe id and one link URL, whatever the target is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Coordinates:
    """The coordinates a machine yields once it runs.

    `probe_uid` is what pyOCD opens, `link_url` what pyserial opens. `check` raises `SimulatorDied`
    when the machine behind them has ended, and `PortNotFound` when a board's cable was pulled.
    `versions` names the simulator and its version. `no_counter` says why the counter there counts
    nothing, where it does not. `board_serial` tells one board of a kind from another; None where
    there is none.
    """

    probe_uid: str
    link_url: str
    check: Callable[[], None] = field(repr=False, default=lambda: None)
    versions: tuple[tuple[str, str], ...] = ()
    no_counter: str | None = None
    board_serial: str | None = None
