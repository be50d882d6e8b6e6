"""Pictures by Pillow: read from a file, made grey or coloured, cropped and resized."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.catalog.image_input import OPENMV, RESIZE, ImageInput, ImageShape
from harness.errors import BadDataset

if TYPE_CHECKING:
    from PIL.Image import Image

# Modes of 8 bits per channel; wider ones would be clipped to 255 where Pillow converts them.
_BYTES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")


def read_picture(path: Path, wanted: ImageInput) -> NDArray[np.uint8]:
    """The first frame of an image file as (height, width, channels), RGB, fit for `wanted`.

    Pixels are taken as they are stored (a rotation noted in EXIF is not applied), transparency is
    left out, colours become grey by ITU-R BT.601 luma, as Pillow has it.

    Raises:
        BadDataset: the file is no image, is damaged or of more than 8 bits, or does not fit.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            opened.load()
            return fitted(opened, wanted, str(path))
    except UnidentifiedImageError as error:
        raise BadDataset(
            "is no image that Pillow knows",
            where=str(path),
            hint="Replace the file by a JPEG, PNG, PPM or BMP image, or remove it.",
        ) from error
    except (
        *(OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError),
        *(OverflowError, MemoryError, struct.error, Image.DecompressionBombError),
    ) as error:
        raise BadDataset(
            f"cannot be read as an image: {error}",
            where=str(path),
            hint="Replace the file, or remove it.",
        ) from error


def fit_all(images: NDArray[np.uint8], wanted: ImageInput, where: str) -> NDArray[np.uint8]:
    """Images (n, height, width, channels of 1 or 3), RGB, fit for `wanted`.

    Raises:
        BadDataset: as `fitted`.
    """
    from PIL import Image

    shape = wanted.shape
    if images.shape[1:] == (shape.height, shape.width, shape.channels):
        return images
    flat = images[..., 0] if images.shape[3] == 1 else images
    return np.stack([fitted(Image.fromarray(image), wanted, where) for image in flat])


def fitted(picture: Image, wanted: ImageInput, where: str) -> NDArray[np.uint8]:
    """A picture in the size and colours of `wanted`, as (height, width, channels), RGB.

    `crop=none` takes the whole picture, which must have the input's aspect ratio; `centre` takes
    the largest part of that ratio from its middle; `stretch` takes the whole, whatever its ratio.

    Raises:
        BadDataset: pixels of more than 8 bits, or a size that the options say nothing about.
    """
    from PIL.Image import Resampling

    if picture.mode not in _BYTES:
        raise BadDataset(
            f"has pixels of mode {picture.mode}, not of 8 bits a channel",
            where=where,
            hint="Convert it to 8 bits a channel.",
        )
    shape = wanted.shape
    converted = picture.convert("L" if shape.channels == 1 else "RGB")
    box = _part(converted.size, wanted, where)
    if (box[2] - box[0], box[3] - box[1]) != (shape.width, shape.height):
        if wanted.method is None:
            raise BadDataset(
                f"is {picture.width}x{picture.height}, the model's input {shape}",
                where=where,
                hint=f"Say how to resize: add resize={'|'.join(RESIZE)}.",
            )
        if wanted.method == OPENMV:
            return _as_openmv(np.asarray(converted.crop(box)), shape)
        method = Resampling[wanted.method.upper()]
        converted = converted.resize((shape.width, shape.height), method, box=box)
    else:
        converted = converted.crop(box)
    pixels: NDArray[np.uint8] = np.asarray(converted, dtype=np.uint8)
    return pixels.reshape(shape.height, shape.width, shape.channels)


def _as_openmv(pixels: NDArray[np.uint8], shape: ImageShape) -> NDArray[np.uint8]:
    """Nearest pixels by OpenMV's ratios in 16.16 fixed point: (from << 16) / to + 1, cut off.

    Source: OpenMV firmware v3.6.0, `nn_run_network` in `src/omv/nn/nn.c`.
    """
    rows, columns = (
        np.arange(to, dtype=np.int64) * ((size << 16) // to + 1) >> 16
        for size, to in zip(pixels.shape[:2], (shape.height, shape.width), strict=True)
    )
    chosen: NDArray[np.uint8] = pixels[rows][:, columns]
    return chosen.reshape(shape.height, shape.width, shape.channels)


def _part(size: tuple[int, int], wanted: ImageInput, where: str) -> tuple[int, int, int, int]:
    """The part of a picture of `size` that is used: left, top, right, bottom."""
    (width, height), shape = size, wanted.shape
    across, down = width * shape.height, height * shape.width
    if across == down or wanted.crop == "stretch":
        return 0, 0, width, height
    if wanted.crop == "none":
        raise BadDataset(
            f"is {width}x{height}, another aspect ratio than the model's input {shape}",
            where=where,
            hint="Add crop=centre to take its middle, or crop=stretch to distort it.",
        )
    if across > down:
        kept = max(down // shape.height, 1)
        left = (width - kept) // 2
        return left, 0, left + kept, height
    kept = max(across // shape.width, 1)
    top = (height - kept) // 2
    return 0, top, width, top + kept
