"""Reads the weights of a `.caffemodel.h5`: groups `data/<layer>` with datasets `0`, `1`, ...

Source: BVLC/caffe `src/caffe/net.cpp`, `Net::ToHDF5`.
"""

from __future__ import annotations

import io

import numpy as np

from harness.errors import BadModel, ToolMissing
from harness.model.caffe.weights import Blob, Weights

_LARGEST_BLOB = 2**28


def parse_caffemodel_h5(data: bytes, where: str) -> Weights:
    """The blobs of each layer that has some, by the layer's name.

    Raises:
        BadModel: no HDF5 file, cut, or without such groups.
        ToolMissing: h5py is not installed.
    """
    try:
        import h5py  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as error:
        raise ToolMissing(
            "weights in HDF5 are read by h5py, which is not installed",
            where=where,
            hint="Install it with `pip install 'cortexm-harness[caffe]'`.",
        ) from error
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            layers = file["data"]
            weights = {
                str(name): [_blob(layers[name][str(number)]) for number in range(len(layers[name]))]
                for name in layers
                if len(layers[name])
            }
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadModel(
            f"not weights of Caffe in HDF5, or damaged: {reason}",
            where=where,
            hint="Fetch the file again, or save it again.",
        ) from error
    if not weights:
        raise BadModel(
            "no layer with weights is in it: it is no caffemodel",
            where=where,
            hint="Fetch the file again, or save it again.",
        )
    return weights


def _blob(dataset: object) -> Blob:
    size = int(getattr(dataset, "size"))  # noqa: B009 - h5py has no types
    if size > _LARGEST_BLOB:
        raise ValueError(f"a blob of {size:,} values")
    return np.asarray(dataset, np.float32)
