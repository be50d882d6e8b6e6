"""Inputs, and labels if there are any, from NumPy files of the user's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.catalog.input_tensor import InputTensor
from harness.catalog.samples import Samples, checked_labels
from harness.errors import BadDataset

SYNTAX = "npy:INPUTS.npy[,LABELS.npy]"
DESCRIPTION = "NumPy arrays: inputs (n, ...) in the model's element type or as real numbers"

_MAGIC = b"\x93NUMPY"  # numpy.lib.format, "Format Version 1.0"


def load(argument: str, wanted: InputTensor, limit: int | None) -> Samples:
    """Read one or two arrays; floating-point inputs are quantised with the tensor's scale.

    Raises:
        BadDataset: a file is missing or no array, or its shape, element type or length is wrong.
    """
    inputs_name, comma, labels_name = argument.partition(",")
    if not inputs_name or (comma and not labels_name) or "," in labels_name:
        raise BadDataset(
            "one file of inputs and at most one of labels",
            where=f"npy:{argument}",
            hint=f"Write {SYNTAX}.",
        )
    raw = _read(Path(inputs_name).expanduser())
    inputs = wanted.typed(wanted.shaped(raw, inputs_name), inputs_name)
    if not labels_name:
        return Samples(inputs=inputs, labels=None, no_labels="no labels")
    labels = checked_labels(_read(Path(labels_name).expanduser()), len(inputs), labels_name)
    return Samples(inputs=inputs, labels=labels)


def _read(path: Path) -> NDArray[np.generic]:
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise BadDataset(
            "there is no such file", where=str(path), hint="Correct the path."
        ) from error
    except (OSError, ValueError, EOFError) as error:
        raise BadDataset(
            f"is not a NumPy array file: {_reason(path, error)}",
            where=str(path),
            hint="Write it with numpy.save, without pickled objects.",
        ) from error
    if not isinstance(array, np.ndarray):
        raise BadDataset(
            "is an archive of arrays", where=str(path), hint="Save one array with numpy.save."
        )
    return array


def _reason(path: Path, error: Exception) -> str:
    """NumPy takes what is no array for a pickle, and advises to load it all the same."""
    try:
        with path.open("rb") as file:
            begins = file.read(len(_MAGIC))
    except OSError as unreadable:
        return unreadable.strerror or str(unreadable)
    if begins == _MAGIC:
        return str(error)
    return "it is empty" if not begins else f"it begins with {begins!r}, not with {_MAGIC!r}"
