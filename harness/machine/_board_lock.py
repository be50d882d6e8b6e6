"""One board, one user: a lock that all processes and users of this computer respect.

The lock is `flock` on a file of the board's own, so the kernel lets go of it when its holder ends,
however it ends. The file tells who holds it; what it tells is believed only while it is locked.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import hashlib
import json
import os
import platform
import re
import shlex
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import RigError

FOLDER_VARIABLE = "HARNESS_LOCKS"
_FOLDERS = ("/run/lock", "/var/lock", "/tmp")
_RECORD_BYTES = 4096
_ATTEMPTS = 5
_MOMENT_S = 0.02
_COMMAND_CHARACTERS = 200
_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):[^\s@]*@")


@dataclass(frozen=True)
class Owner:
    """Who holds a board, as they told; `since` is UTC in ISO 8601."""

    user: str = "somebody"
    pid: int = 0
    command: str = ""
    since: str = ""
    host: str = ""

    def __str__(self) -> str:
        process = f"process {self.pid}" if self.pid else "a process"
        on = f" on {self.host}" if self.host else ""
        command = f", `{self.command}`" if self.command else ""
        since = f", since {self.since}" if self.since else ""
        return f"{self.user} ({process}{on}{command}{since})"


def lock_folder() -> Path:
    """Where locks are: HARNESS_LOCKS, else the first of `_FOLDERS` that everybody may write to.

    A folder that only some may write to would give each user a lock of their own.
    """
    if own := os.environ.get(FOLDER_VARIABLE):
        return Path(own).expanduser()
    for name in _FOLDERS:
        folder = Path(name)
        with contextlib.suppress(OSError):
            if folder.is_dir() and folder.stat().st_mode & stat.S_IWOTH:
                return folder
    return Path(tempfile.gettempdir())


def lock_file(probe_uid: str) -> Path:
    """The lock of the board behind a probe; pyOCD does not tell upper from lower case either."""
    readable = re.sub(r"[^a-z0-9]+", "-", probe_uid.lower())[:40]
    digest = hashlib.sha256(probe_uid.lower().encode()).hexdigest()[:12]
    return lock_folder() / f"cortexm-harness-{readable}-{digest}.lock"


@contextmanager
def locked(probe_uid: str, sleep: Callable[[float], None] = time.sleep) -> Iterator[Owner | None]:
    """Lock the board behind a probe for the context and yield None, or yield who has it.

    Raises:
        RigError: the lock file cannot be opened.
    """
    fd = _opened(lock_file(probe_uid))
    try:
        owner = _tried(fd, sleep)
        if owner is not None:
            yield owner
            return
        _write(fd, json.dumps(asdict(_we())))
        try:
            yield None
        finally:
            _write(fd, "")
            # A child that is just being started may still have a copy of the descriptor.
            fcntl.flock(fd, fcntl.LOCK_UN)
    finally:
        os.close(fd)


def owner_of(probe_uid: str) -> Owner | None:
    """Who has the board behind a probe now; None where nobody has.

    Raises:
        RigError: the lock file cannot be opened.
    """
    if not lock_file(probe_uid).exists():
        return None
    fd = _opened(lock_file(probe_uid))
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(fd, fcntl.LOCK_UN)
    except OSError:
        return _read(fd)
    finally:
        os.close(fd)
    return None


def _tried(fd: int, sleep: Callable[[float], None]) -> Owner | None:
    """Lock the file and return None, or return who has it.

    One who only asks for the owner has it for a moment, without a record: then it is tried again.
    """
    for _ in range(_ATTEMPTS):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = _read(fd)
        else:
            return None
        if owner.pid:
            break
        sleep(_MOMENT_S)
    return owner


def _opened(path: Path) -> int:
    """Open the lock file, for everybody if it has to be made; it is never removed.

    To remove it would let two processes lock two files of one name.
    """
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        try:
            return os.open(path, flags)  # not O_CREAT: Linux refuses it on a stranger's file
        except FileNotFoundError:
            pass
        try:
            fd = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            return os.open(path, flags)
        os.fchmod(fd, 0o666)
    except OSError as error:
        raise RigError(
            f"the board's lock cannot be opened ({error.strerror})",
            where=str(path),
            hint=f"Make it writable, or set {FOLDER_VARIABLE} to a folder all its users share.",
        ) from error
    return fd


def _we() -> Owner:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        user = f"user {os.getuid()}"
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    since = datetime.now(UTC).isoformat(" ", "seconds")
    return Owner(
        user,
        os.getpid(),
        _PASSWORD.sub(r"\1:***@", command)[:_COMMAND_CHARACTERS],
        since.replace("+00:00", " UTC"),
        platform.node(),
    )


def _write(fd: int, text: str) -> None:
    os.ftruncate(fd, 0)
    os.pwrite(fd, text.encode(), 0)


def _read(fd: int) -> Owner:
    """What the holder told; anybody may have written it, so it is taken as text of no trust."""
    try:
        told = json.loads(os.pread(fd, _RECORD_BYTES, 0))
        words = {name: _plain(told[name]) for name in ("user", "command", "since", "host")}
        return Owner(pid=int(told["pid"]), **words)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Owner()


def _plain(value: object) -> str:
    return "".join(c for c in str(value) if c.isprintable())[:_COMMAND_CHARACTERS]
