"""A data set taken as one sequence."""

from __future__ import annotations

import numpy as np
import pytest

from harness.catalog import load_dataset
from harness.domain.dataset import Dataset
from harness.domain.network import DType
from harness.errors import BadDataset, UnknownName


def load(spec: str) -> Dataset:
    return load_dataset(spec, shape=(1, 4), dtype=DType.INT8, scale=0.5, zero_point=0)


def test_it_has_the_inputs_of_the_other_and_a_hash_of_its_own() -> None:
    alone, sequence = load("random:3"), load("sequence:random:3")
    assert (alone.sequence, sequence.sequence) == (False, True)
    assert np.array_equal(alone.inputs, sequence.inputs)
    assert alone.sha256 != sequence.sha256


def test_no_data_set_is_named() -> None:
    with pytest.raises(BadDataset) as caught:
        load("sequence:")
    assert str(caught.value) == (
        "sequence:: no data set is named\n  -> Write sequence:SPEC, as sequence:random:8."
    )


@pytest.mark.parametrize("name", ["sequence:randon:3", "sequence:sequence:random"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(UnknownName):
        load(name)
