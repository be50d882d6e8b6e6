"""A board held by a process of its own, which is ended when it stops giving signs of life."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import FlashFailed, HarnessError, ProbeNotFound
from harness.probe.board import Progress
from harness.probe.messages import Advanced, Call, Close, Done, Open, read_message, write_message

_COMMAND = (sys.executable, "-P", "-m", "harness.probe.worker")
_TO_START_S = 60.0
_TO_STOP_S = 3.0
_LONGEST_LAST_WORDS = 300


class IsolatedBoard:
    """Does what `Board` does, with the same errors, in the process that holds the probe.

    After `silence_s` seconds without a sign of life the process is ended: FlashFailed says what it
    was doing.
    """

    def __init__(self, opening: Open, *, silence_s: float, on_progress: Progress | None) -> None:
        self._worker = _Worker(f"probe {opening.probe_uid}", silence_s, on_progress)
        try:
            self._worker.answer("starting pyOCD", FlashFailed, max(silence_s, _TO_START_S))
            self.pyocd_version: str = self._worker.ask(opening, "connecting", ProbeNotFound)
        except BaseException:
            self._worker.stop()
            raise

    def program(self, elf: Path) -> None:
        """As `Board.program`."""
        self._call(f"programming {elf.name}", "program", elf.absolute())

    def write(self, address: int, data: bytes) -> None:
        """As `Board.write`."""
        self._call(f"writing {len(data):,} bytes at {address:#010x}", "write", address, data)

    def read(self, address: int, length: int) -> bytes:
        """As `Board.read`."""
        action = f"reading {length:,} bytes at {address:#010x}"
        return bytes(self._call(action, "read", address, length))

    def verify_elf(self, elf: Path) -> None:
        """As `Board.verify_elf`."""
        self._call(f"verifying {elf.name}", "verify_elf", elf.absolute())

    def verify(self, address: int, data: bytes) -> None:
        """As `Board.verify`."""
        self._call(f"verifying {len(data):,} bytes at {address:#010x}", "verify", address, data)

    def reset_and_run(self) -> None:
        """As `Board.reset_and_run`."""
        self._call("resetting the board", "reset_and_run")

    def halt(self) -> None:
        """As `Board.halt`."""
        self._call("halting the core", "halt")

    def resume(self) -> None:
        """As `Board.resume`."""
        self._call("resuming the core", "resume")

    def close(self) -> None:
        """Close the board in good order.

        Raises:
            HarnessError: it did not close.
        """
        self._worker.ask(Close(), "closing the probe", FlashFailed)

    def stop(self) -> None:
        """Interrupt what is under way, leave the core halted if that can be, end the process."""
        self._worker.stop()

    def _call(self, action: str, method: str, *arguments: Any) -> Any:
        return self._worker.ask(Call(method, arguments), action, FlashFailed)


class _Worker:
    """The process, away from the terminal's Ctrl-C, and the threads that write to it and read.

    One that is stuck may read no more either: not even a message to it is waited for without a
    deadline.
    """

    def __init__(self, where: str, silence_s: float, on_progress: Progress | None) -> None:
        self._where = where
        self._silence_s = silence_s
        self._on_progress = on_progress
        self._inbox: queue.Queue[Any] = queue.Queue()
        self._outbox: queue.Queue[Any] = queue.Queue()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `stop`)
        self._last_words = ""
        self._process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, "PYTHONPATH": _same_path()},
            start_new_session=True,
        )
        for loop in (self._speak, self._listen):
            threading.Thread(target=loop, daemon=True).start()

    def ask(self, message: object, action: str, silent: type[HarnessError]) -> Any:
        """Send a message and return what is answered.

        Raises:
            HarnessError: as `answer`.
        """
        self._outbox.put(message)
        return self.answer(action, silent, self._silence_s)

    def answer(self, action: str, silent: type[HarnessError], silence_s: float) -> Any:
        """Wait for the answer, and tell progress meanwhile.

        Raises:
            HarnessError: what the board raised; `silent` after no sign of life for `silence_s`.
            FlashFailed: the process ended.
        """
        while True:
            try:
                said = self._inbox.get(timeout=silence_s)
            except queue.Empty:
                self.stop()
                raise silent(
                    f"no sign of life from the debug probe for {silence_s:g} s while {action}; "
                    "the process that held it was ended",
                    where=self._where,
                    hint="Unplug the probe, plug it in again, and run again.",
                ) from None
            match said:
                case Advanced(phase, fraction):
                    if self._on_progress:
                        self._on_progress(phase, fraction)
                case Done(value, None):
                    return value
                case Done(error=HarnessError() as error):
                    raise error
                case _:
                    self._inbox.put(None)  # it stays ended for whoever asks next
                    raise self._ended(action)

    def stop(self) -> None:
        """Give the process a short time to leave the core halted, then end it."""
        self._outbox.put(None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_TO_STOP_S)
        if self._process.poll() is None:
            self._process.kill()
            # The kernel may keep one for as long as its USB transfer lasts.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_TO_STOP_S)
        if not self._said.closed:
            self._said.seek(0)
            lines = self._said.read().decode(errors="replace").strip().splitlines()
            self._last_words = lines[-1][:_LONGEST_LAST_WORDS] if lines else ""
            self._said.close()

    def _speak(self) -> None:
        """Write what is asked; close the pipe, which ends the process, after None."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as requests:
            while (message := self._outbox.get()) is not None:
                write_message(requests, message)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as answers, contextlib.suppress(EOFError, OSError):
            while True:
                self._inbox.put(read_message(answers))
        self._inbox.put(None)

    def _ended(self, action: str) -> FlashFailed:
        self.stop()
        last = f": {self._last_words}" if self._last_words else ""
        return FlashFailed(
            f"the process that held the probe ended while {action}, {_how(self._process)}{last}",
            where=self._where,
            hint="Run again; if it stays, try `pyocd commander` with the same probe.",
        )


def _how(process: subprocess.Popen[bytes]) -> str:
    status = process.returncode
    if status is None:
        return "and cannot be ended"
    if status < 0:
        return f"by signal {-status} ({signal.Signals(-status).name})"
    return f"with exit status {status}"


def _same_path() -> str:
    """What Python finds here, it shall find there, wherever this process started."""
    return os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)


@contextmanager
def isolated_board(
    probe_uid: str,
    pyocd_target: str,
    *,
    deadline_s: float,
    silence_s: float,
    on_progress: Progress | None,
    leave_running: bool,
) -> Iterator[IsolatedBoard]:
    """Open a board in a process of its own; arguments as for `open_board`.

    After an error, Ctrl-C included, the core is left halted if the probe still answers.

    Raises:
        ProbeNotFound, ProbeBusy, UnknownName, FlashFailed: as `open_board`.
    """
    board = IsolatedBoard(
        Open(probe_uid, pyocd_target, deadline_s, leave_running),
        silence_s=silence_s,
        on_progress=on_progress,
    )
    try:
        yield board
        board.close()
    finally:
        board.stop()
