"""Images and labels in IDX files, as MNIST and its relatives are published."""

from __future__ import annotations

import gzip
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.catalog.image_input import OPTIONS, image_input
from harness.catalog.input_tensor import InputTensor
from harness.catalog.pictures import fit_all
from harness.catalog.samples import Samples, checked_labels
from harness.catalog.spec_arguments import split_arguments
from harness.errors import BadDataset

SYNTAX = "idx:IMAGES[,LABELS][,OPTION=VALUE]..."
DESCRIPTION = (
    "IDX files as of MNIST, gzipped or not; options: resize, crop, layout, channels, mean, scale"
)

_GZIP = b"\x1f\x8b"
_MOST_DIMENSIONS = 4
_BYTE = 8  # the type code of unsigned bytes


def load(argument: str, wanted: InputTensor, limit: int | None) -> Samples:
    """Read images (n, height, width[, channels]) and labels (n,), all of unsigned bytes.

    Raises:
        BadDataset: an option or a file that is not what it should be, or does not fit the input.
    """
    arguments = split_arguments(argument, SYNTAX, OPTIONS, most_paths=2)
    path = Path(arguments.paths[0]).expanduser()
    array = read_idx(path)
    images = array[..., np.newaxis] if array.ndim == 3 else array
    if images.ndim != 4 or images.shape[3] not in (1, 3) or 0 in images.shape:
        shape = "x".join(str(size) for size in array.shape)
        raise BadDataset(
            f"holds an array of {shape}, no images",
            where=str(path),
            hint="Name the file of the images first, then that of the labels.",
        )
    labels = None
    if len(arguments.paths) == 2:
        of_labels = Path(arguments.paths[1]).expanduser()
        labels = checked_labels(read_idx(of_labels), len(images), str(of_labels))[:limit]
    _, height, width, channels = images.shape
    image = image_input(arguments, wanted, native=(height, width, channels))
    inputs = image.encoded(fit_all(images[:limit], image, str(path)))
    return Samples(
        inputs=inputs, labels=labels, no_labels="" if labels is not None else "no labels"
    )


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array of an IDX file: two zero bytes, a type, dimensions, sizes (big-endian), elements.

    Format: the MNIST page of LeCun, Cortes and Burges, section "The IDX file format".

    Raises:
        BadDataset: the file is missing, damaged, of another type, too short or too long.
    """
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in range(_BYTE, _BYTE + 7):
        raise BadDataset(
            f"begins with {content[:4].hex() or 'nothing'}, not with 000008 and the dimensions",
            where=str(path),
            hint="Name an IDX file, gzipped or not.",
        )
    if content[2] != _BYTE:
        raise BadDataset(
            f"has elements of IDX type 0x{content[2]:02x}; unsigned bytes (0x08) are taken",
            where=str(path),
            hint="Save the values as NumPy arrays and use npy:.",
        )
    dimensions = content[3]
    if dimensions not in range(1, _MOST_DIMENSIONS + 1):
        raise BadDataset(
            f"says it has {dimensions} dimensions; taken are 1 to {_MOST_DIMENSIONS}",
            where=str(path),
            hint="Name an IDX file of images or labels.",
        )
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise BadDataset(
            f"is cut short in the sizes of its {dimensions} dimensions",
            where=str(path),
            hint="Fetch the file again.",
        )
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    expected, found = prod(shape), len(content) - start
    if expected != found:
        raise BadDataset(
            f"says {'x'.join(str(size) for size in shape) or 'one'} = {expected:,} elements and "
            f"has {found:,}",
            where=str(path),
            hint="Fetch the file again.",
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == _GZIP else content
    except FileNotFoundError as error:
        raise BadDataset(
            "there is no such file", where=str(path), hint="Correct the path."
        ) from error
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise BadDataset(
            f"cannot be read: {error}", where=str(path), hint="Fetch the file again."
        ) from error
