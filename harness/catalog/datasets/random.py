"""Random inputs over the full range of the element type, the same on every machine for ever."""

from __future__ import annotations

import hashlib

import numpy as np

from harness.catalog.input_tensor import InputTensor
from harness.catalog.samples import Samples
from harness.errors import BadDataset

SYNTAX = "random[:N]"
DESCRIPTION = "N seeded random inputs (16 unless told), without labels; the default"

COUNT = 16
_SEED = b"harness random inputs 1"


def load(argument: str, wanted: InputTensor, limit: int | None) -> Samples:
    """Draw inputs from SHAKE-256, whose output, unlike a library generator's, never changes.

    Float inputs are uniform in [0, 1).

    Raises:
        BadDataset: N is not a positive integer.
    """
    count = COUNT
    if argument:
        if not argument.isascii() or not argument.isdigit() or int(argument) < 1:
            raise BadDataset(
                f"{argument!r} is not a number of inputs",
                where=f"random:{argument}",
                hint=f"Write {SYNTAX}, with N at least 1.",
            )
        count = int(argument)
    count = count if limit is None else min(count, limit)
    elements = count * wanted.elements
    stream = hashlib.shake_256(_SEED).digest(elements * wanted.numpy.itemsize)
    if wanted.numpy.kind == "f":
        values = (np.frombuffer(stream, dtype="<u4") >> 8) / np.float64(1 << 24)
        flat = values.astype(wanted.numpy)
    else:
        flat = np.frombuffer(stream, dtype=wanted.numpy)
    return Samples(
        inputs=flat.reshape(count, *wanted.sample_shape),
        labels=None,
        no_labels="no labels",
    )
