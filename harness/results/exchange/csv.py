"""CSV: a line for each case; what is nested is JSON in a cell, and every quantity has a column."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.domain.selection import StoredCase
from harness.errors import CorruptRecord
from harness.results.flat import COLUMNS, LATER, as_text, from_text, to_row, values_of

_LONGEST_CELL = 2**24  # characters: the kernels of a network of thousands of operators


def write(path: Path, cases: Iterable[StoredCase], quantities: Sequence[str]) -> None:
    """Write a header and a line for each case; the columns of quantities are for readers only."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, list(dict.fromkeys([*COLUMNS, *quantities])), lineterminator="\n"
        )
        writer.writeheader()
        for stored in cases:
            writer.writerow(values_of(stored) | as_text(to_row(stored)))


def read(path: Path) -> Iterator[StoredCase]:
    """The cases of the lines; an empty cell is nothing.

    Raises:
        CorruptRecord: a cell is not what it should be.
    """
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        try:
            _require_columns(reader.fieldnames or (), path)
            for cells in reader:
                where = f"{path}, line {reader.line_num}"
                yield from_text({name: _value(cells, name, where) for name in COLUMNS}, where)
        except (csv.Error, UnicodeDecodeError) as error:
            raise CorruptRecord(
                f"the file is no CSV ({error})",
                where=str(path),
                hint="Give a file that `harness results export` wrote.",
            ) from error


def _require_columns(there: Sequence[str], path: Path) -> None:
    missing = [name for name in COLUMNS if name not in there and name not in LATER]
    if missing:
        raise CorruptRecord(
            f"the file is no CSV of cases: it has no column `{missing[0]}`",
            where=str(path),
            hint="Give a file that `harness results export` wrote.",
        )


def _value(cells: dict[str, Any], name: str, where: str) -> object:
    text = cells.get(name)
    if text is None or text == "":
        return None
    try:
        return COLUMNS[name](text)
    except ValueError as error:
        raise CorruptRecord(
            f"column `{name}` holds {text!r:.60}",
            where=where,
            hint="Give a file that `harness results export` wrote.",
        ) from error
