"""`rig.toml`: which probe, serial port and meter on this desk serve which target."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from harness.catalog.definitions import Table, bad_definition, nearest, parse_toml, validated
from harness.domain.desk import Desk, DeskBoard, UsbSerial
from harness.domain.target import Target
from harness.domain.units import Fidelity

RIG_VARIABLE = "HARNESS_RIG"
FILE_NAME = "rig.toml"

_USB = "usb:"
# Linux numbers these in the order of plugging in.
_UNSTEADY = re.compile(r"/dev/tty(ACM|USB)\d+")


def _port(value: str) -> str:
    if _UNSTEADY.fullmatch(value):
        raise ValueError(
            f"{value} is another port when something else is plugged in first; write "
            '"usb:SERIALNUMBER" (`harness doctor` shows it), or a name of /dev/serial/by-path'
        )
    if value == _USB:
        raise ValueError(f"a USB serial number follows {_USB!r}")
    return value


_Text = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S(.*\S)?$")]


class _Board(Table):
    target: str
    probe: _Text
    port: Annotated[_Text, AfterValidator(_port)]
    interface: Annotated[int, Field(ge=0, le=255)] | None = None
    meter: str = ""
    voltage: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    def value(self) -> DeskBoard:
        port: UsbSerial | str = self.port
        if self.port.startswith(_USB):
            port = UsbSerial(self.port.removeprefix(_USB), self.interface)
        return DeskBoard(self.target, self.probe, port, self.meter, self.voltage)


class _File(Table):
    board: list[_Board] = Field(default=[])


def read_rig(path: Path, targets: Mapping[str, Target]) -> tuple[DeskBoard, ...]:
    """The boards of the file `path`; `targets` are those it may name.

    Raises:
        BadDefinition: the file cannot be read or is not TOML, or has faults, all of which are
            listed: the key path names the board by its number from 0.
    """
    raw = parse_toml(path)
    found, faults = validated(raw, _File)
    rows = raw.get("board")
    faults += _faults(rows if isinstance(rows, list) else [], targets)
    if found is None or faults:
        raise bad_definition(path, faults)
    return tuple(board.value() for board in found.board)


def find_desk(targets: Mapping[str, Target], file: Path | None = None) -> Desk:
    """The desk of `file`, else of HARNESS_RIG, `./rig.toml` or the user's own; else an empty one.

    The first that is named or there is taken, and no other is read.

    Raises:
        BadDefinition: as `read_rig`; also where `file` or HARNESS_RIG names none.
    """
    named = file or (Path(own).expanduser() if (own := os.environ.get(RIG_VARIABLE)) else None)
    places = [named] if named else [Path(FILE_NAME), user_rig()]
    searched = tuple(str(place) for place in places)
    for place in places:
        if named or place.is_file():
            return Desk(read_rig(place, targets), str(place), searched)
    return Desk(searched=searched)


def user_rig() -> Path:
    """The user's own file: `rig.toml` in `XDG_CONFIG_HOME/cortexm-harness`, or in `~/.config`."""
    base = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return base / "cortexm-harness" / FILE_NAME


def _faults(rows: list[object], targets: Mapping[str, Target]) -> Iterator[str]:
    """Faults that a row alone does not show, told beside those that it does."""
    tables = [(number, row) for number, row in enumerate(rows) if isinstance(row, dict)]
    boards: dict[tuple[object, object], int] = {}
    probes: dict[tuple[object, object], tuple[int, object]] = {}
    for number, row in tables:
        at = f"board.{number}"
        target, probe = row.get("target"), row.get("probe")
        if isinstance(target, str) and (fault := _target_fault(target, targets)):
            yield f"{at}.target: {fault}"
        port = row.get("port")
        if "interface" in row and isinstance(port, str) and not port.startswith(_USB):
            yield f'{at}.interface: is only for a port "usb:SERIALNUMBER"'
        if "voltage" in row and not row.get("meter"):
            yield f"{at}.voltage: is what a meter feeds the board with, and there is no `meter`"
        if target is not None and probe is not None:
            first = boards.setdefault((str(target), str(probe)), number)
            if first != number:
                yield f"{at}.probe: board {first} is the same target behind the same probe"
        if port is not None and probe is not None:
            first, other = probes.setdefault((str(port), row.get("interface")), (number, probe))
            if other != probe:
                yield f"{at}.port: board {first} has the same port and another probe"


def _target_fault(name: str, targets: Mapping[str, Target]) -> str:
    if name not in targets:
        near = nearest(name, targets)
        meant = f" (did you mean {near!r}?)" if near else ""
        return f"there is no target {name!r}{meant}"
    if targets[name].fidelity is not Fidelity.SILICON:
        return f"{name} is simulated and needs no board"
    return ""
