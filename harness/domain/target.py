"""A target: everything that is true of a kind of board, and nothing of a particular desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.domain.power_model import PowerModel
from harness.domain.units import Fidelity, Unit


@dataclass(frozen=True)
class Region:
    """A range of addresses, in bytes."""

    origin: int
    length: int


@dataclass(frozen=True)
class Memory:
    """The four regions the harness uses.

    `code` holds the firmware, `ram` its data and stack, `model_slot` the model image, `arena` the
    activations and scratch of a network.
    """

    code: Region
    ram: Region
    model_slot: Region
    arena: Region


@dataclass(frozen=True)
class Core:
    """The processor: its name, and the compiler flags that select it."""

    name: str
    flags: tuple[str, ...]


@dataclass(frozen=True)
class CounterMeaning:
    """What one tick of the firmware's counter `name` stands for on this target."""

    name: str
    unit: Unit
    per_tick: float


@dataclass(frozen=True)
class Target:
    """A board or simulated board, as defined by `targets/<id>.toml`.

    `machine` names the adapter that brings the board up (`qemu`, ...) and its options;
    `pyocd_target` the target type pyOCD uses. `default` says whether a run that names no target
    takes this one, if it is simulated. `device_header` is the vendor's register header that the
    port includes, or empty. The device may report `clock_hz` or one of `also_clock_hz`, where the
    part's revision decides. The link starts at `baud_rate`; a run agrees with the device on
    `max_baud_rate` where that is given. `firmware` names the target whose firmware runs here
    unchanged, and is empty where this one has its own. `power_model` is what its data sheet says of
    its current.
    """

    id: str
    title: str
    fidelity: Fidelity
    core: Core
    port: str
    clock_hz: int
    memory: Memory
    counter: CounterMeaning
    machine: str
    machine_options: Mapping[str, str]
    pyocd_target: str
    baud_rate: int
    defines: Mapping[str, str] = field(default_factory=dict)
    default: bool = True
    device_header: str = ""
    also_clock_hz: tuple[int, ...] = ()
    firmware: str = ""
    max_baud_rate: int | None = None
    power_model: PowerModel | None = None

    @property
    def firmware_target(self) -> str:
        """The id of the target that the firmware was built for, as it tells in its handshake."""
        return self.firmware or self.id
