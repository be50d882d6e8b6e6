"""Writes a `rig.toml` for what was found on a desk; what cannot be told is left to the user."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.domain.desk import SeenPort, SeenProbe, Sighting
from harness.domain.target import Target
from harness.domain.units import Fidelity
from harness.errors import ConfigError

_HEAD = """\
# What is on this desk; for this computer only, never for a repository.
# Lines that begin with "#" wait for you: correct them and take the "#" away.
"""


def propose(seen: Sighting, targets: Mapping[str, Target]) -> str:
    """The text of a `rig.toml`: a board for each probe, with what is still to be filled in.

    A port belongs to a probe if both have one USB serial number, or if there is one of each. The
    target is the one that answers on the port, else the only one of the probe's target type. A
    board of which something is not known is a comment.
    """
    boards = [target for target in targets.values() if target.fidelity is Fidelity.SILICON]
    blocks = [_block(probe, seen, boards) for probe in seen.probes]
    if not blocks:
        example = SeenProbe("UNIQUE ID, as `pyocd list` prints it", "no debug probe was found")
        blocks = [_block(example, seen, boards)]
    return "\n".join([_HEAD, *blocks])


def write_new(path: Path, text: str) -> None:
    """Write `text` to a file that is not there yet.

    Raises:
        ConfigError: it is there already, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        if path.exists() and isinstance(error, FileExistsError):
            what = "the file is there already, and is not overwritten"
            hint = "Name another file, or move this one away."
        else:
            what = f"the file cannot be written: {error.strerror}"
            hint = "Name a file in a folder that you may write to."
        raise ConfigError(what, where=str(path), hint=hint) from error


def _block(probe: SeenProbe, seen: Sighting, boards: Sequence[Target]) -> str:
    port, doubt = _port_of(probe, seen)
    target = _target_of(probe, port, seen, boards)
    notes = [_plain(probe.description) or "debug probe"]
    if not target:
        notes.append("target: one of " + ", ".join(sorted(board.id for board in boards)))
    if doubt:
        notes.append(f"port: {doubt}")
        notes += [f"  {_name(one)}  {_plain(one.description)}" for one in seen.ports]
    lines = [
        "[[board]]",
        f"target = {_quoted(target or 'TARGET')}",
        f"probe = {_quoted(probe.uid)}",
        f"port = {_quoted(_name(port) if port else 'usb:SERIALNUMBER')}",
    ]
    if port is not None and port.interface is not None and port.serial_number:
        lines.append(f"interface = {port.interface}")
    complete = target and port and seen.probes
    shown = lines if complete else [f"# {line}" for line in lines]
    return "\n".join([*(f"# {note}" for note in notes), *shown, ""])


def _port_of(probe: SeenProbe, seen: Sighting) -> tuple[SeenPort | None, str]:
    """The port of a probe, and what makes that doubtful."""
    own = [port for port in seen.ports if port.serial_number.lower() == probe.uid.lower()]
    alone = len(seen.probes) == 1
    candidates = own or ([port for port in seen.ports if port.serial_number] if alone else [])
    answering = [port for port in candidates if port.device in seen.answers]
    if len(answering) == 1 and (own or alone):
        return answering[0], ""
    if len(own) == 1:
        return own[0], ""
    if len(candidates) == 1:
        return candidates[0], "the only one with a USB serial number; see that it is the UART's"
    return None, "the USB serial number of the one that the UART is wired to"


def _target_of(
    probe: SeenProbe, port: SeenPort | None, seen: Sighting, boards: Sequence[Target]
) -> str:
    ids = {board.id for board in boards}
    answered = seen.answers.get(port.device, "") if port else ""
    if answered in ids:
        return answered
    alike = [board.id for board in boards if board.pyocd_target == probe.pyocd_target]
    return alike[0] if len(alike) == 1 and probe.pyocd_target != "cortex_m" else ""


def _name(port: SeenPort) -> str:
    return _plain(f"usb:{port.serial_number}" if port.serial_number else port.device)


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's, as long as all characters are printable."""
    return json.dumps(_plain(text), ensure_ascii=False)


def _plain(text: str) -> str:
    """What a device says of itself, without what could end a line."""
    return "".join(character for character in text if character.isprintable())
