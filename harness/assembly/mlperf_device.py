"""Where an MLPerf Tiny device is reached: on a port, or as a target that is brought up for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from harness.assembly.desks import with_boards
from harness.assembly.metered import metering_at
from harness.assembly.plans import DEFAULT_BUILD, plan
from harness.assembly.rigs import rig
from harness.errors import MeterNotFound

# The rest is imported where it is used: shell completion must not wait for pandas or pyOCD.
if TYPE_CHECKING:
    from harness.bench.events import Event
    from harness.domain.energy_asked import EnergyAsked
    from harness.domain.metering import Metering
    from harness.domain.plan import Case
    from harness.domain.units import Fidelity

BAUD_RATE = 115200
DEFAULT_KERNELS = "cmsis-nn"
ENERGY_BUILD = "mlperf-energy"
_LOOK_S = 0.25


@dataclass(frozen=True)
class OnTarget:
    """A target of the harness that is to be the device, with this model.

    `rig_file` and `wait_board_s` are as for `rig`.
    """

    target: str
    model: str
    kernels: str | None = None
    build: str | None = None
    rig_file: Path | None = None
    wait_board_s: float = 0.0
    on_event: Callable[[Event], None] = lambda event: None


@dataclass(frozen=True)
class Reached:
    """A device whose link is free; `check` raises when what is behind it has ended.

    `known` and `fidelity` are what the harness knows of a target of its own. `metering` is the
    meter that feeds it, in energy mode.
    """

    url: str
    baud_rate: int
    check: Callable[[], None] = lambda: None
    known: Mapping[str, Any] = field(default_factory=dict)
    fidelity: Fidelity | None = None
    metering: Metering | None = None


def text_case(device: OnTarget, *, laps: bool = True, stamps: bool = False) -> Case:
    """What is to be built and loaded, before anything is.

    Raises:
        ConfigError: no such target, model, kernel set or build variant, or none that speaks text,
            with `laps` where they are wanted, or with the `stamps` that a meter sees.
    """
    from harness.bench.mlperf import require_text

    (case,) = plan(
        targets=[device.target],
        kernel_sets=[device.kernels or DEFAULT_KERNELS],
        models=[device.model],
        builds=[device.build or (ENERGY_BUILD if stamps else DEFAULT_BUILD)],
    )
    require_text(case, laps=laps, stamps=stamps)
    return case


@contextmanager
def reached(
    device: str | OnTarget,
    baud_rate: int | None = None,
    *,
    laps: bool = True,
    energy: EnergyAsked | None = None,
) -> Iterator[Reached]:
    """The device on a port; or a target that is brought up, and stopped afterwards.

    With `energy` it is fed and watched by a meter.

    Raises:
        ConfigError: as `text_case`.
        BuildError, RigError, LinkError, DeviceError: the target cannot be brought up.
    """
    if isinstance(device, str):
        with ExitStack() as held:
            meter = held.enter_context(metering_at(energy)) if energy else None
            yield Reached(device, baud_rate or BAUD_RATE, metering=meter)
        return
    from harness.bench.case_energy import CaseEnergy
    from harness.bench.mlperf import text_device

    found = text_case(device, laps=laps and energy is None, stamps=energy is not None)
    (case,) = with_boards([found], device.rig_file)
    own_rig = rig(device.rig_file, device.wait_board_s, energy=energy)
    metered = CaseEnergy(case, own_rig)
    with text_device(case, metered.rig, device.on_event) as brought_up:
        at = brought_up.at
        target = case.target
        yield Reached(
            at.link_url,
            target.baud_rate,
            at.check,
            brought_up.known,
            target.fidelity,
            _required(metered.metering) if energy else None,
        )


def _required(metering: Metering | str | None) -> Metering:
    if metering is None or isinstance(metering, str):
        raise MeterNotFound(
            metering or "there is no power meter",
            where="--power-meter",
            hint="Name a meter with --power-meter, virtual:ppk2 for a simulated board.",
        )
    return metering


def serve_mlperf(
    device: OnTarget, *, as_pty: bool = False, on_ready: Callable[[str], None]
) -> NoReturn:
    """Bring a target up, tell its URL or pseudo-terminal, and keep it until Ctrl-C.

    Raises:
        KeyboardInterrupt: the usual end.
        SimulatorDied, LinkClosed: it ended by itself.
        As `reached`.
    """
    import time

    from harness.link import open_port
    from harness.link.pty_bridge import pty_bridge

    with reached(device, laps=False) as at:
        if as_pty:
            with open_port(at.url, at.baud_rate) as port, pty_bridge(port) as bridge:
                on_ready(bridge.name)
                bridge.carry(at.check)
        on_ready(at.url)
        while True:
            at.check()
            time.sleep(_LOOK_S)
