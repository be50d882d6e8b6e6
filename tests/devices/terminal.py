"""A terminal for a program: what it shows, the keys it gets, and the simulators it started."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DEADLINE_S = 90.0


class Terminal:
    """`harness` with `words`, started on a pseudo-terminal of `columns` columns in `folder`."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        folder: Path,
        columns: int = 120,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.text = ""
        env = os.environ | {"COLUMNS": str(columns), "LINES": "40", "TERM": "xterm"}
        program = [sys.executable, "-c", "from harness.cli import main; main()", *words]
        self.pid, self._fd = pty.fork()
        if not self.pid:
            with contextlib.suppress(OSError):
                os.chdir(folder)
                os.execve(program[0], program, env | dict(environment or {}))
            os._exit(127)

    def wait_for(self, pattern: str) -> str:
        """Read until `pattern` was shown after what was waited for before; return what it was."""
        deadline = time.monotonic() + DEADLINE_S
        while not (found := re.search(pattern, self.text)):
            assert time.monotonic() < deadline, f"no {pattern!r} in:\n{self.text}"
            assert self._read(), f"ended without {pattern!r}:\n{self.text}"
        self.text = self.text[found.end() :]
        return found.group()

    def press(self, keys: str) -> None:
        """Type `keys`."""
        os.write(self._fd, keys.encode())

    def end(self) -> int:
        """Read all that is still shown and return the exit code."""
        deadline = time.monotonic() + DEADLINE_S
        while self._read():
            assert time.monotonic() < deadline, f"does not end:\n{self.text}"
        os.close(self._fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def simulators(self) -> list[int]:
        """The process ids of the QEMUs that the program started and that still run."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
                state, parent = rest.split()[:2]
                if name.startswith("qemu") and int(parent) == self.pid and state != "Z":
                    found.append(int(stat.parent.name))
        return found

    def _read(self) -> bool:
        if not select.select([self._fd], [], [], 1)[0]:
            return True
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            if data := os.read(self._fd, 65536):
                self.text += _CONTROL.sub("", data.decode(errors="replace")).replace("\r", "")
                return True
        return False
