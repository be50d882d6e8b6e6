"""The inputs of another data set as one sequence, for models that remember those before."""

from __future__ import annotations

from dataclasses import replace

from harness.catalog.definitions import pick
from harness.catalog.input_tensor import InputTensor
from harness.catalog.samples import Samples
from harness.errors import BadDataset

NAME = "sequence"
SYNTAX = f"{NAME}:SPEC"
DESCRIPTION = "another data set, whose inputs follow one another: the model's state is kept"


def load(argument: str, wanted: InputTensor, limit: int | None) -> Samples:
    """Load the data set `argument` (`random:8`, say).

    Raises:
        UnknownName: no such scheme.
        BadDataset: none is named, or as that data set.
    """
    # Not above: it imports this module when it looks for all.
    from harness.catalog.dataset import schemes

    name, _, rest = argument.partition(":")
    known = {scheme: found for scheme, found in schemes().items() if scheme != NAME}
    if not name:
        raise BadDataset(
            "no data set is named", where=f"{NAME}:", hint=f"Write {SYNTAX}, as {NAME}:random:8."
        )
    return replace(pick("data set", name, known).load(rest, wanted, limit), sequence=True)
