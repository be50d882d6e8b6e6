"""Images of bytes as a network's input: size, crop, colours, layout, and the values of pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from harness.catalog.input_tensor import InputTensor
from harness.catalog.spec_arguments import SpecArguments
from harness.errors import BadDataset

OPTIONS = ("resize", "crop", "layout", "channels", "mean", "scale")
OPENMV = "openmv"
RESIZE = ("nearest", "bilinear", "bicubic", "lanczos", OPENMV)
CODES = "codes"
CROP = ("none", "centre", "stretch")

_RESIZE = re.compile(r"(?:([1-9]\d{0,4})x([1-9]\d{0,4}):)?([a-z]+)")
_LEVELS = 256


@dataclass(frozen=True)
class ImageShape:
    """Rows, columns and channels (1 grey, 3 colours) of an image."""

    height: int
    width: int
    channels: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True)
class ImageInput:
    """How images become the input `wanted`, as the options of a data set say it.

    `method` is None where none was told, and then images must have the input's size. `mean` and
    `scale` have one number or one for each channel, or are None where none was told; with `codes`
    bytes are put into the type as they are.
    """

    wanted: InputTensor
    shape: ImageShape
    method: str | None
    crop: str
    channels_first: bool
    reversed_channels: bool
    mean: tuple[float, ...] | None
    scale: tuple[float, ...] | None
    codes: bool
    spec: str

    def encoded(self, images: NDArray[np.uint8]) -> NDArray[np.generic]:
        """Images (n, height, width, channels) in RGB order as inputs (n, *sample_shape).

        Without `mean` and `scale` a byte p becomes p in a uint8 input, p - 128 in an int8 one, and
        p / 255 in a float32 one. That is where the zero point says that the lowest number stands
        for 0; `scale=codes` does so in any 8-bit input. With numbers, the real value is
        (p - mean) * scale, mean 0 and scale 1 unless told, and the tensor's quantisation applies.

        Raises:
            BadDataset: an input type that has no such rule, or no quantisation.
        """
        if self.reversed_channels:
            images = images[..., ::-1]
        tables = self._tables()
        planes = [
            tables[channel % len(tables)][images[..., channel]]
            for channel in range(self.shape.channels)
        ]
        stacked = np.stack(planes, axis=1 if self.channels_first else -1)
        return np.ascontiguousarray(stacked.reshape(len(images), *self.wanted.sample_shape))

    def _tables(self) -> list[NDArray[np.generic]]:
        """What each of the 256 values becomes, for all channels or for each."""
        bytes_ = np.arange(_LEVELS)
        if self.codes or (self.mean is None and self.scale is None):
            return [self._by_place(bytes_)]
        means, scales = self.mean or (0.0,), self.scale or (1.0,)
        return [
            self.wanted.quantised(
                (bytes_ - means[channel % len(means)]) * scales[channel % len(scales)], self.spec
            )
            for channel in range(max(len(means), len(scales)))
        ]

    def _by_place(self, bytes_: NDArray[np.int64]) -> NDArray[np.generic]:
        """Each byte at its place in the range of the input's type."""
        kind = self.wanted.numpy
        if kind.kind == "f" and not self.codes:
            return (bytes_ / (_LEVELS - 1)).astype(kind)
        lowest = np.iinfo(kind.name).min if kind.kind in "iu" and kind.itemsize == 1 else None
        if lowest is None or (not self.codes and self.wanted.zero_point != lowest):
            about = f" of zero point {self.wanted.zero_point}" if lowest is not None else ""
            raise BadDataset(
                f"bytes have no given place in {kind.name} inputs{about}",
                where=self.spec,
                hint="Say their real values, as in scale=1/255"
                + (f", or scale={CODES} for byte - {-lowest}." if lowest is not None else "."),
            )
        return (bytes_ + lowest).astype(kind)


