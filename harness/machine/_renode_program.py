"""Finds the user's Renode, however it was installed, and reads its version."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from harness.errors import ToolMissing

VARIABLE = "RENODE"
# Before 1.16 a read of CYCCNT was as coarse as the quantum (changelog, "DWT: Sync time before
# reading counter"), and a count would be wrong without looking so.
OLDEST = (1, 16)
INSTALL = (
    "mkdir -p ~/renode && wget -qO- https://github.com/renode/renode/releases/download/v1.16.1/"
    "renode-1.16.1.linux-portable.tar.gz | tar xz --strip-components=1 -C ~/renode && "
    f"export {VARIABLE}=~/renode/renode"
)

_NAME = "renode"
_RUNTIMES = {".exe": "mono", ".dll": "dotnet"}
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)*")


def find_renode() -> tuple[str, ...]:
    """Return the words that start Renode.

    `RENODE` names its launcher, the folder that holds it, or `Renode.exe` or `Renode.dll`, which
    Mono or .NET runs; without it `renode` is taken from PATH.

    Raises:
        ToolMissing: there is none, or not what runs it.
    """
    asked = os.environ.get(VARIABLE, "")
    place = Path(asked).expanduser()
    name = str(place / _NAME if asked and place.is_dir() else place) if asked else _NAME
    runtime = _RUNTIMES.get(Path(name).suffix.lower())
    if runtime and Path(name).is_file():
        program = shutil.which(runtime)
        if program is None:
            raise ToolMissing(
                f"{runtime}, which runs {Path(name).name}, is not installed",
                where="PATH",
                hint=f"Install {runtime}, or let {VARIABLE} name a portable release of Renode.",
            )
        return program, name
    found = shutil.which(name)
    if found is None:
        raise ToolMissing(
            f"{asked or _NAME} is not installed",
            where=f"${VARIABLE}" if asked else "PATH",
            hint=f"Install Renode {spelled(OLDEST)} or newer (`harness doctor` has the command), "
            f"or set {VARIABLE}.",
        )
    return (found,)


def version_in_banner(text: str) -> str:
    """The version in what Renode says of itself ("Renode v1.16.1.17033"), or nothing."""
    for line in text.splitlines():
        found = _VERSION.search(line)
        if found and (_NAME in line.lower() or line.strip().startswith(found[0])):
            return found[0]
    return ""


def too_old(version: str) -> bool:
    """Tell whether counts of this version cannot be believed."""
    return tuple(int(number) for number in version.split(".")[:2]) < OLDEST


def spelled(version: tuple[int, ...]) -> str:
    """Write a version as people do."""
    return ".".join(map(str, version))
