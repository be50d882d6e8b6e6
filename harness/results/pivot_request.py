"""A pivot in the user's words: `rows=model,target columns=kernels values=cycles aggregate=max`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import ConfigError

AGGREGATES = ("median", "mean", "min", "max", "sum", "count", "std", "first", "last")
FORM = "rows=A,B columns=C values=D aggregate=median"
# Short words for columns of the cases.
ALIASES = {
    "target": "target_id",
    "kernels": "kernel_set",
    "build": "variant",
    "library": "library_version",
    "flash": "firmware_flash_bytes",
    "ram": "firmware_ram_bytes",
    "arena": "arena_bytes",
    "weights": "weight_bytes",
}
_PARTS = ("rows", "columns", "values", "aggregate")


@dataclass(frozen=True)
class PivotRequest:
    """Names of columns for rows, columns and values, as in pandas, and how a cell is made of many.

    No `values` are the usual ones: what each case counts, accuracy, flash and RAM.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[str, ...] = ()
    aggregate: str = "median"

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that is named."""
        return (*self.rows, *self.columns, *self.values)


def pivot_request(text: str) -> PivotRequest:
    """What the user asks for, either as `FORM` or as ROWS,COLUMN[,VALUES] with + between several.

    Raises:
        ConfigError: it has other parts, lacks rows or columns, or names a column in both.
    """
    parts = _parts(text) if "=" in text else _short(text)
    for needed in ("rows", "columns"):
        if not parts.get(needed):
            raise _bad(f"--pivot names no {needed}")
    aggregate = (parts.get("aggregate") or ["median"])[0]
    if aggregate not in AGGREGATES:
        raise ConfigError(
            f"cells are not aggregated by {aggregate!r}",
            where="--pivot",
            hint=f"Use one of {', '.join(AGGREGATES)}.",
        )
    both = sorted(set(parts["rows"]) & set(parts["columns"]))
    if both:
        raise ConfigError(
            f"{', '.join(both)} names both rows and columns",
            where="--pivot",
            hint="Name different ones for the two.",
        )
    return PivotRequest(
        rows=tuple(parts["rows"]),
        columns=tuple(parts["columns"]),
        values=tuple(parts.get("values", ())),
        aggregate=aggregate,
    )


def _parts(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in text.replace(";", " ").split():
        name, equals, words = part.partition("=")
        if name not in _PARTS or not equals or name in found:
            raise _bad(f"--pivot has a part {part!r}")
        found[name] = _columns(words.split(","))
    return found


def _short(text: str) -> dict[str, list[str]]:
    words = text.split(",")
    if len(words) not in (2, 3):
        raise _bad(f"--pivot {text!r} has {len(words)} parts")
    return {
        name: _columns(word.split("+")) for name, word in zip(_PARTS, words, strict=False) if word
    }


def _columns(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ALIASES.get(word, word) for word in words if word))


def _bad(what: str) -> ConfigError:
    return ConfigError(what, hint=f"Write it as '{FORM}', or ROWS,COLUMN[,VALUES].")
