"""Kept cases by what a user calls them, for the commands that look at results."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.domain.observation import Observation


def cases_called(name: str, results: str | None) -> tuple[str, list[Observation]]:
    """What to call them, and the cases of a run, git revision, day, tag or baseline.

    Raises:
        ConfigError, StoreError: as `observations_called`.
    """
    from harness import assembly
    from harness.results.kept import open_kept
    from harness.results.observing import observations_called

    return observations_called(
        name,
        lambda: open_kept(results),
        commit_of=assembly.git_commit,
    )
