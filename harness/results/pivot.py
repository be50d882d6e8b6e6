"""How observations are laid out as a table: what names its rows, and what its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.domain.comparability import AXES
from harness.domain.observation import Observation
from harness.errors import UnknownName

# What rows and columns are named by, and the field of the key.
DIMENSIONS = {
    "model": "model",
    "target": "target",
    "kernels": "kernel_set",
    "build": "variant",
    "dataset": "dataset",
    "inputs": "inputs",
    "run": "",
}
_AXIS_OF = {"targets": "target", "kernels": "kernels", "models": "model", "builds": "build"}
_ROWS = ("model", "target", "kernels", "build", "dataset", "inputs")
_ALWAYS = 3  # of `_ROWS`: the others stand there only where they vary


@dataclass(frozen=True)
class Pivot:
    """Which words of `DIMENSIONS` name the rows, which one the columns, and the base among these.

    Fields in `free` may differ within a row.
    """

    rows: tuple[str, ...]
    column: str
    base: str | None = None
    free: tuple[str, ...] = ()


def pivot_across(axis: str, observations: Sequence[Observation]) -> Pivot:
    """The pivot for `targets`, `kernels`, `models` or `builds`; rows are what else varies.

    Raises:
        UnknownName: no such axis.
    """
    if axis not in AXES:
        raise UnknownName(
            f"nothing is compared across {axis!r}", hint=f"Use one of {', '.join(AXES)}."
        )
    column = _AXIS_OF[axis]
    names = {label_of(one, column) for one in observations}
    base = "reference" if axis == "kernels" and "reference" in names else None
    base = "O2" if axis == "builds" and "O2" in names else base
    return Pivot(_rows(observations, column, AXES[axis]), column, base, AXES[axis])


def pivot_of_runs(observations: Sequence[Observation], base: str) -> Pivot:
    """The pivot that sets runs side by side: `base` is the `source` of the first one.

    Inputs name rows only where one run has a case with several of them. Else the same case of two
    runs stands in one row, and what differs is told.
    """
    measured = [one for one in observations if not one.trouble]
    return Pivot((*_ROWS[:_ALWAYS], *_several_in_a_run(measured)), "run", base)


def _rows(observations: Sequence[Observation], column: str, free: Sequence[str]) -> tuple[str, ...]:
    words = [word for word in _ROWS if word != column and DIMENSIONS[word] not in free]
    return tuple(
        word
        for word in words
        if word in _ROWS[:_ALWAYS] or len({label_of(one, word) for one in observations}) > 1
    )


def _several_in_a_run(observations: Sequence[Observation]) -> tuple[str, ...]:
    """Of the words that do not always name rows those that do not differ between runs alone."""
    found = []
    for word in _ROWS[_ALWAYS:]:
        seen: dict[tuple[str, ...], set[str]] = {}
        for one in observations:
            always = (one.source, *(label_of(one, name) for name in _ROWS[:_ALWAYS]))
            seen.setdefault(always, set()).add(label_of(one, word))
        if any(len(labels) > 1 for labels in seen.values()):
            found.append(word)
    return tuple(found)


def label_of(one: Observation, word: str) -> str:
    """What the observation has for a word of `DIMENSIONS`; a dash for nothing."""
    if word == "run":
        return one.source
    found = getattr(one.key, DIMENSIONS[word])
    return "-" if found is None else str(found)
