"""Boards that Renode simulates: its GDB server is the probe, a UART on TCP is the link.

Source: Renode 1.16, documentation and `renode --help`.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.domain.checkup import Ask, Finding, State, first_line
from harness.domain.coordinates import Coordinates
from harness.domain.target import Target
from harness.errors import LinkError, PortBusy, RigError, SimulatorDied, ToolMissing
from harness.machine import _renode_program as program
from harness.machine._process import Simulator
from harness.machine._renode_monitor import Monitor
from harness.machine._renode_script import DWT_HZ, MIPS, include, script
from harness.machine._tether import Tether

_START_S = 60.0
_SET_UP_S = 60.0
_ATTEMPTS = 3
_POLL_S = 0.02
_REAP_S = 0.2
_TAKEN = ("in use", "Only one usage of each socket")


@dataclass(frozen=True)
class _Ports:
    monitor: int
    gdb: int
    link: int


@dataclass(frozen=True)
class _Running:
    simulator: Simulator
    ports: _Ports
    version: str


@contextmanager
def start(target: Target, *, work_dir: Path, deadline_s: float = _START_S) -> Iterator[Coordinates]:
    """Start the board `target.machine_options["platform"]`, with nothing loaded and time at rest.

    Its UART `machine_options["uart"]` is the link. One tick of CYCCNT is one instruction. Renode
    listens on every interface of the host, with all three of its ports. An error of the rig or the
    link that leaves this context after Renode died becomes SimulatorDied.

    Raises:
        ToolMissing: there is no Renode, or one whose counts are too coarse.
        BadDefinition: the target names no platform or UART.
        SimulatorDied: Renode ended before it was ready.
        PortBusy: other programs took the ports it was given, each time.
        RigError: Renode refuses the platform, or is not ready within `deadline_s` seconds.
    """
    command = program.find_renode()
    script(target, link_port=0, gdb_port=0)  # what is wrong with the target is told first
    with ExitStack() as stack:
        running = _bring_up(stack, command, target, work_dir, deadline_s)
        try:
            yield Coordinates(
                probe_uid=f"gdb:127.0.0.1:{running.ports.gdb}",
                link_url=f"socket://127.0.0.1:{running.ports.link}",
                check=running.simulator.check,
                versions=(
                    (
                        "renode",
                        f"{running.version} (PerformanceInMips {MIPS}, "
                        f"DWT {DWT_HZ // 1_000_000} MHz)",
                    ),
                ),
            )
        except (RigError, LinkError) as error:
            if not isinstance(error, SimulatorDied) and running.simulator.has_ended(_REAP_S):
                raise running.simulator.obituary() from error
            raise


def checkup(targets: Sequence[Target], ask: Ask) -> Iterator[Finding]:
    """Renode's version."""
    mend = f"unset {program.VARIABLE}" if os.environ.get(program.VARIABLE) else program.INSTALL
    stops = ToolMissing.exit_code
    try:
        command = program.find_renode()
    except ToolMissing as error:
        yield Finding("machine", "renode", State.MISSING, "", error.what, mend, stops)
        return
    answer = ask([*command, "--version"])
    version = program.version_in_banner(answer.output)
    if answer.status != 0 or not version:
        said = f"{command[-1]}: {first_line(answer.output)}"
        yield Finding("machine", "renode", State.FAULTY, "", said, mend, stops)
    elif program.too_old(version):
        note = f"{command[-1]}: counts need {program.spelled(program.OLDEST)} or newer"
        yield Finding("machine", "renode", State.FAULTY, version, note, mend, stops)
    else:
        yield Finding("machine", "renode", State.OK, version, command[-1])


