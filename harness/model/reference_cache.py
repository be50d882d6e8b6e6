"""Reference outputs, kept on disk and computed while the device is busy."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import MeasurementError
from harness.model.front_ends import ComparedWith, front_end_of


@dataclass(frozen=True)
class PendingReference:
    """Outputs that are being computed, or were found in the cache, and whose they are."""

    compared_with: ComparedWith
    _outputs: Future[NDArray[np.generic]]
    _cancelled: threading.Event

    def result(self, timeout: float) -> NDArray[np.generic]:
        """Return the outputs, shape (n, output elements), within `timeout` seconds.

        Raises:
            MeasurementError: they take longer, or were cancelled.
            HarnessError: what went wrong while they were computed.
        """
        try:
            return self._outputs.result(timeout)
        except TimeoutError as error:
            raise MeasurementError(
                f"the host reference is not ready after {timeout:g} s",
                where=f"{self.compared_with.name} {self.compared_with.version}",
                hint="Take fewer inputs with `--limit`, or a smaller model.",
            ) from error

    def cancel(self) -> None:
        """Stop after the inference under way; outputs that are ready stay so."""
        self._cancelled.set()


@dataclass(frozen=True)
class _Work:
    """One computation of reference outputs."""

    path: Path
    model_sha256: str
    inputs: NDArray[np.generic]
    entry: Path
    cancelled: threading.Event
    options: Sequence[str]
    sequence: bool

    def __call__(self) -> NDArray[np.generic]:
        reference = front_end_of(self.path, self.options).reference(self.path, self.model_sha256)
        outputs = reference.outputs(self.inputs, self.cancelled, sequence=self.sequence)
        if len(outputs) != len(self.inputs):
            raise MeasurementError(
                f"the host reference was cancelled after {len(outputs)} of {len(self.inputs)} "
                "inputs",
                where=str(self.path),
                hint="Run the case again.",
            )
        _store(self.entry, outputs)
        return outputs


def start_reference(
    path: Path,
    inputs: NDArray[np.generic],
    *,
    model_sha256: str,
    dataset_sha256: str,
    cache_dir: Path,
    options: Sequence[str] = (),
    sequence: bool = False,
) -> PendingReference:
    """Return the outputs of the host reference from the cache, or start to compute them.

    The model is read with `options`, see `front_ends`.

    LiteRT lets go of Python's lock while it computes, so a thread is enough; the link is served
    meanwhile. The cache is only a memo: its key is model, data set and the reference's own, and an
    entry that does not fit is computed again.

    Raises:
        HarnessError: as `FrontEnd.compared_with`.
    """
    compared_with = front_end_of(path, options).compared_with(path)
    entry = cache_dir / f"{model_sha256[:16]}-{dataset_sha256[:16]}-{compared_with.key}.npy"
    outputs: Future[NDArray[np.generic]] = Future()
    cancelled = threading.Event()
    known = _load(entry, len(inputs))
    if known is not None:
        outputs.set_result(known)
    else:
        worker = ThreadPoolExecutor(1, "host-reference")
        work = _Work(path, model_sha256, inputs, entry, cancelled, options, sequence)
        outputs = worker.submit(work)
        worker.shutdown(wait=False)
    return PendingReference(compared_with, outputs, cancelled)


def _load(entry: Path, count: int) -> NDArray[np.generic] | None:
    try:
        # Not np.load, which takes archives and pickles for arrays too.
        with entry.open("rb") as file:
            outputs = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return outputs if outputs.ndim == 2 and len(outputs) == count else None


def _store(entry: Path, outputs: NDArray[np.generic]) -> None:
    with contextlib.suppress(OSError):
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=entry.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            np.save(file, outputs)
        Path(name).replace(entry)
