"""Kernel libraries by name: a library is a module here with `obtain(...)` and `checkup(...)`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.domain.checkup import Finding
from harness.domain.firmware import Library
from harness.errors import LibraryUnavailable


def obtain_library(
    name: str, cache_dir: Path, on_event: Callable[[str], None] | None = None
) -> Library:
    """The sources of the library `name` ("cmsis-nn"), downloaded into `cache_dir` if need be.

    Raises:
        LibraryUnavailable: no such library, or its sources cannot be had.
        ToolMissing: what downloads them is missing.
    """
    known = _known()
    if name not in known:
        raise LibraryUnavailable(
            f"there is no library {name!r}",
            where="kernels.toml",
            hint=f"Name one of: {', '.join(sorted(known))}.",
        )
    module = importlib.import_module(f"{__name__}.{known[name]}")
    library: Library = module.obtain(cache_dir, on_event or _nobody)
    return library


def library_checkups(cache_dir: Path) -> Iterator[Finding]:
    """Which of the libraries are there, and from where; nothing is downloaded."""
    for module in _known().values():
        yield importlib.import_module(f"{__name__}.{module}").checkup(cache_dir)


def _known() -> dict[str, str]:
    return {info.name.replace("_", "-"): info.name for info in pkgutil.iter_modules(__path__)}


def _nobody(message: str) -> None:
    """Listen to nothing."""
