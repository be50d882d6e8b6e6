"""Loads pyOCD before several threads need it."""

from __future__ import annotations

import importlib

_MODULES = ("pyocd.core.session", "pyocd.probe.aggregator", "pyocd.target")


def load_pyocd() -> None:
    """Import all of pyOCD that opening a board needs.

    Its modules import each other in circles: of two threads that import it at once, one meets a
    module that is only half there.
    """
    for name in _MODULES:
        importlib.import_module(name)
