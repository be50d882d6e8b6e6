"""Caffe's models: of real numbers, so that they are made 8 bits wide before they can run."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from harness.domain.network import Network
from harness.errors import UnsupportedOperator
from harness.model.caffe.files import SUFFIXES as CAFFE
from harness.model.caffe.files import read_caffe
from harness.model.front_ends import ComparedWith, Reference

SUFFIXES = CAFFE
EDGES = ""


def read(path: Path) -> Network:
    """Read the model, to tell what is wrong with it, and refuse it.

    Raises:
        BadModel: it cannot be read, or is damaged.
        UnsupportedOperator: always, where it is sound.
    """
    _refuse(path)


def reference(path: Path, expected_sha256: str | None = None) -> Reference:
    """Refuse, as `read` does."""
    _refuse(path)


def compared_with(path: Path) -> ComparedWith:
    """Refuse, as `read` does."""
    _refuse(path)


def _refuse(path: Path) -> NoReturn:
    network = read_caffe(path)
    raise UnsupportedOperator(
        f"the model is float32: {network.name}, {len(network.layers)} layers of Caffe",
        where=str(path),
        hint=f"Make it 8 bits wide first: harness models quantise {path.name} --dataset SPEC.",
    )
