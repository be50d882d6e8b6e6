"""The meter of a case: found, opened and fed from once its target has started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.domain.energy_asked import NO_METER, EnergyAsked
from harness.domain.units import Fidelity
from harness.errors import ConfigError, RigError, VoltageRefused

# The rest is imported where it is used: shell completion must not wait for numpy.
if TYPE_CHECKING:
    from harness.bench.rig import PowerRig
    from harness.domain.coordinates import Coordinates
    from harness.domain.desk import Desk, DeskBoard
    from harness.domain.gate import GateFeed
    from harness.domain.metering import Metering
    from harness.domain.target import Target
    from harness.power.virtual.waveform import FollowedGate

VIRTUAL = "virtual:"
SIMULATED_V = 3.0


class StartMachine(Protocol):
    """Starts a target, which tells its edges to `gate` if it can."""

    def __call__(
        self, target: Target, work_dir: Path, gate: GateFeed | None
    ) -> AbstractContextManager[Coordinates]:
        """Yield where it is reached."""


class LostMeters:
    """The meters that went away in this run: they are not tried again."""

    def __init__(self) -> None:
        self._lost: dict[str, str] = {}

    def note(self, address: str, reason: str) -> None:
        """This meter was lost."""
        self._lost[address] = reason

    def why(self, address: str) -> str:
        """Why this meter is not tried, or nothing."""
        reason = self._lost.get(address, "")
        return f"the meter was lost in an earlier case: {reason}" if reason else ""


def require_meter_kind(asked: EnergyAsked) -> None:
    """Refuse a meter's address before anything is built.

    Raises:
        UnknownName: there is no such kind of meter.
    """
    if asked.meter:
        from harness.power.kinds import open_meter

        open_meter(asked.meter)


def power_rig(
    asked: EnergyAsked, machine: StartMachine, desk: Callable[[], Desk], lost: LostMeters
) -> PowerRig:
    """What the bench needs to measure energies, where they are `asked` for or the desk has a meter.

    `desk` is only looked at for targets that need a board.
    """
    from harness.bench.rig import PowerRig

    @contextmanager
    def start(target: Target, folder: Path) -> Iterator[tuple[Coordinates, Metering | str | None]]:
        simulated = target.fidelity is not Fidelity.SILICON
        feed = _followed(asked) if simulated and asked.meter.startswith(VIRTUAL) else None
        with machine(target, folder, feed) as at:
            board = None if simulated else _board(desk(), at.probe_uid)
            address = asked.meter or (board.meter if board else "")
            why_not = _why_not(address, simulated) or lost.why(address)
            if why_not:
                yield at, why_not if asked.meter or asked.required or not simulated else None
                return
            fed = _at_voltage_of(board, asked)
            with ExitStack() as held:
                metering: Metering | str
                try:
                    metering = held.enter_context(_opened(address, fed, feed))
                except (VoltageRefused, ConfigError):
                    raise
                except RigError as error:
                    metering = f"{type(error).__name__}: {error.what.splitlines()[0]}"
                yield at, metering
                if not isinstance(metering, str) and metering.lost:
                    lost.note(address, metering.lost)

    return PowerRig(asked, start)


def metering_at(asked: EnergyAsked) -> AbstractContextManager[Metering]:
    """The meter of a board that is there already, opened; it feeds the board where it can.

    Raises:
        ConfigError: there is no voltage for a meter that feeds.
        RigError: from the meter.
    """
    return _opened(asked.meter, asked, None)


def _opened(
    address: str, asked: EnergyAsked, feed: FollowedGate | None
) -> AbstractContextManager[Metering]:
    from harness.power.kinds import open_meter
    from harness.power.metering import metering
    from harness.power.options import MeterOptions

    if feed is None:
        return metering(open_meter(address, MeterOptions()), asked.voltage_v)
    meter = open_meter(address, MeterOptions(waveform=feed, check_time=False))
    return metering(meter, asked.voltage_v or SIMULATED_V, gate=feed)


def _followed(asked: EnergyAsked) -> FollowedGate:
    from harness.power.meters.virtual import follow

    feed = follow(asked.meter.removeprefix(VIRTUAL))
    feed.pulses = feed.pulses or asked.pulses
    return feed


def _board(desk: Desk, probe_uid: str) -> DeskBoard | None:
    return next((board for board in desk.boards if board.probe_uid == probe_uid), None)


def _at_voltage_of(board: DeskBoard | None, asked: EnergyAsked) -> EnergyAsked:
    """What was asked for, at the voltage that the desk's file has where none was said."""
    if board is None or asked.voltage_v is not None:
        return asked
    return replace(asked, voltage_v=board.voltage_v)


def _why_not(address: str, simulated: bool) -> str:
    if not address:
        return NO_METER
    if simulated and not address.startswith(VIRTUAL):
        return f"{address} cannot feed a simulated board: it has no current"
    if not simulated and address.startswith(VIRTUAL):
        return f"{address} cannot feed a real board: it is a simulation"
    return ""
