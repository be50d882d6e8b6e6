"""The parts of a report, one module each; `ORDER` places it, `sections(content)` makes it.

A module returns no section where the content has nothing for it to show.
"""

from __future__ import annotations

import importlib
import pkgutil

from harness.report.content import ReportContent
from harness.report.section import Section


def all_sections(content: ReportContent) -> list[Section]:
    """The sections of a report, in the order they stand there."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    ]
    made: list[Section] = []
    for module in sorted(modules, key=lambda one: (one.ORDER, one.__name__)):
        made += module.sections(content)
    return made
