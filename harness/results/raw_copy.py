"""Raw data that goes with cases to another place: copied by content, each content once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select

from harness.domain.selection import CaseFilter, StoredCase
from harness.results.queries import case_conditions
from harness.results.raw import RawStore
from harness.results.schema import CaseRow, RawReferenceRow
from harness.results.store import Store

Reference = tuple[str, str]
"""Kind and SHA-256 of raw data."""


@dataclass(frozen=True)
class RawCopied:
    """How many contents were copied, were there already, and are nowhere (pruned, left behind)."""

    copied: int = 0
    known: int = 0
    missing: int = 0


def references(store: Store, where: CaseFilter) -> list[Reference]:
    """What raw data the cases that `where` means refer to.

    Raises:
        StoreError: the database cannot be read.
    """
    query = (
        select(RawReferenceRow.kind, RawReferenceRow.sha256)
        .join(CaseRow, CaseRow.number == RawReferenceRow.case_number)
        .where(*case_conditions(where))
        .distinct()
        .order_by(RawReferenceRow.sha256)
    )
    with store.reading() as session:
        return [(kind, sha256) for kind, sha256 in session.execute(query)]


def copy_raw(wanted: Iterable[Reference], source: RawStore, to: RawStore) -> RawCopied:
    """Copy what is `wanted` and not there yet.

    Raises:
        StoreError: it cannot be read or written.
        CorruptRecord: a content is not what was kept; those before it were copied.
    """
    copied = known = missing = 0
    for kind, sha256 in wanted:
        if to.has(sha256):
            known += 1
        elif source.has(sha256):
            to.put(kind, source.get(sha256))
            copied += 1
        else:
            missing += 1
    return RawCopied(copied, known, missing)


class Passing:
    """Cases on their way, of which `references` tells the raw data when they are through."""

    def __init__(self, cases: Iterable[StoredCase]) -> None:
        self.references: dict[Reference, None] = {}
        self._cases = cases

    def __iter__(self) -> Iterator[StoredCase]:
        for stored in self._cases:
            self.references |= dict.fromkeys(stored.record.raw)
            yield stored
