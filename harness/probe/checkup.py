"""Whether pyOCD has the probe for simulators, and sees probes on this desk.

pyOCD is asked as a program: it may hang on a bus, and somebody else's plugin may break it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from harness.domain.checkup import Ask, Finding, State, first_line
from harness.errors import ProbeNotFound

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
    probes = _probes(answer.output) if answer.status == 0 else None
    if probes is None:
        yield _no_probe(f"`pyocd json --probes`: {first_line(answer.output)}", needed=needed)
    elif not probes:
        yield _no_probe("none is connected", needed=needed)
    else:
        for uid, info in probes:
            yield Finding(_PART, f"probe {uid}", State.OK, note=info)


def _probes(output: str) -> list[tuple[str, str]] | None:
    """Unique id and description of each probe in pyOCD's JSON; None where it is something else."""
    try:
        found: Any = json.loads(output[output.index("{") :])
        boards = [(board["unique_id"], board["info"]) for board in found["boards"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return [(str(uid), str(info)) for uid, info in boards]


def _no_probe(note: str, *, needed: bool) -> Finding:
    if needed:
        mend = "plug it in, then look again: pyocd list"
        return Finding(_PART, "debug probe", State.MISSING, "", note, mend, _STOPS)
    return Finding(_PART, "debug probe", State.OPTIONAL, note=f"{note}; only boards need one")
