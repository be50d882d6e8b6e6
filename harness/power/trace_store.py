"""Traces kept by the hash of what they hold, so that they can be analysed again later."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path

import numpy as np

from harness.domain.power import Trace
from harness.errors import CorruptRecord, StoreError
from harness.power.traces.npz import KIND, Arrays, arrays_of, trace_of


def put_trace(folder: Path, trace: Trace) -> str:
    """Keep a trace; return the name (SHA-256) it is found by.

    Raises:
        StoreError: it cannot be written.
    """
    return _put(folder, KIND, arrays_of(trace))


def get_trace(folder: Path, name: str) -> Trace:
    """The trace of that name, or of the only one whose name begins so.

    Raises:
        StoreError: there is none.
        CorruptRecord: its bytes are not those that were kept.
    """
    files = sorted((folder / KIND).glob(f"{name}*.npz")) if name.isalnum() else []
    if len(files) != 1:
        raise StoreError(
            f"{len(files)} traces begin with {name!r}",
            where=str(folder),
            hint="Give the name that `harness power measure` printed.",
        )
    data = files[0].read_bytes()
    if sha256(data).hexdigest() != files[0].stem:
        raise CorruptRecord(
            "the trace is not what was kept",
            where=str(files[0]),
            hint="Restore the file from a copy, or measure again.",
        )
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return trace_of(dict(archive))


def _put(folder: Path, kind: str, arrays: Arrays) -> str:
    """The one place that writes: a compressed archive of `arrays`, named by its own hash."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **dict(sorted(arrays.items())))  # type: ignore[arg-type]
    data = buffer.getvalue()
    name = sha256(data).hexdigest()
    target = folder / kind / f"{name}.npz"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            part = target.with_suffix(".part")
            part.write_bytes(data)
            part.replace(target)
    except OSError as error:
        raise StoreError(
            f"the trace cannot be kept ({error})",
            where=str(target),
            hint="Check the folder's permissions and free space.",
        ) from error
    return name
