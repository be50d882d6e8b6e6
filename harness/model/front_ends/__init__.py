"""Files to networks: a module here reads the files whose names end in one of its SUFFIXES.

Each also gives the host reference of its networks: whose answers are the right ones differs from
one kind of file to the next, and records say whose they were compared with.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import Network
from harness.errors import BadModel, UnknownName


class Reference(Protocol):
    """The answers that a network must give, by whatever runs it on the host."""

    def outputs(
        self,
        inputs: NDArray[np.generic],
        cancelled: threading.Event | None = None,
        *,
        sequence: bool = False,
    ) -> NDArray[np.generic]:
        """Return the device's outputs, shape (n, elements of all output tensors).

        Args:
            inputs: shape (n, ...), in the type and size of the device's input tensor.
            cancelled: when set, stops after the inference under way and returns what there is.
            sequence: variables keep their values from one input to the next.

        Raises:
            BadDataset: inputs of another type or size.
            BadModel: the reference cannot run the network.
        """

    def tensors(self, value: NDArray[np.generic]) -> dict[int, NDArray[np.generic]]:
        """Return every activation that one input gives, by tensor index.

        Raises:
            BadDataset, BadModel: as `outputs`.
        """


@dataclass(frozen=True)
class ComparedWith:
    """Whose answers count: name and version as records keep them.

    `key` is part of a file name, and changes with whatever may change the answers to one file.
    """

    name: str
    version: str
    key: str


class FrontEnd(Protocol):
    """A module of this folder; importing it must not load what only reading a file needs."""

    SUFFIXES: Sequence[str]
    EDGES: str
    """What a user must know of inputs and outputs on the device; empty where all is as in the file.
    """

    def read(self, path: Path) -> Network:
        """Read a file; operators and element types that cannot run are refused later.

        Raises:
            BadModel: the file cannot be read, or is damaged.
            UnsupportedOperator: an operator that the network form cannot express.
            ToolMissing: a package that reading needs is not installed.
        """

    def reference(self, path: Path, expected_sha256: str | None = None) -> Reference:
        """Return what gives the right answers of the file's network.

        Raises:
            BadModel: the file is damaged, or not the one with `expected_sha256`.
            ToolMissing: a package that it needs is not installed.
        """

    def compared_with(self, path: Path) -> ComparedWith:
        """Whose answers `reference` gives.

        Raises:
            HarnessError: as `read`.
        """


class FrontEndWithOptions(FrontEnd, Protocol):
    """A front end that can read a file in several ways; `OPTIONS` has each and what it does to it.

    The words stand behind the model's name wherever it is shown: it is another network.
    """

    OPTIONS: Mapping[str, str]

    def chosen(self, options: Sequence[str]) -> FrontEnd:
        """The front end that reads with these options; their order means nothing.

        Its `compared_with` must have another key for options that change answers.
        """


@cache
def front_ends() -> dict[str, FrontEnd]:
    """Every front end by the suffixes of its files, which may have several dots."""
    found: dict[str, FrontEnd] = {}
    for module in pkgutil.iter_modules(__path__):
        front_end = cast(FrontEnd, importlib.import_module(f"{__name__}.{module.name}"))
        found |= dict.fromkeys(front_end.SUFFIXES, front_end)
    return found


def front_end_of(path: Path, options: Sequence[str] = ()) -> FrontEnd:
    """The front end for a file, by its name, to read it with `options`.

    Raises:
        BadModel: no front end reads files of such a name.
        UnknownName: an option that such files do not have.
    """
    front_end = _by_name(path)
    if not options:
        return front_end
    described_options(path, options)
    return cast(FrontEndWithOptions, front_end).chosen(tuple(sorted(set(options))))


def described_options(path: Path, options: Sequence[str]) -> str:
    """What options do to a file's network, in words; "" where there are none.

    Raises:
        BadModel, UnknownName: as `front_end_of`.
    """
    known: Mapping[str, str] = getattr(_by_name(path), "OPTIONS", {}) if options else {}
    for option in options:
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            there = ", ".join(sorted(known)) or "none"
            raise UnknownName(
                f"there is no option {option!r} for such a model",
                where=str(path),
                hint=(f"Use {near[0]!r}" if near else "Use an option that exists")
                + f"; there are: {there}.",
            )
    return ", ".join(known[option] for option in sorted(set(options)))


def has_option(path: Path, option: str) -> bool:
    """Whether files of such a name can be read with `option`.

    Raises:
        BadModel: no front end reads files of such a name.
    """
    return option in getattr(_by_name(path), "OPTIONS", {})


def _by_name(path: Path) -> FrontEnd:
    known = front_ends()
    fitting = [suffix for suffix in known if path.name.lower().endswith(suffix)]
    if not fitting:
        raise BadModel(
            f"the name does not tell what kind of model it is; it may end in "
            f"{', '.join(sorted(known))}",
            where=str(path),
            hint="Rename the file, or convert it to one of these.",
        )
    return known[max(fitting, key=len)]


def read_model(path: Path, options: Sequence[str] = ()) -> Network:
    """Read a model file of any kind, as it is in the file or as `options` say.

    Raises:
        HarnessError: as `FrontEnd.read`, or `front_end_of`.
    """
    return front_end_of(path, options).read(path)
