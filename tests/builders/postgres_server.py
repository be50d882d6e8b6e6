"""A PostgreSQL server of the tests' own, from the programs that Debian's package brings."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_START_DEADLINE_S = 60.0


class Server:
    """A running server; it listens on a socket in a folder only, and is gone with the tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new_database(self) -> str:
        """The SQLAlchemy URL of an empty schema of its own, which costs less than a database."""
        name = f"s_{uuid.uuid4().hex}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        place = f"host={self._folder}&options=-csearch_path%3D{name}"
        return f"postgresql+psycopg://bench@/postgres?{place}"

    def address(self, database: str) -> str:
        """The address of a database in libpq's words."""
        return f"host={self._folder} user=bench dbname={database}"


def why_not() -> str:
    """Why no server can be started here, or nothing."""
    if _programs() is None:
        return "PostgreSQL's initdb is not installed (Debian: apt-get install postgresql)"
    return ""


def _programs() -> Path | None:
    """Debian keeps them off the PATH, in a folder for each version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server as a user without rights (it refuses to run as root), and stop it."""
    programs = _programs()
    assert programs, why_not()
    user = None if os.getuid() else next(filter(_exists, ("postgres", "nobody")))
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # sockets need short paths
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    folder.chmod(0o755)
    common = {"user": user, "cwd": folder, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}}
    words = [programs / "initdb", "-D", folder / "data", "-U", "bench", "-A", "trust", "--no-sync"]
    subprocess.run(words, check=True, capture_output=True, timeout=120, **common)
    settings = {"fsync": "off", "listen_addresses": "", "unix_socket_directories": str(folder)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *options],
            stdout=log,
            stderr=log,
            **common,
        )
    try:
        made = Server(folder)
        _await(made, server, folder / "log")
        yield made
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _exists(user: str) -> bool:
    return any(entry.pw_name == user for entry in pwd.getpwall())


def _await(made: Server, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_DEADLINE_S
    while True:
        try:
            psycopg.connect(made.address("postgres")).close()
        except psycopg.OperationalError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        else:
            return