def image_input(
    arguments: SpecArguments, wanted: InputTensor, native: tuple[int, int, int] | None = None
) -> ImageInput:
    """Read the options about images; `native` is the shape of images that all have the same.

    Raises:
        BadDataset: an option that cannot be, or an input that is no image.
    """
    method, size = _resize(arguments)
    codes = arguments.options.get("scale") == CODES
    if codes and "mean" in arguments.options:
        raise arguments.refusal(
            f"mean= is about real values, and scale={CODES} says there are none",
            "Leave one of the two out.",
        )
    channels_first = arguments.choice("layout", ("hwc", "chw"), "hwc") == "chw"
    shape = _image_shape(arguments, wanted, size, channels_first, native)
    return ImageInput(
        wanted=wanted,
        shape=shape,
        method=method,
        crop=arguments.choice("crop", CROP, "none"),
        channels_first=channels_first,
        reversed_channels=arguments.choice("channels", ("rgb", "bgr"), "rgb") == "bgr",
        mean=_per_channel(arguments, "mean", shape.channels),
        scale=None if codes else _per_channel(arguments, "scale", shape.channels),
        codes=codes,
        spec=arguments.spec,
    )


def _resize(arguments: SpecArguments) -> tuple[str | None, tuple[int, int] | None]:
    """The method, and (height, width) where they are told."""
    told = arguments.options.get("resize")
    if told is None:
        return None, None
    found = _RESIZE.fullmatch(told)
    if not found or found[3] not in RESIZE:
        raise arguments.refusal(
            f"resize={told} is unknown",
            f"Write resize={'|'.join(RESIZE)}, or with a size, as in resize=64x64:{RESIZE[-2]}.",
        )
    return found[3], (int(found[2]), int(found[1])) if found[1] else None


def _image_shape(
    arguments: SpecArguments,
    wanted: InputTensor,
    size: tuple[int, int] | None,
    channels_first: bool,
    native: tuple[int, int, int] | None,
) -> ImageShape:
    sizes, shape = wanted.sample_shape, "x".join(str(size) for size in wanted.shape)
    if len(sizes) == 3:
        height, width, channels = (*sizes[1:], sizes[0]) if channels_first else sizes
    elif len(sizes) == 2:
        height, width, channels = *sizes, 1
    elif size:
        height, width = size
        channels = max(wanted.elements // (height * width), 1)
    elif native and native[0] * native[1] * native[2] == wanted.elements:
        height, width, channels = native
    else:
        raise arguments.refusal(
            f"the model's input is {shape}, and nothing says which image that is",
            f"Say its size, as in resize=28x28:{RESIZE[-2]}.",
        )
    if channels not in (1, 3) or height * width * channels != wanted.elements:
        raise arguments.refusal(
            f"the model's input is {shape}: no image of 1 or 3 channels"
            + (f" and {width}x{height} pixels" if size else ""),
            "Correct layout=hwc|chw or the size in resize=, or use another data set.",
        )
    if size and size != (height, width):
        raise arguments.refusal(
            f"the size in resize= is {size[1]}x{size[0]}, the model's input {width}x{height}",
            "Leave the size out, or use a model with an input of that size.",
        )
    return ImageShape(height, width, channels)


def _per_channel(arguments: SpecArguments, name: str, channels: int) -> tuple[float, ...] | None:
    """One number for all channels, or one for each, in the order of the input's channels."""
    told = arguments.options.get(name)
    if told is None:
        return None
    try:
        values = tuple(_number(part) for part in told.split(":"))
    except (ValueError, ZeroDivisionError) as error:
        raise arguments.refusal(
            f"{name}={told} is no number", f"Write {name}=1/255, 0.5, or {channels} with colons."
        ) from error
    if len(values) not in (1, channels):
        raise arguments.refusal(
            f"{name}={told} has {len(values)} numbers for {channels} channels",
            "Give one number, or one for each channel.",
        )
    return values


def _number(text: str) -> float:
    """A finite decimal number, or one divided by another.

    Raises:
        ValueError, ZeroDivisionError: it is none.
    """
    numerator, slash, denominator = text.partition("/")
    value = float(numerator) / (float(denominator) if slash else 1.0)
    if not isfinite(value):
        raise ValueError(f"{text} is not finite")
    return value