def _bring_up(
    stack: ExitStack, command: Sequence[str], target: Target, work_dir: Path, deadline_s: float
) -> _Running:
    """Start Renode; where another program was faster with a port, start it again with others."""
    for attempt in range(1, _ATTEMPTS + 1):
        with ExitStack() as own:
            ports = _free_ports()
            try:
                running = _launch(own, command, target, work_dir, ports, deadline_s)
            except RigError as error:
                if not any(words in error.what for words in _TAKEN):
                    raise
                if attempt == _ATTEMPTS:
                    raise PortBusy(
                        f"Renode found a port of its three in use, {_ATTEMPTS} times",
                        where=f"ports {ports.monitor}, {ports.gdb}, {ports.link}",
                        hint="Run again; look for what takes ports of this host so fast.",
                    ) from error
                continue
            stack.push(own.pop_all())
            return running
    raise AssertionError("unreachable")


def _launch(
    stack: ExitStack,
    command: Sequence[str],
    target: Target,
    work_dir: Path,
    ports: _Ports,
    deadline_s: float,
) -> _Running:
    tether = Tether()
    stack.callback(tether.cut)
    options = ("--disable-xwt", "--plain", "-P", str(ports.monitor))
    simulator = Simulator(
        "renode",
        tether.command([*command, *options]),
        work_dir=work_dir,
        inherit=(tether.fd,),
    )
    stack.callback(simulator.stop)
    stack.callback(tether.cut, simulator.pid)
    tether.started()
    try:
        version = _set_up(stack, simulator, target, work_dir, ports, deadline_s)
    except RigError as error:
        # A process closes its sockets a moment before it can be seen to have ended.
        if not isinstance(error, SimulatorDied) and simulator.has_ended(_REAP_S):
            raise simulator.obituary() from error
        raise
    return _Running(simulator, ports, version)


def _set_up(
    stack: ExitStack,
    simulator: Simulator,
    target: Target,
    work_dir: Path,
    ports: _Ports,
    deadline_s: float,
) -> str:
    """Make a board of a Renode that starts, and return its version."""
    deadline = time.monotonic() + deadline_s
    _await_announcement(simulator, work_dir / "renode.out", ports.monitor, deadline, deadline_s)
    left = max(1.0, deadline - time.monotonic())
    monitor = stack.enter_context(
        closing(Monitor(ports.monitor, deadline_s=left, check=simulator.check))
    )
    version = _require_version(monitor.run("version"))
    path = work_dir / "renode.resc"
    path.write_text(script(target, link_port=ports.link, gdb_port=ports.gdb))
    monitor.run(include(path), deadline_s=_SET_UP_S)
    _require_speed(monitor.run("sysbus.cpu PerformanceInMips"))
    return version


def _await_announcement(
    simulator: Simulator, log: Path, port: int, deadline: float, deadline_s: float
) -> None:
    """Wait until this Renode, and not another program, says that it listens on `port`."""
    words = f"telnet mode on port {port}"
    while words not in log.read_text(errors="replace"):
        simulator.check()
        if time.monotonic() >= deadline:
            raise RigError(
                f"Renode is not ready after {deadline_s:g} s",
                where=str(log),
                hint="Look at what it printed there.",
            )
        time.sleep(_POLL_S)


def _require_version(said: str) -> str:
    version = program.version_in_banner(said)
    if not version or program.too_old(version):
        raise ToolMissing(
            f"Renode {version or 'of an unknown version'} counts too coarsely",
            where=f"${program.VARIABLE}" if os.environ.get(program.VARIABLE) else "PATH",
            hint=f"Install {program.spelled(program.OLDEST)} or newer.",
        )
    return version


def _require_speed(said: str) -> None:
    """Refuse a machine on which a tick of the counter is not one instruction."""
    words = said.split()
    try:
        mips = int(words[-1], 0) if words else 0
    except ValueError:
        mips = 0
    if mips != MIPS:
        raise RigError(
            f"Renode's core has PerformanceInMips {said!r} and should have {MIPS}",
            where="renode.resc",
            hint="Use a released version of Renode, or tell us of yours.",
        )


def _free_ports() -> _Ports:
    """Three ports that are free now. Renode opens its ports itself, and on every interface."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.create_server(("", 0)))) for _ in range(3)]
        return _Ports(*(one.getsockname()[1] for one in sockets))
