"""Opens a board by probe id, programs it, proves what was programmed, and runs it."""

from __future__ import annotations

import contextlib
import logging
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import FlashFailed, VerifyFailed
from harness.probe.elf_segments import read_segments
from harness.probe.pyocd_errors import mapped, not_found, translate, unknown_target

Progress = Callable[[str, float], None]
"""Called with a phase (`program`, `write`, `verify`) and the fraction done, 0 to 1."""

_BLOCK = 16 * 1024
_ANSWER_S = 10.0


class Board:
    """A board whose core was halted when it was opened.

    Every method raises ProbeNotFound when the probe is lost, and FlashFailed when pyOCD fails
    otherwise or `deadline_s` has passed; `where` names the probe.
    """

    def __init__(
        self, session: Any, probe_uid: str, *, deadline_s: float, on_progress: Progress | None
    ) -> None:
        import pyocd  # type: ignore[import-untyped]

        self.pyocd_version: str = pyocd.__version__
        self._session = session
        self._target = session.target
        self._uid = probe_uid
        self._deadline_s = deadline_s
        self._on_progress = on_progress

    def program(self, elf: Path) -> None:
        """Halt the core and program every loadable segment of `elf`.

        pyOCD does not compare what it wrote: call `verify_elf` after it.

        Raises:
            FlashFailed: also for a damaged ELF, or data where the target has no memory.
        """
        from pyocd.flash.loader import MemoryLoader  # type: ignore[import-untyped]

        segments = read_segments(elf)
        step = self._step("program")
        with mapped(f"programming {elf.name}", self._uid):
            self._target.halt()
            # smart_flash would skip what it believes to be there already, wrongly on some parts.
            loader = MemoryLoader(self._session, progress=step, smart_flash=False)
            for segment in segments:
                self._require_memory(segment.address, len(segment.data), where=str(elf))
                loader.add_data(segment.address, segment.data)
            loader.commit()

    def write(self, address: int, data: bytes) -> None:
        """Write bytes to RAM, or through its flash algorithm to flash.

        Raises:
            FlashFailed: also when the target has no memory there.
        """
        from pyocd.flash.loader import MemoryLoader

        self._require_memory(address, len(data), where=f"probe {self._uid}")
        step = self._step("write")
        with mapped(f"writing {len(data):,} bytes at {address:#010x}", self._uid):
            loader = MemoryLoader(self._session, progress=step, smart_flash=False)
            loader.add_data(address, data)
            loader.commit()

    def read(self, address: int, length: int) -> bytes:
        """Read bytes from memory."""
        return self._read(address, length, self._step("read"))

    def verify_elf(self, elf: Path) -> None:
        """Read every loadable segment back and compare it with `elf`.

        Raises:
            VerifyFailed: names the first address that differs, both bytes, and how many differ.
        """
        for segment in read_segments(elf):
            self.verify(segment.address, segment.data)

    def verify(self, address: int, data: bytes) -> None:
        """Read back and compare.

        Raises:
            VerifyFailed: as for `verify_elf`.
        """
        found = self._read(address, len(data), self._step("verify"))
        if found == data:
            return
        different = [
            n for n, (want, got) in enumerate(zip(data, found, strict=True)) if want != got
        ]
        first = different[0]
        raise VerifyFailed(
            f"{address + first:#010x} holds {found[first]:#04x} and should hold "
            f"{data[first]:#04x}; {len(different):,} of {len(data):,} bytes "
            f"from {address:#010x} differ",
            where=f"probe {self._uid}",
            hint="Program the board again; if it fails again, check its power and the memory map.",
        )

    def reset_and_run(self) -> None:
        """Reset the board; the core runs from its reset vector.

        Raises:
            FlashFailed: also when there is nothing there to run.
        """
        with mapped("resetting the board", self._uid):
            self._target.reset()
            if self._target.get_state().name == "LOCKUP":
                raise FlashFailed(
                    "the core locked up at its first instruction",
                    where=f"probe {self._uid}",
                    hint="Program a firmware whose vector table is where the core looks for it.",
                )

    def halt(self) -> None:
        """Stop the core."""
        with mapped("halting the core", self._uid):
            self._target.halt()

    def resume(self) -> None:
        """Let the core run on."""
        with mapped("resuming the core", self._uid):
            self._target.resume()

    def _read(self, address: int, length: int, step: Callable[[float], None]) -> bytes:
        out = bytearray()
        with mapped(f"reading {length:,} bytes at {address:#010x}", self._uid):
            while len(out) < length:
                count = min(_BLOCK, length - len(out))
                out += self._read_block(address + len(out), count)
                step(len(out) / length)
        return bytes(out)

    def _read_block(self, address: int, count: int) -> bytes:
        if address % 4 or count % 4:
            return bytes(self._target.read_memory_block8(address, count))
        # Words go through fewer lists of integers: half the time of a verify.
        return struct.pack(
            f"<{count // 4}I", *self._target.read_memory_block32(address, count // 4)
        )

    def _require_memory(self, address: int, length: int, *, where: str) -> None:
        """Refuse data outside the memory that the target can be programmed in."""
        at = address
        while at < address + length:
            region = self._target.memory_map.get_region_for_address(at)
            if region is None or not (region.is_flash or region.is_writable) or region.is_device:
                raise FlashFailed(
                    f"{length:,} bytes at {address:#010x} do not fit: target "
                    f"{self._session.board.target_type} has no memory at {at:#010x}",
                    where=where,
                    hint="Correct the memory regions or the pyocd_target of the target.",
                )
            at = region.end + 1

    def _step(self, phase: str) -> Callable[[float], None]:
        """Return a progress callback that also holds the deadline of one operation."""
        deadline = time.monotonic() + self._deadline_s

        def step(fraction: float) -> None:
            if time.monotonic() > deadline:
                raise FlashFailed(
                    f"{phase} took longer than {self._deadline_s:g} s, {fraction:.0%} done",
                    where=f"probe {self._uid}",
                    hint="Give it more time, or check the probe's connection and clock.",
                )
            if self._on_progress:
                self._on_progress(phase, fraction)

        return step


@contextmanager
def open_board(
    probe_uid: str,
    pyocd_target: str,
    *,
    deadline_s: float = 20.0,
    on_progress: Progress | None = None,
    leave_running: bool = True,
) -> Iterator[Board]:
    """Open the board behind a debug probe and halt its core.

    Args:
        probe_uid: unique id as `pyocd list` prints it, or `gdb:HOST:PORT`.
        pyocd_target: pyOCD's target type.
        deadline_s: seconds that one operation may take (program, write, read, verify).
        on_progress: see `Progress`.
        leave_running: let the core run when the context ends; after an error it is left halted.

    Raises:
        ProbeNotFound, ProbeBusy: the probe cannot be opened.
        UnknownName: pyOCD has no such target type.
        FlashFailed: the board behind it does not answer.
    """
    from pyocd.core import exceptions  # type: ignore[import-untyped]
    from pyocd.core.session import Session  # type: ignore[import-untyped]
    from pyocd.probe.aggregator import DebugProbeAggregator  # type: ignore[import-untyped]
    from pyocd.target import TARGET  # type: ignore[import-untyped]

    _silence_pyocd()
    try:
        probe = DebugProbeAggregator.get_probe_with_id(probe_uid)
    except exceptions.ProbeError as error:
        raise translate(error, "looking for the probe", probe_uid) from error
    except exceptions.Error as error:
        raise not_found(probe_uid, str(error)) from error
    if probe is None:
        raise not_found(probe_uid, "pyOCD does not see it")
    try:
        session = Session(probe, options=_options(probe_uid, pyocd_target, deadline_s))
    except exceptions.TargetSupportError as error:
        raise unknown_target(pyocd_target, sorted(TARGET)) from error
    session.options["resume_on_disconnect"] = False
    try:
        with mapped("connecting", probe_uid):
            session.open()
        yield Board(session, probe_uid, deadline_s=deadline_s, on_progress=on_progress)
        session.options["resume_on_disconnect"] = leave_running
    finally:
        _close(session)


def _options(probe_uid: str, pyocd_target: str, deadline_s: float) -> dict[str, Any]:
    options: dict[str, Any] = {
        "target_override": pyocd_target,
        "connect_mode": "halt",
        "no_config": True,
        "hide_programming_progress": True,
        "rtos.enable": False,
        "warning.cortex_m_default": False,
        "cpu.step.instruction.timeout": deadline_s,
    }
    if probe_uid.startswith("gdb:"):
        # No oscillator has to settle after a simulator's reset.
        options |= {"reset.post_delay": 0.0, "gdb.timeout": min(deadline_s, _ANSWER_S)}
    return options


def _close(session: Any) -> None:
    """Close a session, whatever is left of what it talked to."""
    from pyocd.core import exceptions

    with contextlib.suppress(exceptions.Error):
        session.close()
    with contextlib.suppress(exceptions.Error):
        if session.probe.is_open:
            session.probe.close()


def _silence_pyocd() -> None:
    """Keep pyOCD's log off a terminal nobody configured logging for; handlers still get it."""
    logger = logging.getLogger("pyocd")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
