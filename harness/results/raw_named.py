"""Finding raw data of a kind by the beginning of its hash."""

from __future__ import annotations

from sqlalchemy import or_, select

from harness.errors import StoreError
from harness.results.schema import RawReferenceRow
from harness.results.store import Store


def raw_named(store: Store, kind: str, name: str) -> str:
    """The SHA-256 of the only raw data of this kind whose hash begins with `name`.

    Of a kind are also those that a record numbers because it has several: `kind`-1, `kind`-2.

    Raises:
        StoreError: there is none, or more than one, or the database cannot be read.
    """
    query = (
        select(RawReferenceRow.sha256)
        .where(
            or_(
                RawReferenceRow.kind == kind,
                RawReferenceRow.kind.startswith(f"{kind}-", autoescape=True),
            ),
            RawReferenceRow.sha256.startswith(name, autoescape=True),
        )
        .distinct()
    )
    with store.reading() as session:
        found = session.scalars(query).all()
    if not found:
        _refuse_other_kinds(store, kind, name)
    if len(found) != 1:
        raise StoreError(
            f"{len(found)} pieces of raw data of kind {kind} begin with {name!r}",
            where=store.where,
            hint="Give the hash, or more of its digits.",
        )
    return found[0]


def _refuse_other_kinds(store: Store, kind: str, name: str) -> None:
    begins = RawReferenceRow.sha256.startswith(name, autoescape=True)
    query = select(RawReferenceRow.kind).where(begins).distinct()
    with store.reading() as session:
        others = sorted(session.scalars(query))
    if others:
        raise StoreError(
            f"{name!r} is raw data of kind {', '.join(others)}, not {kind}",
            where=store.where,
            hint=f"Name the hash of a {kind}: `harness results show RUN --json` lists them.",
        )
