"""Starts a checkout of MLPerf Tiny's official runner, unchanged, on a pseudo-terminal or a socket.

    python runner_on_port.py PORT RUNNER [the runner's own options]

PORT is a device or a socket:// URL, RUNNER the folder with the runner's main.py. The runner looks
for serial ports by USB ids and has no option that names one. So pyserial is told, before the runner
is loaded, that there is one port, with the ids of the runner's own board l4r5zi, and pyusb that
there is no device. Of the runner's files nothing is changed. It needs the runner's packages.
"""

from __future__ import annotations

import runpy
import socket
import sys
from pathlib import Path
from typing import Any

import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

VID, PID = 0x0483, 0x374B  # an ST-LINK/V2-1, as the Nucleo-L4R5ZI has one


def only_port(where: str) -> None:
    """Make `where` the only serial port that anybody finds."""
    import usb.core  # the runner needs it, the tests of the harness do not

    port = ListPortInfo(where)
    port.vid, port.pid = VID, PID
    list_ports.comports = lambda include_links=False: [port]
    usb.core.find = lambda **wanted: []


def open_urls() -> None:
    """Let what opens a serial device open a URL, without waiting for acknowledgements.

    The runner writes a command and its end apart: the second write waits for the other end to
    acknowledge the first, which on Linux takes 40 ms.
    """
    connect = socket.create_connection

    def at_once(*args: Any, **kwargs: Any) -> socket.socket:
        connection = connect(*args, **kwargs)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    socket.create_connection = at_once
    serial.Serial = serial.serial_for_url


def main() -> None:
    """Become the runner."""
    where, runner, *options = sys.argv[1:]
    only_port(where)
    if "://" in where:
        open_urls()
    program = Path(runner).resolve() / "main.py"
    sys.path.insert(0, str(program.parent))
    sys.argv = [str(program), *options]
    runpy.run_path(str(program), run_name="__main__")


if __name__ == "__main__":
    main()
