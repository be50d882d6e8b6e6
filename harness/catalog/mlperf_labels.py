"""The labels file of an MLPerf Tiny data set, and the files of inputs that it names."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from harness.domain.mlperf import Truth
from harness.errors import BadDataset

LABELS_FILE = "y_labels.csv"


def read_labels(folder: Path) -> list[Truth]:
    """Read the lines of the labels file of `folder`, in order.

    Raises:
        BadDataset: it is missing, unreadable, empty, or a line (named) is malformed.
    """
    path = folder / LABELS_FILE
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
    except FileNotFoundError as error:
        raise BadDataset(
            f"the folder has no {LABELS_FILE}",
            where=str(path.parent),
            hint="Name the folder that holds it.",
        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadDataset(
            f"cannot be read: {error}",
            where=str(path),
            hint="Make it a readable UTF-8 text file.",
        ) from error
    labels = [_truth(row, f"{path}:{line}") for line, row in enumerate(rows, start=1) if row]
    if not labels:
        raise BadDataset("names no inputs", where=str(path), hint="Give at least one line.")
    return labels


def read_input(path: Path) -> bytes:
    """The bytes of an input.

    Raises:
        BadDataset: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadDataset(
            f"cannot be read: {error.strerror}", where=str(path), hint="Make it readable."
        ) from error


def require_files(folder: Path, labels: Sequence[Truth]) -> None:
    """Refuse a folder in which a labelled input is missing.

    Raises:
        BadDataset: naming the first few that are missing.
    """
    missing = [entry.file for entry in labels if not (folder / entry.file).is_file()]
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise BadDataset(
            f"{len(missing)} of {len(labels)} inputs that {LABELS_FILE} names are missing: {shown}",
            where=str(folder),
            hint="Add the files, or remove their lines.",
        )


def _truth(row: list[str], where: str) -> Truth:
    fields = [field.strip() for field in row]
    try:
        file, classes, label = fields[0], int(fields[1]), int(fields[2])
        window = tuple(int(field) for field in fields[3:5] if field)
    except (IndexError, ValueError) as error:
        raise BadDataset(
            f"is {','.join(row)!r}",
            where=where,
            hint="Write file, number of classes, class index.",
        ) from error
    if not file or not 0 <= label < classes:
        raise BadDataset(
            f"class {label} of {classes} for {file!r}",
            where=where,
            hint="Write a file name and a class index from 0 to the number of classes less 1.",
        )
    if len(window) == 1 or any(size <= 0 for size in window):
        raise BadDataset(
            f"windows {list(window)} for {file!r}",
            where=where,
            hint="Write both the bytes of a window and its stride, each above 0.",
        )
    return Truth(file, classes, label, *window)
