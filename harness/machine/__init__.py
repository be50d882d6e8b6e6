"""Machines: what brings a target up and yields the coordinates it is reached by.

An adapter is a module of this package with a function `start(target, *, work_dir)` that returns a
context manager of `Coordinates`; a target names it by its file name. It may have a function
`checkup(targets, ask)` that looks whether these could be started.
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
from harness.domain.target import Target
from harness.errors import UnknownName

_Start = Callable[..., AbstractContextManager[Coordinates]]


def start_machine(target: Target, work_dir: Path) -> AbstractContextManager[Coordinates]:
    """Return the context manager that brings `target` up; logs go to `work_dir`.

    Raises:
        UnknownName: no adapter has the name in `target.machine`.
    """
    return cast(_Start, _adapter(target).start)(target, work_dir=work_dir)


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
