"""The Python this runs in: its version, and its packages against those the harness asks for."""

from __future__ import annotations

import platform
import shlex
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

import harness
from harness.domain.checkup import Finding, State
from harness.errors import ToolMissing

_DISTRIBUTION = "cortexm-harness"
_PART = "python"


def checkup(requirements: Sequence[str] | None = None) -> Iterator[Finding]:
    """Python, and one finding per package of `requirements`, by default those of the harness."""
    yield Finding(_PART, "Python", State.OK, platform.python_version(), sys.executable)
    if requirements is None:
        try:
            requirements = requires(_DISTRIBUTION) or []
        except PackageNotFoundError:
            yield Finding(
                *(_PART, _DISTRIBUTION, State.MISSING),
                note="it runs, but is not installed, so that pyOCD does not find its plugin",
                mend=reinstall(),
                exit_code=ToolMissing.exit_code,
            )
            return
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield _package(requirement)


def reinstall() -> str:
    """The command that installs the harness itself again, from its checkout if it runs from one."""
    pip = f"{shlex.quote(sys.executable)} -m pip install --no-deps"
    checkout = Path(harness.__file__).parents[1]
    if (checkout / "pyproject.toml").is_file():
        return f"{pip} --no-build-isolation -e {shlex.quote(str(checkout))}"
    return f"{pip} --force-reinstall {_DISTRIBUTION}"


def _package(requirement: Requirement) -> Finding:
    wanted = f"{requirement.name}{requirement.specifier}"
    mend = f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(wanted)}"
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return Finding(
            *(_PART, requirement.name, State.MISSING),
            mend=mend,
            exit_code=ToolMissing.exit_code,
        )
    if not requirement.specifier.contains(found, prereleases=True):
        return Finding(
            *(_PART, requirement.name, State.FAULTY, found),
            note=f"needs {requirement.specifier}",
            mend=mend,
            exit_code=ToolMissing.exit_code,
        )
    return Finding(_PART, requirement.name, State.OK, found)
