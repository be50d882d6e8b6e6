"""Image files in a sub-folder for each class."""

from __future__ import annotations

import numpy as np

from harness.catalog.class_folders import OPTIONS as CLASS_OPTIONS
from harness.catalog.class_folders import labelled_files
from harness.catalog.image_input import OPTIONS as IMAGE_OPTIONS
from harness.catalog.image_input import image_input
from harness.catalog.input_tensor import InputTensor
from harness.catalog.pictures import read_picture
from harness.catalog.samples import Samples
from harness.catalog.spec_arguments import split_arguments

SYNTAX = "folder:DIR[,OPTION=VALUE]..."
DESCRIPTION = (
    "images (jpg, png, ppm, ...) in a sub-folder per class; options: resize, crop, layout, "
    "channels, mean, scale, labels, others"
)


def load(argument: str, wanted: InputTensor, limit: int | None) -> Samples:
    """Read the images in the order of `class_folders`, as `image_input` and `pictures` say.

    Raises:
        BadDataset: an option, a folder or an image that is not what it should be (which is named).
    """
    arguments = split_arguments(argument, SYNTAX, (*IMAGE_OPTIONS, *CLASS_OPTIONS))
    image = image_input(arguments, wanted)
    files = labelled_files(arguments)[:limit]
    pixels = np.stack([read_picture(path, image) for path, _ in files])
    return Samples(
        inputs=image.encoded(pixels),
        labels=np.array([label for _, label in files], dtype=np.int64),
    )
