"""The process that holds a debug probe for the harness: `python -m harness.probe.worker`."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

# All of pyOCD that is needed, before the harness starts to count the silence of the probe.
import pyocd.flash.loader  # type: ignore[import-untyped]
import pyocd.probe.aggregator  # type: ignore[import-untyped]
import pyocd.target  # type: ignore[import-untyped]  # noqa: F401

from harness.errors import HarnessError
from harness.probe.board import Board, Progress
from harness.probe.messages import Advanced, Call, Close, Done, Open, read_message, write_message
from harness.probe.pyocd_session import board_in_session

_TO_STOP_S = 2.0
_BETWEEN_REPORTS_S = 0.1


def main() -> None:
    """Serve one board over standard input and output until it is closed, or the harness is gone."""
    requests, answers = _own_streams()
    inbox: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_listen, args=(requests, inbox), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt, OSError):
        _serve(inbox, answers)
    # Drivers may keep threads that never end.
    os._exit(0)


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take the pipes for messages alone: what a driver prints must not get between them."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, answers


def _listen(requests: BinaryIO, inbox: queue.Queue[Any]) -> None:
    """Pass messages on; when the harness is gone, interrupt what is under way, then end it."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            inbox.put(read_message(requests))
    ident = threading.main_thread().ident
    if ident is not None:
        signal.pthread_kill(ident, signal.SIGINT)
    time.sleep(_TO_STOP_S)
    os._exit(1)


def _serve(inbox: queue.Queue[Any], answers: BinaryIO) -> None:
    write_message(answers, Done())
    opening: Open = inbox.get()
    try:
        with board_in_session(
            opening.probe_uid,
            opening.pyocd_target,
            deadline_s=opening.deadline_s,
            on_progress=_reporter(answers),
            leave_running=opening.leave_running,
        ) as board:
            write_message(answers, Done(board.pyocd_version))
            while not isinstance(message := inbox.get(), Close):
                write_message(answers, _answer(board, message))
        write_message(answers, Done())
    except HarnessError as error:
        write_message(answers, Done(error=error))


def _answer(board: Board, call: Call) -> Done:
    try:
        return Done(getattr(board, call.method)(*call.arguments))
    except HarnessError as error:
        return Done(error=error)


def _reporter(answers: BinaryIO) -> Progress:
    """Return a progress callback that reports ends of phases, and not much in between."""
    last = 0.0

    def report(phase: str, fraction: float) -> None:
        nonlocal last
        now = time.monotonic()
        if fraction >= 1.0 or now - last >= _BETWEEN_REPORTS_S:
            last = now
            write_message(answers, Advanced(phase, fraction))

    return report


if __name__ == "__main__":
    main()
