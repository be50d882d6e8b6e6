"""Published studies that can be run again: a module here is a study, by its name.

`harness reproduce mask-resnet9` is the module `mask_resnet9`, which has a TITLE and
`rows() -> Sequence[StudyRow]`. A row lists the files it needs and measures with a `Workbench`.
Modules whose names begin with an underscore are no studies.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from harness.assembly.studies._workbench import Workbench
from harness.catalog.definitions import pick
from harness.domain.bubble import Bubble
from harness.domain.study import Figure, NeededFile

__all__ = ["Study", "StudyRow", "Workbench", "studies", "study"]


@dataclass(frozen=True)
class StudyRow:
    """One row: `measure` is called when all that it needs is there.

    It may raise HarnessError, which fails the row alone; figures given before that stay.
    """

    title: str
    needs: tuple[NeededFile, ...]
    measure: Callable[[Workbench], Iterable[Figure | Bubble]]


class Study(Protocol):
    """A module of this folder; importing it must be cheap.

    `OPTIONS`, where there are any, has each option's name and what it does; the workbench of a run
    has what was chosen, as text.
    """

    TITLE: str

    def rows(self) -> Sequence[StudyRow]:
        """Its rows, in the order they are run and shown."""


def studies() -> dict[str, Study]:
    """Every study, by the name that `harness reproduce` takes."""
    return {
        module.name.replace("_", "-"): cast(
            Study, importlib.import_module(f"{__name__}.{module.name}")
        )
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    }


def study(name: str) -> Study:
    """The study of that name.

    Raises:
        UnknownName: there is none; the hint has the nearest.
    """
    return pick("study", name, studies())
