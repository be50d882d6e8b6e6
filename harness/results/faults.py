"""What a database or file system says when it fails, as a `StoreError` with a next step."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from harness.errors import StoreError

# Result codes by the start of their name: https://sqlite.org/rescode.html
_SQLITE = {
    "SQLITE_FULL": ("the disk is full", "Free some space, or name a file on another disk."),
    "SQLITE_IOERR": (
        "the file system refused",
        "Check free space, quota and file size limit, or name a file on another disk.",
    ),
    "SQLITE_READONLY": ("it is read-only", "Make the file and its folder writable."),
    "SQLITE_CANTOPEN": (
        "the file cannot be opened",
        "Check that the folder exists, is writable, and that the name is a file's.",
    ),
    "SQLITE_NOTADB": (
        "it is not a database",
        "Name another file for the results, or move this one away.",
    ),
    "SQLITE_CORRUPT": (
        "the file is damaged",
        "Restore it from a copy, or move it away to start a new one.",
    ),
    "SQLITE_BUSY": (
        "another process keeps it locked",
        "Wait for the other run to end, or name another file for the results.",
    ),
    "SQLITE_LOCKED": (
        "another process keeps it locked",
        "Wait for the other run to end, or name another file for the results.",
    ),
}
# PostgreSQL's error codes by their start: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "53100": ("the disk is full", "Free some space on the server."),
    "53300": ("it has no connection left", "Wait, or raise the server's max_connections."),
    "55P03": (
        "another process keeps it locked",
        "Wait for the other run to end, or name another database for the results.",
    ),
    "25006": ("it is read-only", "Name the primary server, not a copy that only reads."),
    "28": ("the server does not know this user", "Check user and password of the address."),
    "3D": ("there is no such database", "Make it (`createdb`), or check the address."),
    "42501": ("this user may not", "Grant the user the rights on the database and its schema."),
    "57": ("the server stops or starts", "Wait until it runs again."),
}
_UNKNOWN = ("the database refused", "Check the address, and that the database runs and is ours.")


@contextmanager
def store_errors(where: str, attempt: str) -> Iterator[None]:
    """Turn every foreign exception inside into a `StoreError`; `attempt` is "read", "written"...

    Raises:
        StoreError: with the cause's own words in `what`.
    """
    try:
        yield
    except IntegrityError as error:
        raise StoreError(
            f"the results do not fit what is stored ({error.orig})",
            where=where,
            hint="Begin a run before its cases are added, and every run once.",
        ) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause, hint = _explain(getattr(error, "orig", error))
        raise StoreError(
            f"the results cannot be {attempt}: {cause} ({getattr(error, 'orig', error)})",
            where=where,
            hint=hint,
        ) from error
    except (OSError, ImportError) as error:
        raise StoreError(
            f"the results cannot be {attempt}: {error}",
            where=where,
            hint="Name a file in a folder that can be written, or a database that is installed.",
        ) from error


def _explain(error: object) -> tuple[str, str]:
    name = getattr(error, "sqlite_errorname", "") or ""
    code = getattr(error, "sqlstate", "") or ""
    for start, explanation in (_SQLITE | _POSTGRESQL).items():
        if name.startswith(start) or (code and code.startswith(start)):
            return explanation
    return _UNKNOWN
