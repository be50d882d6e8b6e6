"""Ties a program and all it starts to this process, whatever ends either of them.

Renode's launcher is a shell script that stays the parent of the runtime it starts: neither a signal
to the launcher nor the launcher's death ends the runtime.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence

# The group's leader becomes the program; what waits in its group for the end of a pipe that only
# the harness holds open is told of the harness's end by the kernel, and ends the group.
_SCRIPT = '{ read -r _ <&"$0"; kill -s KILL -- "-$$"; } >/dev/null 2>&1 & exec "$@"'


class Tether:
    """A pipe between this process and a process group of its own.

    `fd` is what the program must inherit; `command` ties it.
    """

    def __init__(self) -> None:
        self.fd, self._ours = os.pipe()

    def command(self, command: Sequence[str]) -> list[str]:
        """Return `command` as a command that keeps to its end of the tether."""
        return ["sh", "-c", _SCRIPT, str(self.fd), *command]

    def started(self) -> None:
        """Leave the program's end to the program."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def cut(self, group: int | None = None) -> None:
        """End the process group `group`, and let go of the pipe."""
        if group is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self.started()
        if self._ours >= 0:
            os.close(self._ours)
            self._ours = -1
