"""A folder in the layout of the MLPerf Tiny benchmark: y_labels.csv and one raw file per input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.catalog.input_tensor import InputTensor
from harness.catalog.mlperf_labels import read_input, read_labels, require_files
from harness.catalog.samples import Samples
from harness.domain.mlperf import Truth
from harness.domain.network import DType
from harness.errors import BadDataset

SYNTAX = "mlperf:DIR[?dtype=int8|uint8]"
DESCRIPTION = "MLPerf Tiny layout: y_labels.csv (file, classes, class) and raw inputs"

_OPTION = "?dtype="
_TYPES = ("int8", "uint8")

# The element type of the raw files follows from the benchmark, not from the files themselves.
_BENCHMARKS = {"kws01": "int8", "ic01": "uint8", "ic02": "uint8", "vww01": "uint8"}


def load(argument: str, wanted: InputTensor, limit: int | None) -> Samples:
    """Read the inputs in the order of the labels file.

    int8 files are taken as they are. uint8 files become the int8 input `byte - 128`, the same real
    value where the zero points differ by 128, or are taken as they are by a uint8 input.

    Raises:
        BadDataset: folder or labels file missing or malformed (with the line), an input missing or
            of the wrong size, an element type that is unknown or does not suit the model.
    """
    folder, stored = _folder_and_type(argument)
    _require_suitable(stored, wanted, folder)
    labels = read_labels(folder)
    require_files(folder, labels)
    raw = _read_inputs(folder, labels[:limit], wanted)
    shaped = raw.reshape(-1, *wanted.sample_shape)
    return Samples(
        inputs=(shaped if stored == _name(wanted) else shaped ^ 0x80).view(wanted.numpy),
        labels=np.array([entry.label for entry in labels[:limit]], dtype=np.int64),
    )


def _folder_and_type(argument: str) -> tuple[Path, str]:
    text, option, stored = argument.partition(_OPTION)
    folder = Path(text).expanduser()
    if not text or not folder.is_dir():
        raise BadDataset(
            "there is no such folder",
            where=text or f"mlperf:{argument}",
            hint=f"Correct the path; write {SYNTAX}.",
        )
    if option and stored not in _TYPES:
        raise BadDataset(
            f"inputs of type {stored!r} are unknown",
            where=f"mlperf:{argument}",
            hint=f"Write {SYNTAX}.",
        )
    if not option:
        stored = _BENCHMARKS.get(folder.resolve().name, "")
    if not stored:
        known = ", ".join(sorted(_BENCHMARKS))
        raise BadDataset(
            f"whether the raw inputs are int8 or uint8 is known for folders named {known} only",
            where=str(folder),
            hint=f"Say it: mlperf:{text}{_OPTION}int8, or {_OPTION}uint8.",
        )
    return folder, stored


def _read_inputs(folder: Path, labels: list[Truth], wanted: InputTensor) -> NDArray[np.uint8]:
    """The bytes of the inputs, shape (n, elements); one byte is one element."""
    contents = []
    for entry in labels:
        path = folder / entry.file
        content = read_input(path)
        if len(content) != wanted.elements:
            shape = "x".join(str(size) for size in wanted.shape)
            raise BadDataset(
                f"has {len(content)} bytes, the model's input is {shape} = {wanted.elements} bytes",
                where=str(path),
                hint="Use the data set that belongs to the model.",
            )
        contents.append(content)
    return np.frombuffer(b"".join(contents), dtype=np.uint8).reshape(len(labels), -1)


def _require_suitable(stored: str, wanted: InputTensor, folder: Path) -> None:
    if stored != _name(wanted) and (stored, wanted.dtype) != ("uint8", DType.INT8):
        raise BadDataset(
            f"raw inputs are {stored}, the model's input is {_name(wanted)}",
            where=str(folder),
            hint="Use a model with int8 input.",
        )


def _name(wanted: InputTensor) -> str:
    return wanted.dtype.name.lower()
