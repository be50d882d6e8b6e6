"""What is on one desk: the boards, and the probe, serial port and meter each is reached by."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class UsbSerial:
    """A serial port named by its USB serial number, the same whatever is plugged in first.

    `interface` is the USB interface number, for devices that have several ports.
    """

    serial_number: str
    interface: int | None = None

    def __str__(self) -> str:
        number = "" if self.interface is None else f", interface {self.interface}"
        return f"USB serial number {self.serial_number}{number}"


@dataclass(frozen=True)
class DeskBoard:
    """One board: which target it is, and what reaches it.

    `probe_uid` is what pyOCD opens, `port` the USB serial number of its serial port or anything
    that pyserial opens (a device, a URL), `meter` the address of a power meter or nothing, and
    `voltage_v` what that feeds the board with, None where it has to be said each time.
    """

    target: str
    probe_uid: str
    port: UsbSerial | str
    meter: str = ""
    voltage_v: float | None = None

    @property
    def serial_number(self) -> str | None:
        """What tells it from others of its kind: its probe's unique id, else its port's serial.

        None where neither is its own: a probe that is a GDB server has the address of the moment.
        """
        if not self.probe_uid.startswith("gdb:"):
            return self.probe_uid
        return self.port.serial_number if isinstance(self.port, UsbSerial) else None

    def __str__(self) -> str:
        return f"{self.target} behind probe {self.probe_uid}"


@dataclass(frozen=True)
class Desk:
    """The boards of a desk, in the order of its file.

    `source` is the file they come from, or empty where there is none; `searched` are the places
    that were looked at for one.
    """

    boards: tuple[DeskBoard, ...] = ()
    source: str = ""
    searched: tuple[str, ...] = ()

    def of(self, target: str) -> tuple[DeskBoard, ...]:
        """The boards that are a `target`."""
        return tuple(board for board in self.boards if board.target == target)


@dataclass(frozen=True)
class SeenPort:
    """A serial port of this computer; a port that is not on USB has no serial number."""

    device: str
    serial_number: str = ""
    interface: int | None = None
    description: str = ""

    def is_named(self, name: UsbSerial) -> bool:
        """Tell whether `name` means this port."""
        return self.serial_number == name.serial_number and name.interface in {
            None,
            self.interface,
        }


@dataclass(frozen=True)
class SeenProbe:
    """A debug probe that pyOCD finds; `pyocd_target` is the target type it takes the board for."""

    uid: str
    description: str = ""
    pyocd_target: str = ""


@dataclass(frozen=True)
class Sighting:
    """All that was found on a desk; `answers` maps a port's device to the target that answers."""

    probes: tuple[SeenProbe, ...] = ()
    ports: tuple[SeenPort, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
