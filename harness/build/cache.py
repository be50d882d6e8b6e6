"""Entries of the cache directory: one writer at a time, whole or not there at all."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from harness.errors import BuildError

LOCK_DEADLINE_S = 900.0
_POLL_S = 0.05


@contextmanager
def workshop(
    entry: Path,
    *,
    deadline_s: float = LOCK_DEADLINE_S,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Path]:
    """Hold the lock of the cache entry `entry` and yield an empty folder to make it in.

    The lock belongs to the process and goes with it; the folder of an interrupted predecessor is
    cleared away. Another process may have made the entry meanwhile: look before working.

    Raises:
        BuildError: the lock is not free within `deadline_s` seconds, or the cache cannot be
            written.
    """
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with entry.with_name(f"{entry.name}.lock").open("w") as lock:
            _acquire(lock, entry, deadline_s, clock, sleep)
            for left in entry.parent.glob(f"{entry.name}.making-*"):
                shutil.rmtree(left, ignore_errors=True)
            # A new name each time: children of a killed predecessor may still write to its folder.
            making = Path(tempfile.mkdtemp(prefix=f"{entry.name}.making-", dir=entry.parent))
            try:
                yield making
            finally:
                shutil.rmtree(making, ignore_errors=True)
    except OSError as error:
        raise BuildError(
            f"the cache cannot be written: {error.strerror}",
            where=str(error.filename or entry),
            hint="Free space there, or point HARNESS_CACHE to a folder that can be written.",
        ) from error


def publish(made: Path, entry: Path) -> None:
    """Move the folder `made` to `entry`, in place of what may be there; call inside `workshop`."""
    if entry.exists():
        # A damaged entry: moved aside first, so that no reader sees half of either.
        shutil.move(entry, made.parent / "replaced")
    made.rename(entry)


def _acquire(
    lock: IO[str],
    entry: Path,
    deadline_s: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    end = clock() + deadline_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if clock() >= end:
                raise BuildError(
                    f"another process has held it for {deadline_s:g} s",
                    where=f"{entry.name}.lock",
                    hint="Wait for the other process to end, or end it.",
                ) from None
            sleep(_POLL_S)
        else:
            return
