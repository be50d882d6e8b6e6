"""OpenMV's `.network` files (firmware 3.0 to 3.8), compared with an integer simulation.

The file's own sha256 stays, whatever the options: it is what was read. The image differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.domain.network import Network
from harness.errors import BadModel
from harness.model.front_ends import ComparedWith
from harness.model.model_bytes import model_bytes
from harness.model.openmv_file import LARGEST_FILE, parse_openmv
from harness.model.openmv_layers import Data
from harness.model.q7_network import input_shift_mended, q7_network
from harness.model.q7_reference import Q7Reference

SUFFIXES = (".network",)
EDGES = "inputs are pixels of 8 bits; outputs are codes whose scale the file does not tell"

FIX_INPUT_SHIFT = "fix-input-shift"
HOST_INPUT = "host-input"
OPTIONS = {
    FIX_INPUT_SHIFT: "input shift mended",
    HOST_INPUT: "input scaled on the host",
}
SIMULATION = "1"
"""Version of the simulation: to be changed whenever its answers do."""


@dataclass(frozen=True)
class _Reader:
    """The front end with options: what this module does, without any."""

    options: Sequence[str] = ()
    SUFFIXES: Sequence[str] = SUFFIXES
    EDGES: str = EDGES

    def read(self, path: Path) -> Network:
        content = model_bytes(path, LARGEST_FILE, what="networks")
        first, *rest = parse_openmv(content, str(path))
        if FIX_INPUT_SHIFT in self.options and isinstance(first, Data):
            first = input_shift_mended(first)
        return q7_network(
            [first, *rest],
            name=path.stem,
            source=str(path),
            source_sha256=hashlib.sha256(content).hexdigest(),
            host_preprocessing=HOST_INPUT in self.options,
        )

    def reference(self, path: Path, expected_sha256: str | None = None) -> Q7Reference:
        network = self.read(path)
        if expected_sha256 not in (None, network.source_sha256):
            raise BadModel(
                f"the file changed while it was in use: its sha256 is now "
                f"{network.source_sha256}, it was {expected_sha256}",
                where=str(path),
                hint="Run again with the file left alone.",
            )
        return Q7Reference(network)

    def compared_with(self, path: Path) -> ComparedWith:
        key = "-".join(["q7", SIMULATION, *self.options])
        return ComparedWith("q7-simulation", SIMULATION, key)


def read(path: Path) -> Network:
    """Read a `.network` file as it is stored.

    Raises:
        BadModel: it cannot be read, is cut, or contradicts itself; the message has the byte.
    """
    return _Reader().read(path)


def reference(path: Path, expected_sha256: str | None = None) -> Q7Reference:
    """The simulation of the file's network."""
    return _Reader().reference(path, expected_sha256)


def compared_with(path: Path) -> ComparedWith:
    """The simulation, and its version."""
    return _Reader().compared_with(path)


def chosen(options: Sequence[str]) -> _Reader:
    """The reader with `options`, which are keys of OPTIONS."""
    return _Reader(tuple(options))
