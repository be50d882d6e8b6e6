"""Inputs, and labels if there are any, from one archive of NumPy arrays."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.catalog.image_input import OPTIONS, image_input
from harness.catalog.input_tensor import InputTensor
from harness.catalog.pictures import fit_all
from harness.catalog.samples import Samples, checked_labels
from harness.catalog.spec_arguments import SpecArguments, split_arguments
from harness.errors import BadDataset

SYNTAX = "npz:FILE[,OPTION=VALUE]..."
DESCRIPTION = (
    "NumPy archive with arrays as of npy:, or uint8 images where an option of idx is given; "
    "options: inputs, labels (names of the arrays), and those of idx"
)

_DAMAGED = (
    *(OSError, ValueError, EOFError, KeyError, RuntimeError, NotImplementedError, OverflowError),
    *(MemoryError, SyntaxError, zipfile.BadZipFile, zlib.error),
)


def load(argument: str, wanted: InputTensor, limit: int | None) -> Samples:
    """Read the arrays; without `labels=` an archive may be without labels.

    Raises:
        BadDataset: an option or a file that is not what it should be, or does not fit the input.
    """
    arguments = split_arguments(argument, SYNTAX, (*OPTIONS, "inputs", "labels"))
    path = Path(arguments.paths[0]).expanduser()
    raw, labels = _read(path, arguments)
    where = f"{path}:{arguments.options.get('inputs', 'inputs')}"
    if any(option in arguments.options for option in OPTIONS):
        inputs = _images(raw, arguments, wanted, limit, where)
    else:
        inputs = wanted.typed(wanted.shaped(raw, where), where)[:limit]
    if labels is None:
        return Samples(inputs=inputs, labels=None, no_labels="no labels")
    name = arguments.options.get("labels", "labels")
    return Samples(inputs=inputs, labels=checked_labels(labels, len(raw), f"{path}:{name}")[:limit])


def _images(
    raw: NDArray[np.generic],
    arguments: SpecArguments,
    wanted: InputTensor,
    limit: int | None,
    where: str,
) -> NDArray[np.generic]:
    images = raw[..., np.newaxis] if raw.ndim == 3 else raw
    if raw.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3) or not raw.size:
        raise BadDataset(
            f"is {raw.dtype.name} of {'x'.join(str(size) for size in raw.shape)}, no images",
            where=where,
            hint="Save uint8 images (n, height, width, channels), or leave the image options out.",
        )
    _, height, width, channels = images.shape
    image = image_input(arguments, wanted, native=(height, width, channels))
    return image.encoded(fit_all(images[:limit].astype(np.uint8), image, where))


def _read(
    path: Path, arguments: SpecArguments
) -> tuple[NDArray[np.generic], NDArray[np.generic] | None]:
    try:
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise ValueError("it holds one array, which npy: takes")
        with loaded as archive:
            inputs = _named(archive, "inputs", arguments, path)
            wanted_labels = "labels" in arguments.options or "labels" in archive.files
            return inputs, _named(archive, "labels", arguments, path) if wanted_labels else None
    except FileNotFoundError as error:
        raise BadDataset(
            "there is no such file", where=str(path), hint="Correct the path."
        ) from error
    except _DAMAGED as error:
        raise BadDataset(
            f"is no archive of NumPy arrays: {error}",
            where=str(path),
            hint="Write it with numpy.savez, without pickled objects.",
        ) from error


def _named(
    archive: np.lib.npyio.NpzFile, option: str, arguments: SpecArguments, path: Path
) -> NDArray[np.generic]:
    name = arguments.options.get(option, option)
    if name not in archive.files:
        raise BadDataset(
            f"has no array {name!r}; there are: {', '.join(archive.files) or 'none'}",
            where=str(path),
            hint=f"Name it: add {option}=NAME.",
        )
    array: NDArray[np.generic] = archive[name]
    return array
