"""The virtual STM32H743: a process whose GDB port is the probe and whose USART3 is the link."""

from __future__ import annotations

import difflib
import json
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

from harness.domain.checkup import Ask, Finding, State, first_line, version_in
from harness.domain.coordinates import Coordinates
from harness.domain.gate import GateFeed
from harness.domain.target import Target
from harness.errors import BadDefinition, ConfigError, LinkError, RigError, SimulatorDied
from harness.machine._pin_listener import Pins, listening
from harness.machine._process import Simulator
from harness.machine.virtual_h743.counter import COMPILERS

FEEDS_GATE = True
_NAME = "virtual-h743"
_OPTIONS = {"revision", "faults", "flash_image", "pin_log"}
_START_S = 60.0
# A process closes its sockets a moment before it can be seen to have ended.
_REAP_S = 0.2


@contextmanager
def start(target: Target, *, work_dir: Path, gate: GateFeed | None = None) -> Iterator[Coordinates]:
    """Start the chip, halted, with what `flash_image` holds, else erased.

    Options of the target's `[machine]`: `revision` (V or Y), `faults` (see `--help` of the server,
    comma-separated), `flash_image` and `pin_log` (files). An error of the rig or the link that
    leaves this context after the server died becomes SimulatorDied. Edges of the pins that the
    target's firmware has for a meter go to `gate`, at the target's clock.

    Raises:
        ConfigError: `gate` cannot be fed, because no instruction counter could be made.
        BadDefinition: the target gives an option that there is not.
        SimulatorDied: the server ended before it was ready, for example for a wrong option.
    """
    options = _options(target)
    ours, theirs = socket.socketpair()
    with closing(ours), listening(gate) as pins:
        with closing(theirs):
            command = [sys.executable, "-m", __name__, "--lifeline", str(theirs.fileno()), *options]
            command += _pins(target, pins)
            inherit = (theirs.fileno(), *pins.inherit)
            simulator = Simulator(_NAME, command, work_dir=work_dir, inherit=inherit)
        pins.handed_over()
        try:
            said = _await_ready(ours, simulator)
            if pins.number is not None and said["no_counter"]:
                raise _timeless(target, said["no_counter"])
            at = Coordinates(
                probe_uid=f"gdb:127.0.0.1:{said['gdb']}",
                link_url=f"socket://127.0.0.1:{said['link']}",
                check=lambda: _check(simulator, pins),
                versions=((_NAME, str(said["version"])),),
                no_counter=said["no_counter"],
            )
            try:
                yield at
            except (RigError, LinkError) as error:
                if not isinstance(error, SimulatorDied) and simulator.has_ended(_REAP_S):
                    raise simulator.obituary() from error
                raise
        finally:
            simulator.stop()


def checkup(targets: Sequence[Target], ask: Ask) -> Iterator[Finding]:
    """Whether the engine is installed, and a C compiler, without which there are no counts."""
    try:
        yield Finding("machine", "unicorn", State.OK, installed_version("unicorn"))
    except PackageNotFoundError:
        stops = SimulatorDied.exit_code
        note = f"for {', '.join(target.id for target in targets)}"
        mend = "python -m pip install unicorn"
        yield Finding("machine", "unicorn", State.MISSING, "", note, mend, stops)
    name = "C compiler of this computer"
    found = next(filter(None, map(shutil.which, COMPILERS)), None)
    if found is None:
        note = "counts are missing without it, for it makes the instruction counter"
        mend = "sudo apt-get install gcc libc6-dev"
        yield Finding("machine", name, State.OPTIONAL, note=note, mend=mend)
        return
    said = first_line(ask([found, "--version"]).output)
    yield Finding("machine", name, State.OK, version_in(said), found)


def _pins(target: Target, pins: Pins) -> list[str]:
    """The words that name the pins to tell of."""
    if pins.number is None:
        return []
    defines = target.defines
    numbers = [defines.get(f"HARNESS_{pin}_PIN") for pin in ("GATE", "OPERATOR")]
    if numbers[0] is None or "HARNESS_GATE_PORT" not in defines:
        raise BadDefinition(
            "its firmware has no gate pin",
            where=f"target {target.id}",
            hint="Give HARNESS_GATE_PORT and HARNESS_GATE_PIN in [defines].",
        )
    port = defines["HARNESS_GATE_PORT"].removeprefix("GPIO")
    names = [f"P{port}{number.rstrip('u')}" for number in numbers if number is not None]
    return ["--pins", ",".join(names), "--pins-fd", str(pins.number)]


def _check(simulator: Simulator, pins: Pins) -> None:
    simulator.check()
    pins.check()


def _timeless(target: Target, reason: str) -> ConfigError:
    return ConfigError(
        f"its edges have no time: {reason}",
        where=f"target {target.id}",
        hint="Install a C compiler (apt-get install gcc libc6-dev).",
    )


def _options(target: Target) -> list[str]:
    options = target.machine_options
    unknown = sorted(set(options) - _OPTIONS)
    if unknown:
        near = difflib.get_close_matches(unknown[0], _OPTIONS, n=1) or sorted(_OPTIONS)
        raise BadDefinition(
            f"machine has no option {unknown[0]!r}",
            where=f"target {target.id}",
            hint=f"Write {' or '.join(near)}.",
        )
    command = ["--clock", str(target.clock_hz)]
    if "revision" in options:
        command += ["--revision", options["revision"]]
    for file in ("flash_image", "pin_log"):
        if file in options:
            command += [f"--{file.replace('_', '-')}", options[file]]
    for fault in filter(None, options.get("faults", "").split(",")):
        command += ["--fault", fault.strip()]
    return command


def _await_ready(ours: socket.socket, simulator: Simulator) -> dict[str, str]:
    """Wait for the line that tells ports and version."""
    deadline = time.monotonic() + _START_S
    line = b""
    while not line.endswith(b"\n"):
        ours.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            received = ours.recv(4096)
        except ConnectionResetError:
            received = b""
        except TimeoutError:
            raise SimulatorDied(
                f"the virtual STM32H743 is not ready after {_START_S:g} s",
                where=f"process {simulator.pid}",
                hint=f"Look at {_NAME}.err in the work directory.",
            ) from None
        if not received:
            simulator.has_ended(_REAP_S)
            raise simulator.obituary()
        line += received
    said: dict[str, str] = json.loads(line)
    return said
