"""pytest-xdist: a case stays with one worker, and the records of all workers are shown together.

Records cross the process border through the results database: a worker only says which run is its.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.domain.record import CaseRecord

_KEPT = "harness_kept"

Kept = tuple[str, str]
"""A results database and the id of a run in it."""


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process runs tests for another."""
    return hasattr(config, "workerinput")


def scheduler_by_case(config: pytest.Config, log: Any) -> Any:
    """A scheduler for `-n` alone, which would send tests anywhere and so measure cases twice."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class ByCase(LoadScopeScheduling):  # type: ignore[misc]
        """Sends tests with the same parameters to the same worker."""

        def _split_scope(self, nodeid: str) -> str:
            return nodeid.partition("[")[2] or nodeid

    return ByCase(config, log)


def tell_controller(config: pytest.Config, kept: Kept | None) -> None:
    """Say where this worker's records are."""
    if kept and is_worker(config):
        config.workeroutput[_KEPT] = kept  # type: ignore[attr-defined]


def told_by(node: Any) -> Kept | None:
    """What a worker that has ended said with `tell_controller`."""
    kept = getattr(node, "workeroutput", {}).get(_KEPT)
    return tuple(kept) if kept else None


def records_of(runs: list[Kept]) -> Iterator[CaseRecord]:
    """The records of the workers' runs.

    Raises:
        StoreError: they cannot be read back.
    """
    if runs:
        from harness.results import open_store

        for results, run_id in runs:
            yield from open_store(results).cases(run_id)
