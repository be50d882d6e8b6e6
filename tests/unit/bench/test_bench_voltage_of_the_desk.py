"""The voltage of a board stands beside its meter in the desk's file; who says one by hand wins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from bench_desk import TARGET

from harness.assembly.metered import LostMeters, power_rig
from harness.domain.coordinates import Coordinates
from harness.domain.desk import Desk, DeskBoard
from harness.domain.energy_asked import EnergyAsked
from harness.domain.gate import GateFeed
from harness.domain.target import Target
from harness.domain.units import Fidelity
from harness.errors import ConfigError
from harness.power.virtual.faults import Faults
from harness.power.virtual.instruments import ppk2
from harness.power.virtual.terminal import VirtualPort
from harness.power.virtual.waveform import GatedLoad

SILICON = replace(TARGET, fidelity=Fidelity.SILICON)
SET_VOLTAGE = b"\x0d"


@contextmanager
def machine(target: Target, work_dir: Path, gate: GateFeed | None) -> Iterator[Coordinates]:
    yield Coordinates("PROBE", "loop://")


def fed_with(folder: Path, of_desk: float | None, by_hand: float | None) -> list[bytes]:
    """The voltages that the board's PPK2 was told to set."""
    device = ppk2.make(GatedLoad([]), Faults())
    with VirtualPort(device) as port:
        board = DeskBoard("desk", "PROBE", "COM1", f"ppk2://{port.address}", of_desk)
        rig = power_rig(
            EnergyAsked(voltage_v=by_hand), machine, lambda: Desk((board,)), LostMeters()
        )
        with rig.start(SILICON, folder) as (_, metering):
            assert not isinstance(metering, str), metering
            assert metering is not None
    return [command for command in device.log if command[:1] == SET_VOLTAGE]


@pytest.mark.parametrize(("by_hand", "millivolts"), [(None, 3300), (1.8, 1800)])
def test_a_rig_needs_no_voltage_by_hand(
    tmp_path: Path, by_hand: float | None, millivolts: int
) -> None:
    told = fed_with(tmp_path, 3.3, by_hand)
    assert {int.from_bytes(command[1:], "big") for command in told} == {millivolts}


def test_a_meter_without_a_voltage_says_where_it_may_stand(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        fed_with(tmp_path, None, None)
    assert raised.value.what == "this meter feeds the board, and no voltage was given"
    assert raised.value.hint == (
        "Say --power-voltage, or `voltage` beside `meter` in rig.toml, from 0.8 to 5 V."
    )
