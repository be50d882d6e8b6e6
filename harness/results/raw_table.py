"""Raw data in the database itself, for servers that several benches share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from harness.results.faults import store_errors
from harness.results.queries import moment
from harness.results.raw import Arrays, none_there, pack, unpack
from harness.results.schema import RawDataRow


class RawTable:
    """A `RawStore` of rows of the table `raw_data`, each written in a transaction of its own."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine
        self._where = where

    def put(self, kind: str, arrays: Arrays) -> str:
        """As `RawStore.put`."""
        sha256, content = pack(kind, arrays)
        if not self._touched(sha256):
            with store_errors(self._where, "written"):
                try:
                    with self._session(writes=True) as session, session.begin():
                        row = {"sha256": sha256, "kept": _now(), "content": content}
                        session.execute(insert(RawDataRow).values(row))
                except IntegrityError:  # another process kept the same meanwhile
                    self._touched(sha256)
        return sha256

    def get(self, sha256: str) -> dict[str, NDArray[np.generic]]:
        """As `RawStore.get`."""
        with store_errors(self._where, "read"), self._session() as session:
            content = session.scalar(select(RawDataRow.content).where(RawDataRow.sha256 == sha256))
        if content is None:
            raise none_there(sha256, self._where)
        return unpack(sha256, content, self._where)

    def has(self, sha256: str) -> bool:
        """As `RawStore.has`."""
        with store_errors(self._where, "read"), self._session() as session:
            query = select(RawDataRow.sha256).where(RawDataRow.sha256 == sha256)
            return session.scalar(query) is not None

    def hashes(self, unused_for_s: float) -> Iterator[str]:
        """As `RawStore.hashes`."""
        before = moment(datetime.now(UTC) - timedelta(seconds=unused_for_s))
        with store_errors(self._where, "read"), self._session() as session:
            yield from session.scalars(select(RawDataRow.sha256).where(RawDataRow.kept <= before))

    def drop(self, sha256: str) -> int:
        """As `RawStore.drop`."""
        mine = RawDataRow.sha256 == sha256
        with (
            store_errors(self._where, "deleted"),
            self._session(writes=True) as session,
            session.begin(),
        ):
            size = session.scalar(select(func.length(RawDataRow.content)).where(mine)) or 0
            session.execute(delete(RawDataRow).where(mine))
        return int(size)

    def _touched(self, sha256: str) -> bool:
        """Tell `hashes` that it is in use; False where there is none."""
        query = update(RawDataRow).where(RawDataRow.sha256 == sha256).values(kept=_now())
        with (
            store_errors(self._where, "written"),
            self._session(writes=True) as session,
            session.begin(),
        ):
            return bool(session.execute(query.returning(RawDataRow.sha256)).all())

    def _session(self, writes: bool = False) -> Session:
        return Session(self._engine.execution_options(writes=writes))


def _now() -> str:
    return moment(datetime.now(UTC))
