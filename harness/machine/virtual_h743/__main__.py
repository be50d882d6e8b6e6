"""The command line of the virtual STM32H743."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
from importlib.metadata import version
from pathlib import Path

import harness
from harness.machine.virtual_h743.chip import Chip
from harness.machine.virtual_h743.faults import FAULTS, BadFault, apply, device_id, parse
from harness.machine.virtual_h743.identity import REVISIONS
from harness.machine.virtual_h743.link import Link
from harness.machine.virtual_h743.pin_log import PinLog
from harness.machine.virtual_h743.pin_teller import PinTeller
from harness.machine.virtual_h743.server import Server

_EPILOG = """\
It listens on 127.0.0.1 only and prints its ports as one line of JSON. Any GDB works with it, and
pyOCD's own flash algorithm:

  arm-none-eabi-gdb firmware.elf -ex "target remote 127.0.0.1:PORT"
  pyocd load -u gdb:127.0.0.1:PORT -t stm32h743xx -O smart_flash=false firmware.elf

Faults:
"""


def main() -> None:
    """Serve until killed, or until the lifeline ends."""
    options = _options()
    try:
        faults = [parse(text) for text in options.fault]
    except BadFault as error:
        raise SystemExit(f"--fault: {error}") from None
    link = Link(lambda data: chip.usart3.receive(data))
    try:
        chip = Chip(
            send=link.send,
            flash_image=options.flash_image,
            cache_dir=options.cache if options.counter else None,
            revision=options.revision,
            device_id=device_id(faults),
        )
    except OSError as error:
        raise SystemExit(f"--flash-image: {error}") from None
    _log_pins(chip, options.pin_log)
    gdb, serial = _listener(options.gdb_port), _listener(options.link_port)
    server = Server(chip, link, gdb, serial, clock_hz=options.clock)
    apply(faults, chip, link, server)
    if options.pins_fd is not None:
        _tell_pins(options, chip, server)
    _tell(options, chip, gdb, serial, server)
    try:
        server.serve()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m harness.machine.virtual_h743",
        description="A virtual STM32H743 that speaks GDB's remote protocol.",
        epilog=_EPILOG
        + "\n".join(f"  {fault.usage:<32} {fault.help}" for fault in FAULTS.values()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--gdb-port", type=int, default=0, help="port of the debugger (default: any free one)")
    add("--link-port", type=int, default=0, help="port of USART3 (default: any free one)")
    add("--flash-image", type=Path, metavar="FILE", help="keep the 2 MB of flash in FILE")
    add("--pin-log", type=Path, metavar="FILE", help="write every edge of an output to FILE")
    add("--revision", choices=sorted(REVISIONS), default="V", help="of the chip (default: V)")
    add("--clock", type=int, default=480_000_000, metavar="HZ", help="time while the core sleeps")
    add("--fault", action="append", default=[], metavar="NAME[=ARG]", help="what goes wrong: below")
    add("--cache", type=Path, default=_cache(), metavar="DIR", help="for the compiled counter")
    add("--no-counter", dest="counter", action="store_false", help="do not count instructions")
    add("--pins", default="PD12", metavar="PIN,...", help="gate pin, operator pin (default: PD12)")
    add("--pins-fd", type=int, metavar="FD", help="tell their edges there")
    add("--lifeline", type=int, metavar="FD", help="tell ports there, end when it is closed")
    return parser.parse_args()


def _cache() -> Path:
    """Where the harness keeps its cache, by the same variables."""
    if own := os.environ.get("HARNESS_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "cortexm-harness"


def _log_pins(chip: Chip, path: Path | None) -> None:
    if path is None:
        return
    try:
        chip.on_pin.append(PinLog(path).note)
    except OSError as error:
        raise SystemExit(f"--pin-log: {error}") from None


def _tell_pins(options: argparse.Namespace, chip: Chip, server: Server) -> None:
    teller = PinTeller(options.pins_fd, options.pins.split(","), chip.time, options.clock)
    chip.on_pin.append(teller.note)
    chip.on_reset.append(teller.started)
    server.on_sleep.append(teller.asleep)


def _listener(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=1)
    except OSError as error:
        raise SystemExit(f"port {port}: {error.strerror}") from None


def _tell(
    options: argparse.Namespace,
    chip: Chip,
    gdb: socket.socket,
    link: socket.socket,
    server: Server,
) -> None:
    said = {
        "gdb": gdb.getsockname()[1],
        "link": link.getsockname()[1],
        "version": f"{harness.__version__} on Unicorn {version('unicorn')}",
        "no_counter": chip.no_counter or None,
    }
    line = json.dumps(said) + "\n"
    if options.lifeline is None:
        sys.stdout.write(line)
        sys.stdout.flush()
        return
    lifeline = socket.socket(fileno=options.lifeline)
    lifeline.sendall(line.encode())
    server.end_with(lifeline)


if __name__ == "__main__":
    main()
