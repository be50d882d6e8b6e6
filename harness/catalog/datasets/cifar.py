"""CIFAR-10 and CIFAR-100 in their binary versions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.catalog.image_input import OPTIONS, image_input
from harness.catalog.input_tensor import InputTensor
from harness.catalog.pictures import fit_all
from harness.catalog.samples import Samples
from harness.catalog.spec_arguments import SpecArguments, split_arguments
from harness.errors import BadDataset

SYNTAX = "cifar:DIR|FILE[,OPTION=VALUE]..."
DESCRIPTION = (
    "CIFAR-10 or CIFAR-100, binary version: a .bin file, or a folder's test set; options: kind, "
    "labels, and those of idx"
)

SIDE = 32
_PIXELS = 3 * SIDE * SIDE
_LABEL_BYTES = {"10": 1, "100": 2}
_TEST_FILES = ("test_batch.bin", "test.bin")
# Classes of each label byte: CIFAR-100 has the coarse class first, then the fine one.
_CLASSES = {"10": (10,), "100": (20, 100)}


def load(argument: str, wanted: InputTensor, limit: int | None) -> Samples:
    """Read records of one or two label bytes and 3072 pixels: red, green, blue, row by row.

    Format: A. Krizhevsky, "The CIFAR-10 dataset", section "Binary version".

    Raises:
        BadDataset: an option or a file that is not what it should be, or does not fit the input.
    """
    arguments = split_arguments(argument, SYNTAX, (*OPTIONS, "kind", "labels"))
    path = _file(arguments)
    content = _content(path)
    kind = _kind(arguments, len(content), path)
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, _LABEL_BYTES[kind] + _PIXELS)
    _require_classes(records, kind, path)
    fine = arguments.choice("labels", ("fine", "coarse"), "fine") == "fine"
    if kind == "10" and not fine:
        raise arguments.refusal("CIFAR-10 has no coarse labels", "Leave labels=coarse out.")
    records = records[:limit]
    planes = records[:, _LABEL_BYTES[kind] :].reshape(-1, 3, SIDE, SIDE)
    image = image_input(arguments, wanted, native=(SIDE, SIDE, 3))
    return Samples(
        inputs=image.encoded(fit_all(planes.transpose(0, 2, 3, 1), image, str(path))),
        labels=records[:, _LABEL_BYTES[kind] - 1 if fine else 0].astype(np.int64),
    )


def _file(arguments: SpecArguments) -> Path:
    path = Path(arguments.paths[0]).expanduser()
    if not path.is_dir():
        return path
    for name in _TEST_FILES:
        if (path / name).is_file():
            return path / name
    raise BadDataset(
        f"has neither {' nor '.join(_TEST_FILES)}",
        where=str(path),
        hint="Unpack the binary version there, or name a .bin file.",
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadDataset(
            "there is no such file", where=str(path), hint="Correct the path."
        ) from error
    except OSError as error:
        raise BadDataset(
            f"cannot be read: {error.strerror}", where=str(path), hint="Make it readable."
        ) from error


def _kind(arguments: SpecArguments, size: int, path: Path) -> str:
    fits = [kind for kind, labels in _LABEL_BYTES.items() if size % (labels + _PIXELS) == 0]
    told = arguments.options.get("kind")
    if told:
        fits = [kind for kind in fits if kind == arguments.choice("kind", _LABEL_BYTES, told)]
    if not size or not fits:
        raise BadDataset(
            f"has {size:,} bytes, not a whole number of records of 3,073 (CIFAR-10) or 3,074 "
            "(CIFAR-100)",
            where=str(path),
            hint="Name an unpacked .bin file of the binary version.",
        )
    if len(fits) > 1:
        raise BadDataset(
            "may be CIFAR-10 or CIFAR-100 by its size",
            where=str(path),
            hint="Say it: add kind=10 or kind=100.",
        )
    return fits[0]


def _require_classes(records: NDArray[np.uint8], kind: str, path: Path) -> None:
    for column, classes in enumerate(_CLASSES[kind]):
        beyond = np.flatnonzero(records[:, column] >= classes)
        if len(beyond):
            first = int(beyond[0])
            raise BadDataset(
                f"record {first} has class {int(records[first, column])} of {classes}",
                where=str(path),
                hint="Name a file of the binary version, not of the Python or MATLAB one.",
            )
