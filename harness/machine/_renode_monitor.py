"""A dialogue with Renode's monitor over its telnet port, in which every wait has a deadline.

Source: Renode documentation, "Monitor and script syntax"; RFC 854 (telnet commands).
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable

from harness.errors import RigError

_TELNET = re.compile(rb"\xff(?:\xfa.*?\xff\xf0|[\xfb-\xfe].|[^\xfa-\xff])", re.DOTALL)
_TERMINAL = re.compile(rb"\x1b(?:\[[0-9;?]*[A-Za-z]|[78=>])")
_REFUSED = re.compile(
    r"There was an error executing command|No such command|Bad parameters for command"
    r"|Could not tokenize|does not provide a|^Error E\d+:|could not be found",
    re.IGNORECASE | re.MULTILINE,
)
_PROMPTS = re.compile(r"^(?:\([\w.-]+\) ?)+")
_ASK_AGAIN_S = 1.0
_POLL_S = 0.02


class Monitor:
    """One connection to the monitor.

    A command is followed by an `echo` of a word that occurs nowhere else, so that neither the
    prompt, nor how a line is echoed or wrapped, has to be known to find the end of its output.

    Args:
        port: the monitor's TCP port on this host.
        deadline_s: seconds until it must have answered.
        check: raises when the process behind it has ended.

    Raises:
        RigError: nothing answers before the deadline.
    """

    def __init__(self, port: int, *, deadline_s: float, check: Callable[[], None]) -> None:
        self._where = f"Renode's monitor, port {port}"
        self._check = check
        self._received = bytearray()
        self._asked = 0
        deadline = time.monotonic() + deadline_s
        self._socket = self._connect(port, deadline, deadline_s)
        try:
            # A key pressed while the shell starts may be lost: ask until it answers.
            while True:
                word = self._send("")
                until = min(deadline, time.monotonic() + _ASK_AGAIN_S)
                if self._read_to(word, until) is not None:
                    break
                if time.monotonic() >= deadline:
                    raise self._silent("its first prompt", deadline_s)
        except BaseException:
            self.close()
            raise

    def run(self, command: str, *, deadline_s: float = 20.0) -> str:
        """Run one command and return what it printed.

        Raises:
            RigError: the monitor says that it could not, there is no answer before the deadline,
                or the connection ended.
        """
        word = self._send(command)
        said = self._read_to(word, time.monotonic() + deadline_s)
        if said is None:
            raise self._silent(f"`{command}`", deadline_s)
        echoes = (command, f'echo "{word}"')
        lines = (_PROMPTS.sub("", line).strip() for line in said.splitlines())
        text = "\n".join(line for line in lines if line and not line.endswith(echoes))
        if _REFUSED.search(text):
            raise RigError(
                f"Renode could not run `{command}`; it said:\n"
                + "\n".join(f"  {line}" for line in text.splitlines()),
                where=self._where,
                hint="Look at renode.resc and renode.out in the work directory.",
            )
        return text

    def close(self) -> None:
        """End the connection; Renode goes on."""
        self._socket.close()

    def _send(self, command: str) -> str:
        self._asked += 1
        word = f"answered-{self._asked}"
        try:
            self._socket.sendall(f'{command}\necho "{word}"\n'.encode())
        except OSError as error:
            raise self._closed(error) from error
        return word

    def _read_to(self, word: str, deadline: float) -> str | None:
        """Return what was printed before the line `word`, or None at the deadline."""
        end = re.compile(rf'(?<!"){word}[ ]*$\n?', re.MULTILINE)
        while True:
            text = _plain(bytes(self._received))
            found = end.search(text)
            if found:
                self._received = bytearray(text[found.end() :].encode())
                return text[: found.start()]
            if time.monotonic() >= deadline:
                return None
            self._receive(deadline)

    def _receive(self, deadline: float) -> None:
        self._socket.settimeout(max(0.001, min(_ASK_AGAIN_S, deadline - time.monotonic())))
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            self._check()
            return
        except OSError as error:
            raise self._closed(error) from error
        if not data:
            raise self._closed(None)
        self._received += data

    def _connect(self, port: int, deadline: float, deadline_s: float) -> socket.socket:
        while True:
            self._check()
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=_ASK_AGAIN_S)
            except OSError as error:
                if time.monotonic() >= deadline:
                    raise self._silent("a connection", deadline_s) from error
                time.sleep(_POLL_S)

    def _silent(self, what: str, deadline_s: float) -> RigError:
        return RigError(
            f"no answer to {what} after {deadline_s:g} s",
            where=self._where,
            hint="Look at renode.out in the work directory.",
        )

    def _closed(self, error: OSError | None) -> RigError:
        self._check()
        return RigError(
            f"the connection ended: {error.strerror if error else 'closed by Renode'}",
            where=self._where,
            hint="Look at renode.out in the work directory.",
        )


def _plain(data: bytes) -> str:
    """Take telnet commands, terminal control and carriage returns out of what arrived."""
    text = _TERMINAL.sub(b"", _TELNET.sub(b"", data)).replace(b"\r", b"")
    return text.decode("utf-8", "replace")
