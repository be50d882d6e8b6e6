"""Cases in files, to be read by other programs and taken into other databases.

A format is a module here, named like the files' suffix, with `write(path, cases, quantities)` and
`read(path)`.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from sqlalchemy import select

from harness.domain.selection import CaseFilter, StoredCase, TakenIn
from harness.errors import ConfigError, StoreError
from harness.results.faults import store_errors
from harness.results.queries import case_conditions
from harness.results.raw import RawStore
from harness.results.raw_copy import Passing, copy_raw
from harness.results.schema import CaseRow, ReadingRow
from harness.results.store import Store


def export_cases(store: Store, path: Path, where: CaseFilter) -> int:
    """Write the cases that `where` means to `path`, whose suffix chooses the format.

    The file appears when it is whole; one of that name is replaced.

    Returns:
        How many cases were written.

    Raises:
        ConfigError: an unknown suffix, or a package is not installed.
        StoreError: the database cannot be read, or the file not written.
    """
    format_ = _format_of(path)
    conditions = tuple(case_conditions(where))
    query = select(ReadingRow.quantity).distinct().order_by(ReadingRow.quantity)
    if conditions:
        query = query.join(CaseRow, CaseRow.number == ReadingRow.case_number).where(*conditions)
    with store.reading() as session:
        quantities: Sequence[str] = list(session.scalars(query))
    part = path.with_name(f"{path.name}.part")
    counted = _Counted(store.records(where))
    try:
        with store_errors(str(path), "written"):
            format_.write(part, counted, quantities)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return counted.count


def import_cases(store: Store, path: Path, raw: RawStore | None = None) -> TakenIn:
    """Take in the cases of a file that `export_cases` wrote; those that are there are left alone.

    With `raw`, what the cases of the file refer to is then copied out of it, also for those that
    were there: `TakenIn.raw_added`, and `raw_missing` for what neither place has.

    Raises:
        ConfigError: an unknown suffix, or a package is not installed.
        StoreError: the file cannot be read, or the database not written.
        CorruptRecord: a row is not what was exported; the rows before it may have been taken in.
    """
    format_ = _format_of(path)
    if not os.access(path, os.R_OK):
        raise StoreError(
            "there is no such file, or it cannot be read",
            where=str(path),
            hint="Name a file that `harness results export` wrote.",
        )
    cases = Passing(format_.read(path))
    with store_errors(str(path), "read"):
        done = store.take_in(cases)
    if raw is None:
        return done
    copied = copy_raw(cases.references, raw, store.raw)
    return replace(done, raw_added=copied.copied, raw_missing=copied.missing)


class _Counted:
    def __init__(self, cases: Iterable[StoredCase]) -> None:
        self.count = 0
        self._cases = cases

    def __iter__(self) -> Iterator[StoredCase]:
        for stored in self._cases:
            self.count += 1
            yield stored


def _format_of(path: Path) -> ModuleType:
    known = [module.name for module in pkgutil.iter_modules(__path__)]
    suffix = path.suffix.removeprefix(".").lower()
    if suffix not in known:
        raise ConfigError(
            f"a file of results cannot be .{suffix or '(nothing)'}",
            where=str(path),
            hint=f"Choose among {', '.join(f'.{name}' for name in known)}.",
        )
    return importlib.import_module(f"{__name__}.{suffix}")
