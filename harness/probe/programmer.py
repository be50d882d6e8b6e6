"""Opens a board by probe id: a simulator here, a debug probe on USB in a process of its own."""

from __future__ import annotations

from contextlib import AbstractContextManager

from harness.domain.target import Memory
from harness.probe.board import Board, Progress
from harness.probe.isolated import IsolatedBoard, isolated_board
from harness.probe.parts import require_safe_layout
from harness.probe.pyocd_session import board_in_session

__all__ = ["Board", "IsolatedBoard", "Progress", "open_board"]

SIMULATOR_DEADLINE_S = 20.0
# All of an STM32H743's flash erased twice (as pyOCD does) and programmed by a slow probe.
PROBE_DEADLINE_S = 300.0
SILENCE_S = 20.0


def open_board(
    probe_uid: str,
    pyocd_target: str,
    *,
    memory: Memory | None = None,
    deadline_s: float | None = None,
    silence_s: float = SILENCE_S,
    on_progress: Progress | None = None,
    leave_running: bool = True,
    isolated: bool | None = None,
) -> AbstractContextManager[Board | IsolatedBoard]:
    """Open the board behind a debug probe and halt its core.

    Every wait of the `gdb:` probe has a deadline of its own. The drivers of other probes may wait
    for ever on USB, so pyOCD runs in a process that can be ended; starting it costs the time of
    importing pyOCD once more for each board opened.

    Args:
        probe_uid: unique id as `pyocd list` prints it, or `gdb:HOST:PORT`.
        pyocd_target: pyOCD's target type.
        memory: the regions in use, to refuse those that cannot be programmed side by side.
        deadline_s: seconds that one operation may take (program, write, read, verify).
        silence_s: seconds without progress after which a process of its own is ended.
        on_progress: see `Progress`.
        leave_running: let the core run when the context ends; after an error it is left halted.
        isolated: whether in a process of its own; by default all but `gdb:` probes.

    Raises:
        ConfigError: programming one region of `memory` would damage another.
        ProbeNotFound, ProbeBusy: the probe cannot be opened.
        UnknownName: pyOCD has no such target type.
        FlashFailed: the board behind it does not answer.
    """
    if memory is not None:
        require_safe_layout(pyocd_target, memory)
    simulator = probe_uid.startswith("gdb:")
    deadline_s = deadline_s or (SIMULATOR_DEADLINE_S if simulator else PROBE_DEADLINE_S)
    if not simulator if isolated is None else isolated:
        return isolated_board(
            probe_uid,
            pyocd_target,
            deadline_s=deadline_s,
            silence_s=silence_s,
            on_progress=on_progress,
            leave_running=leave_running,
        )
    return board_in_session(
        probe_uid,
        pyocd_target,
        deadline_s=deadline_s,
        on_progress=on_progress,
        leave_running=leave_running,
    )
