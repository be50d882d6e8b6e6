"""The real adapters, plugged into what the bench asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from harness import catalog
from harness.assembly.desks import find_desk
from harness.assembly.metered import LostMeters, power_rig
from harness.assembly.places import cache_dir

# The rest is imported where it is used: shell completion must not wait for pandas or pyOCD.
if TYPE_CHECKING:
    from harness.bench.board_health import BoardHealth
    from harness.bench.rig import Board, OnFlash, Rig, Tell
    from harness.domain.coordinates import Coordinates
    from harness.domain.dataset import Dataset
    from harness.domain.desk import Desk
    from harness.domain.energy_asked import EnergyAsked
    from harness.domain.firmware import BuildVariant, Firmware, KernelSet
    from harness.domain.gate import GateFeed
    from harness.domain.image import TensorPlacement
    from harness.domain.plan import Case
    from harness.domain.target import Target


def rig(
    rig_file: Path | None = None,
    wait_board_s: float = 0.0,
    boards: BoardHealth | None = None,
    on_wait: Callable[[str], None] = lambda text: None,
    transcript: TextIO | None = None,
    energy: EnergyAsked | None = None,
    lost_meters: LostMeters | None = None,
) -> Rig:
    """The real adapters: CMake, pyOCD, simulators and boards.

    Boards are those of `rig_file` (see `find_desk`); where all of a kind are in use, a case waits
    `wait_board_s` seconds for one and `on_wait` hears of it. Those that `boards` knows as broken
    are not taken.
    What goes over the links is written to `transcript`. With `energy` the energy of each case is
    measured where there is a meter; `lost_meters` remembers those that went away.

    Raises:
        BadDefinition: the `rig_file` that was named is none, whether a board is needed or not.
    """
    from harness import build as building
    from harness.bench.rig import Rig
    from harness.machine import needs_board, start_machine
    from harness.probe.programmer import open_board

    cache = cache_dir()
    if rig_file is not None:
        find_desk(rig_file)

    def build(target: Target, kernel_set: KernelSet, variant: BuildVariant, tell: Tell) -> Firmware:
        return building.build_firmware(
            target,
            kernel_set,
            variant,
            firmware_root=catalog.firmware_root(),
            port_directory=catalog.port_directory(target.port),
            cache_dir=cache,
            on_event=tell,
        )

    def load(case: Case, model_input: TensorPlacement) -> Dataset:
        return catalog.load_dataset(
            case.dataset,
            shape=model_input.shape,
            dtype=model_input.dtype,
            scale=model_input.scale,
            zero_point=model_input.zero_point,
            limit=case.limit,
        )

    def board(probe_uid: str, target: Target, on_flash: OnFlash) -> AbstractContextManager[Board]:
        return open_board(
            probe_uid, target.pyocd_target, memory=target.memory, on_progress=on_flash
        )

    @contextmanager
    def machine(
        target: Target, work_dir: Path, gate: GateFeed | None = None
    ) -> Iterator[Coordinates]:
        def desk() -> Desk:
            found = find_desk(rig_file)
            return boards.sound(found, target) if boards else found

        with start_machine(target, work_dir, desk, wait_board_s, on_wait, gate=gate) as at:
            if boards and needs_board(target):
                boards.lend(target, at.probe_uid)
            yield at

    return Rig(
        build=build,
        read_kernels=building.linked_kernels,
        load_dataset=load,
        start=machine,
        open_board=board,
        cache_dir=cache,
        transcript=transcript,
        power=None
        if energy is None
        else power_rig(energy, machine, lambda: find_desk(rig_file), lost_meters or LostMeters()),
    )
