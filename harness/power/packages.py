"""Packages of makers that only their own kind of meter needs."""

from __future__ import annotations

import importlib
from types import ModuleType

from harness.errors import MeterDriverMissing


def maker_package(module: str, extra: str, where: str) -> ModuleType:
    """Import `module`.

    Raises:
        MeterDriverMissing: it is not installed, or does not load here.
    """
    try:
        return importlib.import_module(module)
    except (ImportError, OSError) as error:
        raise MeterDriverMissing(
            f"{module} does not load ({error})",
            where=where,
            hint=f"Install it with `pip install cortexm-harness[{extra}]`.",
        ) from error
