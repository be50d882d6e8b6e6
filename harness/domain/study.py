"""A published study as rows to run again: what each needs, and its figures beside the authors'."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.bubble import Bubble


@dataclass(frozen=True)
class NeededFile:
    """A file or folder below the user's data folder, and where to get it.

    `path` is relative, with `/`; `origin` names the upstream repository, revision and path.
    """

    path: str
    origin: str


@dataclass(frozen=True)
class Published:
    """What the authors state, in their words and units, and where.

    `not_comparable` says why a number of ours may not be held against it; "" where it may.
    """

    value: str
    source: str
    not_comparable: str = ""


@dataclass(frozen=True)
class Figure:
    """One quantity of a row: what was measured here, how, and what was published.

    Args:
        quantity: its name, with the target and kernels where they matter.
        measured: value and unit as text; "" where there is none, and then `how` says why.
        how: instrument or method: "mps2-an500, cmsis-nn, 200 inputs", "integer simulation".
        published: what to hold it against; None where the authors are silent.
    """

    quantity: str
    measured: str
    how: str = ""
    published: Published | None = None


@dataclass(frozen=True)
class RowResult:
    """How a row of a study ended: figures, or files that are missing, or an error's text.

    `bubbles` are for a plot of accuracy against operations, which all rows share.
    """

    title: str
    figures: tuple[Figure, ...] = ()
    bubbles: tuple[Bubble, ...] = ()
    missing: tuple[NeededFile, ...] = ()
    error: str = ""
