"""What a user calls a run by: `last`, a tag, the first characters of an id or commit, a day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from harness.domain.record import RunInfo
from harness.domain.selection import RunFilter
from harness.errors import UnknownRun

_LAST = re.compile(r"last(?:~(\d+))?")
_HEX = re.compile(r"[0-9a-f]{4,}")


def resolved(name: str, runs: Callable[[RunFilter], list[RunInfo]], where: str) -> list[RunInfo]:
    """The runs that `name` means, in the order they were begun; the first of these that fits:

    `last` and `last~N` (the run N before it); a tag; at least four characters that a run's id, then
    that a git commit, begins with; a day of UTC as `2026-11-21`. A tag, a commit and a day can mean
    several runs.

    Raises:
        UnknownRun: it means none, or the beginning of an id means several.
    """
    if last := _LAST.fullmatch(name):
        back = int(last[1] or 0)
        found = runs(RunFilter(last=back + 1))
        if len(found) == back + 1:
            return [min(found, key=lambda run: run.started)]
        raise _nothing(name, where)
    if not name:
        raise _nothing(name, where)
    if found := runs(RunFilter(tag=name)):
        return found
    if _HEX.fullmatch(name):
        if len(found := runs(RunFilter(id_prefix=name))) > 1:
            raise UnknownRun(
                f"{len(found)} runs have an id that begins with {name}",
                where=where,
                hint="Give more of its characters (`harness results list`).",
            )
        found = found or runs(RunFilter(git_prefix=name))
    elif day := _day(name):
        found = runs(RunFilter(since=day, until=day + timedelta(days=1)))
    else:
        found = [run for run in runs(RunFilter(id_prefix=name)) if run.id == name]
    if not found:
        raise _nothing(name, where)
    return found


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _nothing(name: str, where: str) -> UnknownRun:
    return UnknownRun(
        f"no run is called {name!r}",
        where=where,
        hint="Give `last`, a tag, the beginning of an id or commit, or a day "
        "(`harness results list` shows them).",
    )
