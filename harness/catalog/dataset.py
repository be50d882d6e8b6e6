"""Data sets by specification `scheme[:argument]`: a scheme is a module of `datasets/`."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.catalog import datasets
from harness.catalog.definitions import pick
from harness.catalog.input_tensor import InputTensor
from harness.catalog.samples import Samples
from harness.domain.dataset import Dataset
from harness.domain.network import DType
from harness.errors import BadDataset

DEFAULT = "random"


@dataclass(frozen=True)
class DatasetScheme:
    """One kind of data set: how it is written on a command line, and what it holds.

    `load(argument, wanted, limit)` gets what follows the colon; it need not apply `limit`, but may
    to spare work.
    """

    name: str
    syntax: str
    description: str
    load: Callable[[str, InputTensor, int | None], Samples]


def schemes() -> dict[str, DatasetScheme]:
    """Every kind of data set, by name: one per module of `harness.catalog.datasets`."""
    found = {}
    for module_info in pkgutil.iter_modules(datasets.__path__):
        module = importlib.import_module(f"{datasets.__name__}.{module_info.name}")
        found[module_info.name] = DatasetScheme(
            name=module_info.name,
            syntax=module.SYNTAX,
            description=module.DESCRIPTION,
            load=module.load,
        )
    return found


def load_dataset(
    spec: str | None,
    *,
    shape: tuple[int, ...],
    dtype: DType,
    scale: float,
    zero_point: int,
    limit: int | None = None,
    default: str | None = None,
) -> Dataset:
    """Load the data set `spec` for an input tensor; None means `default`, else random inputs.

    Inputs come out as (n, *shape without a leading 1), little-endian, C order; the bytes of one
    sample are the bytes of the tensor. `limit` keeps the first inputs. `sha256` covers element
    type, shape, inputs, and labels as int64.

    Raises:
        UnknownName: no such scheme.
        BadDataset: inputs or labels are missing, malformed, or do not fit the tensor.
    """
    spec = spec or default or DEFAULT
    if limit is not None and limit < 1:
        raise BadDataset(
            f"a limit of {limit} leaves no inputs", where=spec, hint="Use a limit of at least 1."
        )
    name, _, argument = spec.partition(":")
    scheme = pick("data set", name, schemes())
    wanted = InputTensor(shape, dtype, scale, zero_point)
    samples = scheme.load(argument, wanted, limit)
    inputs = samples.inputs[:limit]
    labels = None if samples.labels is None else samples.labels[:limit].astype("<i8")
    return Dataset(
        name=spec,
        inputs=inputs,
        labels=labels,
        sha256=_sha256(inputs, labels, samples.sequence),
        no_labels=samples.no_labels,
        sequence=samples.sequence,
    )


def _sha256(inputs: NDArray[np.generic], labels: NDArray[np.int64] | None, sequence: bool) -> str:
    digest = hashlib.sha256(b"sequence\n" if sequence else b"")
    digest.update(f"{inputs.dtype.name} {inputs.shape}\n".encode())
    digest.update(inputs.tobytes())
    digest.update(b"\nlabels\n" if labels is not None else b"\nno labels\n")
    if labels is not None:
        digest.update(labels.tobytes())
    return digest.hexdigest()
