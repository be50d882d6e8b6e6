"""Machines: what brings a target up and yields the coordinates it is reached by.

An adapter is a module of this package with a function `start(target, *, work_dir)` that returns a
context manager of `Coordinates`; a target names it by its file name. It may have a function
`checkup(targets, ask)` that looks whether these could be started. One with `NEEDS_BOARD = True`
starts nothing but takes a board, and its `start` has three more parameters, `desk`, `wait_s` and
`on_wait`. One with `FEEDS_GATE = True` simulates a board with pins, whose `start` has a parameter
`gate` that takes their edges.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import cast

from harness.domain.checkup import Ask, Finding
from harness.domain.coordinates import Coordinates
from harness.domain.desk import Desk
from harness.domain.gate import GateFeed
from harness.domain.target import Target
from harness.errors import ConfigError, UnknownName

_Start = Callable[..., AbstractContextManager[Coordinates]]


def start_machine(
    target: Target,
    work_dir: Path,
    find_desk: Callable[[], Desk] = Desk,
    wait_board_s: float = 0.0,
    on_wait: Callable[[str], None] = lambda text: None,
    gate: GateFeed | None = None,
) -> AbstractContextManager[Coordinates]:
    """Return the context manager that brings `target` up; logs go to `work_dir`.

    A target that needs a board takes one of the desk that `find_desk` returns, and waits
    `wait_board_s` seconds where all are in use, after it told `on_wait` for whom; for other targets
    `find_desk` is not called. A simulated board tells `gate` of the edges of its pins.

    Raises:
        UnknownName: no adapter has the name in `target.machine`.
        ConfigError: there is a `gate`, and the adapter has no pins.
    """
    adapter = _adapter(target)
    start = cast(_Start, adapter.start)
    if gate is not None:
        if not getattr(adapter, "FEEDS_GATE", False):
            raise ConfigError(
                f"machine {target.machine!r} has no pins that a virtual meter could follow",
                where=f"target {target.id}",
                hint="Take a real meter, or a target in QEMU (`harness targets`).",
            )
        return start(target, work_dir=work_dir, gate=gate)
    if needs_board(target):
        return start(
            target, work_dir=work_dir, desk=find_desk(), wait_s=wait_board_s, on_wait=on_wait
        )
    return start(target, work_dir=work_dir)


def needs_board(target: Target) -> bool:
    """Tell whether `target` is a board to be taken, and not a machine to be started.

    Raises:
        UnknownName: as `start_machine`.
    """
    return bool(getattr(_adapter(target), "NEEDS_BOARD", False))


def checkup(targets: Sequence[Target], ask: Ask) -> Iterator[Finding]:
    """What the machines of `targets` need; an adapter without a `checkup` needs nothing.

    Raises:
        UnknownName: as `start_machine`.
    """
    for kind in dict.fromkeys(target.machine for target in targets):
        those = [target for target in targets if target.machine == kind]
        look = getattr(_adapter(those[0]), "checkup", None)
        if look is not None:
            yield from look(those, ask)


def _adapter(target: Target) -> ModuleType:
    names = machine_names()
    if target.machine not in names:
        near = difflib.get_close_matches(target.machine, names, n=1) or names
        raise UnknownName(
            f"there is no machine {target.machine!r}",
            where=f"target {target.id}",
            hint=f"Write machine = {' or '.join(repr(name) for name in near)}.",
        )
    return importlib.import_module(f"{__name__}.{target.machine.replace('-', '_')}")


def machine_names() -> list[str]:
    """Return the names a target may give as its machine, sorted."""
    modules = (found.name for found in pkgutil.iter_modules(__path__))
    return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))
