"""What `harness doctor` finds: each thing a run needs, its version, and what mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_VERSION = re.compile(r"(?<![\w.])\d+(?:\.\d+)+")


class State(StrEnum):
    """How a thing is; only `MISSING` and `FAULTY` keep a run from its end."""

    OK = "ok"
    MISSING = "missing"
    FAULTY = "faulty"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    `part` is the room it belongs to, `note` says where it is or what is wrong, `mend` is a command
    for a shell. `exit_code` is that of the error a run would end with, and 0 where none would.
    """

    part: str
    name: str
    state: State
    version: str = ""
    note: str = ""
    mend: str = ""
    exit_code: int = 0

    def __post_init__(self) -> None:
        """Refuse a finding that contradicts itself."""
        stops = self.state in {State.MISSING, State.FAULTY}
        if stops != bool(self.exit_code) or (stops and not self.mend):
            raise ValueError("what stops a run has an exit code and something that mends it")


@dataclass(frozen=True)
class Answer:
    """What a program printed; `status` is None where it did not start, or not end in time."""

    status: int | None
    output: str


Ask = Callable[[Sequence[str | Path]], Answer]


def verdict(findings: Iterable[Finding]) -> int:
    """The exit code: 0 where a run can start, else that of what it would need first."""
    return min((finding.exit_code for finding in findings if finding.exit_code), default=0)


def version_in(text: str) -> str:
    """The first thing in `text` that looks like a version ("3.25.1"), or nothing."""
    found = _VERSION.search(text)
    return found[0] if found else ""


def is_older(version: str, minimum: Sequence[int]) -> bool:
    """Tell whether `version` ("3.9.1") is before `minimum` ((3, 20)), number by number."""
    return [int(number) for number in version.split(".")] < list(minimum)


def first_line(text: str) -> str:
    """The first line of a program's output that is not empty, in printable characters."""
    lines = ("".join(c for c in line if c.isprintable()).strip() for line in text.splitlines())
    return next(filter(None, lines), "no output")
