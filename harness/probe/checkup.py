"""Whether pyOCD has the probe for simulators, and sees probes on this desk.

pyOCD is asked as a program: it may hang on a bus, and somebody else's plugin may break it.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from harness.domain.checkup import Ask, Finding, State, first_line
from harness.domain.desk import SeenProbe
from harness.domain.target import Target
from harness.errors import ProbeNotFound, UnknownName

_PART = "probe"
_PLUGIN = "pyOCD plugin gdb"
_PYOCD = (sys.executable, "-m", "pyocd")
_STOPS = ProbeNotFound.exit_code


def plugin_checkup(ask: Ask, reinstall: str) -> Iterator[Finding]:
    """Whether pyOCD has our probe for simulators; `reinstall` is the command that registers it."""
    answer = ask([*_PYOCD, "list", "--plugins"])
    if answer.status == 0 and any(
        line.split()[:3] == ["Debug", "Probe", "gdb"] for line in answer.output.splitlines()
    ):
        yield Finding(_PART, _PLUGIN, State.OK, note="opens simulators as debug probes")
        return
    said = "" if answer.status == 0 else f": {first_line(answer.output)}"
    note = f"`pyocd list --plugins` does not name it{said}"
    yield Finding(_PART, _PLUGIN, State.MISSING, "", note, reinstall, _STOPS)


def probes_checkup(ask: Ask, *, needed: bool) -> Iterator[Finding]:
    """The probes that pyOCD finds, or that there is none; `needed` says that a target needs one."""
    answer = ask([*_PYOCD, "json", "--probes"])
    probes = _seen(answer.output) if answer.status == 0 else None
    if probes is None:
        yield _no_probe(f"`pyocd json --probes`: {first_line(answer.output)}", needed=needed)
    elif not probes:
        yield _no_probe("none is connected", needed=needed)
    else:
        for probe in probes:
            yield Finding(_PART, f"probe {probe.uid}", State.OK, note=probe.description)


def seen_probes(ask: Ask) -> tuple[SeenProbe, ...] | None:
    """The probes that pyOCD finds; None where it does not tell."""
    answer = ask([*_PYOCD, "json", "--probes"])
    return _seen(answer.output) if answer.status == 0 else None


def target_types_checkup(ask: Ask, targets: Sequence[Target], *, needed: bool) -> Iterator[Finding]:
    """The target types of `targets` that pyOCD lacks until their CMSIS-Pack is installed."""
    if not targets:
        return
    answer = ask([*_PYOCD, "json", "--targets"])
    known = _target_types(answer.output) if answer.status == 0 else None
    for target in targets if known is not None else ():
        name = f"pyOCD target {target.pyocd_target}"
        if target.pyocd_target.lower() in (known or ()):
            yield Finding(_PART, name, State.OK, note=f"for {target.id}")
            continue
        state = State.MISSING if needed else State.OPTIONAL
        note = f"for {target.id}: its CMSIS-Pack is not installed"
        mend = f"{shlex.quote(sys.executable)} -m pyocd pack install {target.pyocd_target}"
        yield Finding(_PART, name, state, "", note, mend, UnknownName.exit_code if needed else 0)


def _seen(output: str) -> tuple[SeenProbe, ...] | None:
    """The probes in pyOCD's JSON; None where it is something else."""
    try:
        boards: Any = _json(output)["boards"]
        return tuple(
            SeenProbe(str(board["unique_id"]), str(board["info"]), str(board.get("target") or ""))
            for board in boards
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _target_types(output: str) -> set[str] | None:
    """The names of target types in pyOCD's JSON; None where it is something else."""
    try:
        return {str(target["name"]).lower() for target in _json(output)["targets"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _json(output: str) -> Any:
    """The JSON object after whatever pyOCD logged before it."""
    return json.loads(output[output.index("{") :])


def _no_probe(note: str, *, needed: bool) -> Finding:
    if needed:
        mend = "plug it in, then look again: pyocd list"
        return Finding(_PART, "debug probe", State.MISSING, "", note, mend, _STOPS)
    return Finding(_PART, "debug probe", State.OPTIONAL, note=f"{note}; only boards need one")
