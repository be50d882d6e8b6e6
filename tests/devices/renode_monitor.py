"""A Renode as its launcher shows it: a monitor on a port, a log on standard output, no machine.

Run as a program it takes Renode's options, and the shape of its misbehaviour from FAKE_RENODE.
Prompt, echo, telnet bytes and messages are those of Renode 1.16.1.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

BANNER = "Renode, version 1.16.1 (d66b0c2a-202602160933)"
VERSION = "Renode v1.16.1.17033\r\nbuild: d66b0c2a-202602160933\r\nbuild type: Release"
# DO/WILL of echo and suppress-go-ahead, as a telnet client is greeted.
NEGOTIATION = b"\xff\xfd\x03\xff\xfb\x03\xff\xfb\x01"
PROMPT = "\x1b[33m({name}) \x1b[0m"

Answer = Callable[[str], str]
HANG_UP = "\0"
SILENCE = "\1"


def serve(
    listener: socket.socket,
    answer: Answer,
    *,
    greeting: bool = True,
    echoing: bool = True,
    lose: int = 0,
) -> None:
    """Serve one client; the first `lose` bytes it sends are lost."""
    client, _ = listener.accept()
    name = "monitor"
    with client, contextlib.suppress(ConnectionError):
        client.sendall(NEGOTIATION)
        if greeting:
            client.sendall(f"{BANNER}\r\n\r\n{PROMPT.format(name=name)}".encode())
        pending = b""
        while data := client.recv(4096):
            data, lose = data[lose:], max(0, lose - len(data))
            pending += data
            while b"\n" in pending:
                line, _, pending = pending.partition(b"\n")
                command = line.decode()
                said = answer(command)
                if said == HANG_UP:
                    return
                if said == SILENCE:
                    continue
                name = "openmv-h7-renode" if command.startswith("include") else name
                said = f"{said}\r\n" if said else ""
                shown = f"{command}\r\n" if echoing else ""
                client.sendall(f"{shown}{said}{PROMPT.format(name=name)}".encode())


def echo(command: str) -> str | None:
    """What the monitor's own `echo` prints."""
    found = re.fullmatch(r'echo "(.*)"', command)
    return found[1] if found else None


def refusal(command: str, reason: str) -> str:
    """How Renode says that a command failed."""
    return f"There was an error executing command '{command}'\r\n{reason}"


class FakeRenode:
    """What the fake program answers; a misbehaviour is a word of FAKE_RENODE."""

    def __init__(self, shape: str) -> None:
        self.shape = shape
        self.listeners: list[socket.socket] = []

    def answer(self, command: str) -> str:
        """Answer one line of the monitor."""
        if (said := echo(command)) is not None:
            return said
        if command == "version":
            return VERSION.replace("1.16.1", "1.15.3") if self.shape == "old" else VERSION
        if command == "sysbus.cpu PerformanceInMips":
            return "100" if self.shape == "slow-clock" else "0x000001F4"
        if command.startswith("include @"):
            return self.include(command)
        return f"No such command or device: {command}" if command else ""

    def include(self, command: str) -> str:
        """Open the ports that the script names."""
        if self.shape == "refuses":
            return refusal(command, "Error E39: Could not find type 'Miscellaneous.DWT'.")
        if self.shape == "dies-at-script":
            sys.exit(7)
        if self.shape == "taken":
            return refusal(command, "Address already in use")
        once = Path(os.environ["FAKE_RENODE_ONCE"]) if self.shape == "taken-once" else None
        if once and not once.exists():
            once.touch()
            return refusal(command, "Address already in use")
        text = Path(command.removeprefix("include @").replace("\\ ", " ")).read_text()
        for port in re.findall(r"(?:Terminal|GdbServer) (\d+)", text):
            self.listeners.append(socket.create_server(("", int(port))))
        return ""


def say(line: str) -> None:
    """Write a line of the log."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(options: list[str]) -> None:
    """Be Renode."""
    shape = os.environ.get("FAKE_RENODE", "")
    if "--version" in options:
        say(VERSION.replace("\r", ""))
        return
    if shape == "dies":
        say("Fatal error: the runtime could not be initialised")
        sys.exit(3)
    port = int(options[options.index("-P") + 1])
    if shape == "mute":
        time.sleep(60)
    listener = socket.create_server(("", port))
    say("12:00:00.0000 [INFO] Loaded monitor commands from: scripts/monitor.py")
    say(f"12:00:00.0001 [INFO] Monitor available in telnet mode on port {port}")
    serve(listener, FakeRenode(shape).answer)
    time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1:])
