"""QEMU's Arm boards: a process whose GDB port is the probe and whose UART is the link.

Source: QEMU 7.2, "Invocation" (`-chardev`, `-gdb`, `-icount`) and "QEMU Machine Protocol".
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from harness.domain.checkup import Ask, Finding, State, first_line, version_in
from harness.domain.coordinates import Coordinates
from harness.domain.gate import GateFeed
from harness.domain.target import Target
from harness.errors import BadDefinition, LinkError, RigError, SimulatorDied, ToolMissing
from harness.machine._pin_listener import Pins, listening
from harness.machine._process import Simulator

FEEDS_GATE = True
_PROGRAM = "qemu-system-arm"
_PROGRAM_VARIABLE = "HARNESS_QEMU"
_INSTALL = "sudo apt-get install qemu-system-arm"
_START_S = 20.0
# A process closes its sockets a moment before it can be seen to have ended.
_REAP_S = 0.2


@contextmanager
def start(target: Target, *, work_dir: Path, gate: GateFeed | None = None) -> Iterator[Coordinates]:
    """Start the board `target.machine_options["machine"]`, stopped, with nothing loaded.

    One guest instruction is one nanosecond of guest time (`-icount shift=0`), so its timers count
    instructions, the same in every run. An error of the rig or the link that leaves this context
    after QEMU died becomes SimulatorDied. What the port tells of its pins on the second UART goes
    to `gate`; where there is none, the UART has no other end.

    Raises:
        ToolMissing: there is no QEMU.
        BadDefinition: the target names no board.
        SimulatorDied: QEMU ended before it was ready.
    """
    program = _program()
    board = target.machine_options.get("machine")
    if not board:
        raise BadDefinition(
            "machine_options has no 'machine'",
            where=f"target {target.id}",
            hint="Name a board of `qemu-system-arm -M help`, for example mps2-an500.",
        )
    with ExitStack() as stack:
        # The sockets exist before QEMU does, so no port can be lost to another process.
        gdb, link = (stack.enter_context(closing(_listen())) for _ in range(2))
        ours, theirs = (stack.enter_context(closing(end)) for end in socket.socketpair())
        pins = stack.enter_context(listening(gate))
        command = _command(program, board, gdb.fileno(), link.fileno(), theirs.fileno())
        command += _second_uart(pins.number)
        inherit = (gdb.fileno(), link.fileno(), theirs.fileno(), *pins.inherit)
        simulator = Simulator("qemu", command, work_dir=work_dir, inherit=inherit)
        stack.callback(simulator.stop)
        theirs.close()
        pins.handed_over()
        version = _await_greeting(ours, simulator)
        at = Coordinates(
            probe_uid=f"gdb:127.0.0.1:{gdb.getsockname()[1]}",
            link_url=f"socket://127.0.0.1:{link.getsockname()[1]}",
            check=lambda: _check(simulator, pins),
            versions=(("qemu", version),),
        )
        # Closed here, the ports are QEMU's alone: when it ends, they refuse connections.
        gdb.close()
        link.close()
        try:
            yield at
        except (RigError, LinkError) as error:
            if not isinstance(error, SimulatorDied) and simulator.has_ended(_REAP_S):
                raise simulator.obituary() from error
            raise


def checkup(targets: Sequence[Target], ask: Ask) -> Iterator[Finding]:
    """QEMU's version, and whether it knows the boards of `targets`."""
    mend = f"unset {_PROGRAM_VARIABLE}" if os.environ.get(_PROGRAM_VARIABLE) else _INSTALL
    stops = ToolMissing.exit_code
    try:
        program = _program()
    except ToolMissing as error:
        what = (error.what, mend, stops)
        yield Finding("machine", _PROGRAM, State.MISSING, "", *what)
        return
    answer = ask([program, "--version"])
    version = version_in(answer.output)
    if answer.status != 0 or not version:
        said = f"{program}: {first_line(answer.output)}"
        yield Finding("machine", _PROGRAM, State.FAULTY, "", said, mend, stops)
        return
    yield Finding("machine", _PROGRAM, State.OK, version, program)
    known = {line.split(" ")[0] for line in ask([program, "-M", "help"]).output.splitlines()}
    for target in targets:
        board = target.machine_options.get("machine", "")
        name = f"board {board}"
        if board in known:
            yield Finding("machine", name, State.OK, note=f"for {target.id}")
        else:
            note = f"for {target.id}: this QEMU has no such board"
            newer = mend if mend != _INSTALL else f"{_INSTALL} --only-upgrade"
            yield Finding("machine", name, State.FAULTY, version, note, newer, stops)


def _program() -> str:
    asked = os.environ.get(_PROGRAM_VARIABLE, "")
    found = shutil.which(asked or _PROGRAM)
    if found is None:
        raise ToolMissing(
            f"{asked or _PROGRAM} is not installed",
            where=f"${_PROGRAM_VARIABLE}" if asked else "PATH",
            hint=f"Install it (apt-get install qemu-system-arm) or set {_PROGRAM_VARIABLE}.",
        )
    return found


def _listen() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Accepted connections inherit it: single bytes are sent at once.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    return listener


def _command(program: str, board: str, gdb: int, link: int, monitor: int) -> list[str]:
    """Return the command line for three inherited sockets.

    The link is a multiplexed device, though only the UART uses it: that buffers 32 bytes and hands
    the UART the next one as soon as it is free, which makes input three times as fast as one
    pass of QEMU's main loop per byte. An escape character of 256 is one that no byte equals.
    """
    return [
        program,
        *("-M", board, "-display", "none", "-nodefaults", "-nic", "none"),
        *("-icount", "shift=0", "-S"),
        *("-chardev", f"socket,id=gdb,fd={gdb},server=on,wait=off", "-gdb", "chardev:gdb"),
        *("-chardev", f"socket,id=link,fd={link},server=on,wait=off,mux=on"),
        *("-serial", "chardev:link", "-echr", "256"),
        *("-chardev", f"socket,id=monitor,fd={monitor}", "-mon", "chardev=monitor,mode=control"),
    ]


def _second_uart(end: int | None) -> list[str]:
    """The words for a UART that tells of the pins, where somebody listens."""
    if end is None:
        return []
    return ["-chardev", f"file,id=pins,path=/dev/fd/{end}", "-serial", "chardev:pins"]


def _check(simulator: Simulator, pins: Pins) -> None:
    simulator.check()
    pins.check()


def _await_greeting(monitor: socket.socket, simulator: Simulator) -> str:
    """Wait until QEMU is ready and return its version."""
    deadline = time.monotonic() + _START_S
    greeting = b""
    while b"\n" not in greeting:
        monitor.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            received = monitor.recv(4096)
        except ConnectionResetError:
            received = b""
        except TimeoutError:
            raise SimulatorDied(
                f"QEMU is not ready after {_START_S:g} s",
                where=f"process {simulator.pid}",
                hint="Look at qemu.err in the work directory.",
            ) from None
        if not received:
            simulator.has_ended(_REAP_S)
            raise simulator.obituary()
        greeting += received
    number = json.loads(greeting)["QMP"]["version"]["qemu"]
    return f"{number['major']}.{number['minor']}.{number['micro']}"
