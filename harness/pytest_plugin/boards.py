"""Boards that are asked for and are not there: an error at once, or tests that say so and skip."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.pytest_plugin import workers
from harness.pytest_plugin.options import WORKER_WAIT_S, option

if TYPE_CHECKING:
    from harness.domain.plan import Case
    from harness.domain.target import Target

_KEY = "harness_missing_boards"

_missing = pytest.StashKey[dict[str, str]]()


def look_for_boards(config: pytest.Config, targets: Iterable[Target]) -> None:
    """Look whether the boards that `targets` need are there; a worker believes its controller.

    Raises:
        BoardNotFound: one is not, and `--missing-board` is not "skip".
        HarnessError: as `assembly.missing_boards`.
    """
    from harness import assembly

    config.stash[_missing] = {}
    if config.getoption("collectonly"):
        return
    missing = assembly.missing_boards(targets, option(config, "rig"))
    if missing and option(config, "missing-board") == "error":
        raise assembly.all_missing(list(missing.values()))
    config.stash[_missing] = {name: _on_one_line(error) for name, error in missing.items()}


def tell_worker(node: Any) -> None:
    """Tell a worker of pytest-xdist which boards are not there."""
    node.workerinput[_KEY] = node.config.stash.get(_missing, {})


def skip_where_missing(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    """Skip the tests of targets whose boards are not there, with the reason."""
    told: dict[str, str] = config.stash.get(_missing, {})
    if workers.is_worker(config):
        told = config.workerinput.get(_KEY, {})  # type: ignore[attr-defined]
    for item in items if told else ():
        callspec = getattr(item, "callspec", None)
        case: Case | None = callspec.params.get("harness_case") if callspec else None
        if case is not None and case.target.id in told:
            item.add_marker(pytest.mark.skip(reason=told[case.target.id]))


def wait_board_s(config: pytest.Config) -> float:
    """Seconds to wait for a board that is in use."""
    asked: float | None = option(config, "wait-board")
    if asked is not None:
        return asked
    return WORKER_WAIT_S if workers.is_worker(config) else 0.0


def _on_one_line(error: HarnessError) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
