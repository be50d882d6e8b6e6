"""Raw data of cases, kept once by the hash of its content: outputs, ticks, profiles, traces."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from harness.errors import CorruptRecord, StoreError

Arrays = Mapping[str, NDArray[np.generic]]

_KIND = "kind"


class RawStore(Protocol):
    """Where raw data is kept: a folder beside the database's file, or a table in the database."""

    def put(self, kind: str, arrays: Arrays) -> str:
        """Keep named arrays of any shapes, all of them or nothing, and return their SHA-256.

        What is there already is not kept twice.

        Raises:
            StoreError: it cannot be written.
        """

    def get(self, sha256: str) -> dict[str, NDArray[np.generic]]:
        """The arrays that `put` was given.

        Raises:
            StoreError: there is none of this hash, or it cannot be read.
            CorruptRecord: its content is not what was kept.
        """

    def has(self, sha256: str) -> bool:
        """Whether there is something of this hash."""

    def hashes(self, unused_for_s: float) -> Iterator[str]:
        """The hashes of what nobody put for so many seconds."""

    def drop(self, sha256: str) -> int:
        """Delete what has this hash, and return how many bytes it took; 0 where there is none."""


_DAMAGE = (zipfile.BadZipFile, zlib.error)


def pack(kind: str, arrays: Arrays) -> tuple[str, bytes]:
    """The SHA-256 over kind and arrays, and both as the bytes of a compressed `.npz`.

    The hash covers content and not its compression: names in order, types, shapes and elements.

    Raises:
        ValueError: an array of Python objects, or one that is called "kind".
    """
    if _KIND in arrays:
        raise ValueError("an array of raw data cannot be called `kind`")
    file = io.BytesIO()
    whole = {_KIND: np.array(kind), **arrays}
    np.savez_compressed(file, allow_pickle=False, **whole)
    return _sha256(whole), file.getvalue()


def unpack(sha256: str, content: bytes, where: str) -> dict[str, NDArray[np.generic]]:
    """What `pack` was given, without the kind.

    Raises:
        CorruptRecord: the content has another hash, or is no `.npz`.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    # RuntimeError: a changed byte can make an entry look encrypted, or packed some other way.
    except (OSError, ValueError, EOFError, KeyError, RuntimeError, *_DAMAGE) as error:
        raise _corrupt(f"raw data {sha256[:12]} does not unpack ({error})", where) from error
    if _sha256(arrays) != sha256:
        raise _corrupt(f"raw data {sha256[:12]} is not what was kept: its hash differs", where)
    del arrays[_KIND]
    return arrays


def none_there(sha256: str, where: str) -> StoreError:
    """The error for a hash that nothing has."""
    return StoreError(
        f"there is no raw data {sha256[:12]}",
        where=where,
        hint="Copy it from where the run was measured, or measure again.",
    )


def _sha256(arrays: Arrays) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        head = f"{name}\0{array.dtype.str}\0{np.shape(arrays[name])}\0"
        digest.update(head.encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _corrupt(what: str, where: str) -> CorruptRecord:
    return CorruptRecord(what, where=where, hint="Delete it, or restore it from a copy.")
