"""A rig whose machine keeps running between cases of one target and firmware."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from harness.bench.rig import Board, OnFlash, Rig, Tell
from harness.bench.work_dir import work_dir
from harness.domain.coordinates import Coordinates
from harness.domain.firmware import BuildVariant, Firmware, KernelSet
from harness.domain.target import Target
from harness.errors import BuildError, DeviceFault, KernelRefused, MeasurementError

# The device answered, and it was the case that could not run: the next reset finds it sound.
_SOUND = (BuildError, KernelRefused, DeviceFault, MeasurementError)

Key = tuple[str, str]


@contextmanager
def kept_running(rig: Rig) -> Iterator[Rig]:
    """Yield a rig for many short cases; what it still runs at the end is stopped.

    A firmware is built and programmed once for the cases in a row that need it. Each case still
    reads back firmware and model, resets the core and shakes hands. After an error that leaves the
    machine in doubt, the next case starts it anew.
    """
    kept = _Kept(rig)
    try:
        yield replace(rig, build=kept.build, start=kept.start, open_board=kept.open_board)
    finally:
        kept.stop()


class _Kept:
    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._built: dict[tuple[str, str, str], Firmware] = {}
        self._running = ExitStack()
        self._key: Key | None = None
        self._wanted: Key | None = None
        self._at: Coordinates | None = None
        self._board: _ProgrammedOnce | None = None

    def build(
        self, target: Target, kernel_set: KernelSet, variant: BuildVariant, tell: Tell
    ) -> Firmware:
        key = (target.id, kernel_set.id, variant.id)
        if key not in self._built:
            self._built[key] = self._rig.build(target, kernel_set, variant, tell)
        firmware = self._built[key]
        self._wanted = (target.id, firmware.build_id)
        return firmware

    @contextmanager
    def start(self, target: Target, folder: Path) -> Iterator[Coordinates]:
        if self._at is None or self._key != self._wanted:
            self.stop()
            own_folder = self._running.enter_context(work_dir())
            self._at = self._running.enter_context(self._rig.start(target, own_folder))
            self._key = self._wanted
        try:
            yield self._at
        except _SOUND:
            raise
        except BaseException as error:
            self.stop(error)
            raise

    @contextmanager
    def _opened(self, probe_uid: str, target: Target, on_flash: OnFlash) -> Iterator[Board]:
        if self._board is None:
            opened = self._rig.open_board(probe_uid, target, on_flash)
            self._board = _ProgrammedOnce(self._running.enter_context(opened))
        yield self._board

    def open_board(
        self, probe_uid: str, target: Target, on_flash: OnFlash
    ) -> AbstractContextManager[Board]:
        return self._opened(probe_uid, target, on_flash)

    def stop(self, error: BaseException | None = None) -> None:
        """Let go of board and machine; `error`, where there is one, keeps the machine's logs."""
        running, self._running = self._running, ExitStack()
        self._key = self._at = self._board = None
        running.__exit__(type(error) if error else None, error, None)


class _ProgrammedOnce:
    """A board that is not programmed again with what it was programmed with."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._elf: Path | None = None

    @property
    def pyocd_version(self) -> str:
        return self._board.pyocd_version

    def program(self, elf: Path) -> None:
        if elf != self._elf:
            self._board.program(elf)
            self._elf = elf

    def write(self, address: int, data: bytes) -> None:
        self._board.write(address, data)

    def verify_elf(self, elf: Path) -> None:
        self._board.verify_elf(elf)

    def verify(self, address: int, data: bytes) -> None:
        self._board.verify(address, data)

    def read(self, address: int, length: int) -> bytes:
        return self._board.read(address, length)

    def reset_and_run(self) -> None:
        self._board.reset_and_run()

    def halt(self) -> None:
        self._board.halt()

    def resume(self) -> None:
        self._board.resume()
