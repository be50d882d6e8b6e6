"""Machines: what brings a target up and yields the coordinates it is reached by.

An adapter is a module of this package with a function `start(target, *, work_dir)` that returns a
context manager of `Coordinates`; a target names it by its file name.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import cast

from harness.domain.coordinates import Coordinates
from harness.domain.target import Target
from harness.errors import UnknownName

_Start = Callable[..., AbstractContextManager[Coordinates]]


def start_machine(target: Target, work_dir: Path) -> AbstractContextManager[Coordinates]:
    """Return the context manager that brings `target` up; logs go to `work_dir`.

    Raises:
        UnknownName: no adapter has the name in `target.machine`.
    """
    names = machine_names()
    if target.machine not in names:
        near = difflib.get_close_matches(target.machine, names, n=1) or names
        raise UnknownName(
            f"there is no machine {target.machine!r}",
            where=f"target {target.id}",
            hint=f"Write machine = {' or '.join(repr(name) for name in near)}.",
        )
    module = importlib.import_module(f"{__name__}.{target.machine.replace('-', '_')}")
    return cast(_Start, module.start)(target, work_dir=work_dir)


def machine_names() -> list[str]:
    """Return the names a target may give as its machine, sorted."""
    modules = (found.name for found in pkgutil.iter_modules(__path__))
    return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))
