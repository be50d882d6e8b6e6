"""Raw data in a folder: a file per content, its name the hash."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.results.faults import store_errors
from harness.results.raw import Arrays, none_there, pack, unpack

_HASH = re.compile(r"[0-9a-f]{64}")


class RawFolder:
    """A `RawStore` of files `<first two digits>/<hash>.npz`; any number of processes may share it.

    A file appears under its name when it is whole and on the disk.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, kind: str, arrays: Arrays) -> str:
        """As `RawStore.put`."""
        sha256, content = pack(kind, arrays)
        path = self._path(sha256)
        with store_errors(str(self.folder), "written"):
            try:
                os.utime(path)  # tells `hashes` that it is in use
            except FileNotFoundError:
                _write_whole(path, content)
        return sha256

    def get(self, sha256: str) -> dict[str, NDArray[np.generic]]:
        """As `RawStore.get`."""
        path = self._path(sha256)
        with store_errors(str(path), "read"):
            try:
                content = path.read_bytes()
            except FileNotFoundError as error:
                raise none_there(sha256, str(self.folder)) from error
        return unpack(sha256, content, str(path))

    def has(self, sha256: str) -> bool:
        """As `RawStore.has`."""
        return self._path(sha256).is_file()

    def hashes(self, unused_for_s: float) -> Iterator[str]:
        """As `RawStore.hashes`."""
        with store_errors(str(self.folder), "read"):
            for path in self.folder.glob("??/*.npz"):
                if time.time() - path.stat().st_mtime >= unused_for_s:
                    yield path.stem

    def drop(self, sha256: str) -> int:
        """As `RawStore.drop`."""
        path = self._path(sha256)
        with store_errors(str(path), "deleted"):
            try:
                size = path.stat().st_size
                path.unlink()
            except FileNotFoundError:
                return 0
        return size

    def _path(self, sha256: str) -> Path:
        if not _HASH.fullmatch(sha256):
            raise none_there(sha256, str(self.folder))
        return self.folder / sha256[:2] / f"{sha256}.npz"


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
