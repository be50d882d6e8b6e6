"""The cases of a kernel benchmark: each shape as a network of its own, grouped to be quick."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from harness.bench import sweeps
from harness.bench.kernel_sweep_draft import Draft
from harness.bench.kernel_sweep_ideal import ideal_per_mac
from harness.bench.prepare import Prepared
from harness.domain.operator_shape import OperatorShape
from harness.domain.plan import Case, ModelSource
from harness.errors import BuildError

DATASET = "random:1"


def tflite_of(shape: OperatorShape) -> bytes:
    """The `.tflite` of one operator, the same bytes for the same shape for ever."""
    return sweeps.sweep_of(shape.operator).network(Draft(shape))


def write_networks(shapes: Iterable[OperatorShape], folder: Path) -> list[ModelSource]:
    """One model per shape, by the shape's label; its file in `folder` is made where missing.

    Raises:
        BuildError: a file cannot be written.
    """
    return [
        ModelSource(name=shape.label, path=_written(tflite_of(shape), shape, folder))
        for shape in shapes
    ]


def _written(content: bytes, shape: OperatorShape, folder: Path) -> Path:
    path = folder / f"{shape.label.replace(' -> ', '--').replace(' ', '-')}.tflite"
    try:
        with contextlib.suppress(FileNotFoundError):
            if path.read_bytes() == content:
                return path
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError as error:
        raise BuildError(
            f"the network of {shape.label} cannot be written: {error.strerror}",
            where=str(folder),
            hint="Free some space there, or set HARNESS_CACHE to another folder.",
        ) from error
    return path


def by_firmware(cases: Sequence[Case]) -> list[Case]:
    """The cases with those of one target and firmware in a row, each group as first met."""
    first: dict[tuple[str, str, str], int] = {}
    keys = [(case.target.id, case.kernel_set.id, case.variant.id) for case in cases]
    for key in keys:
        first.setdefault(key, len(first))
    order = sorted(range(len(cases)), key=lambda number: (first[keys[number]], number))
    return [cases[number] for number in order]


def with_ideal(prepared: Prepared) -> Prepared:
    """The case with its core's ideal among the readings."""
    ideal = ideal_per_mac(prepared.case.target, prepared.image.macs)
    return replace(prepared, known=(*prepared.known, ideal))
