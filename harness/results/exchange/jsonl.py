"""JSON lines: an object for each case, its readings and kernels inside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.domain.selection import StoredCase
from harness.errors import CorruptRecord
from harness.results.flat import from_row, to_row


def write(path: Path, cases: Iterable[StoredCase], quantities: Sequence[str]) -> None:
    """Write a line for each case."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for stored in cases:
            json.dump(to_row(stored), file, ensure_ascii=False, separators=(",", ":"))
            file.write("\n")


def read(path: Path) -> Iterator[StoredCase]:
    """The cases of the lines.

    Raises:
        CorruptRecord: a line is no object of a case.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            where = f"{path}, line {number}"
            try:
                row = json.loads(line)
            except ValueError as error:
                raise CorruptRecord(
                    f"the line is no JSON ({error})",
                    where=where,
                    hint="Give a file that `harness results export` wrote.",
                ) from error
            yield from_row(row, where)
