"""TensorFlow Lite's flatbuffers, compared with LiteRT's reference kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.domain.network import Network
from harness.errors import ConfigError
from harness.model.front_ends import ComparedWith
from harness.model.litert_content import accepted_by_litert
from harness.model.tflite_file import parse_tflite, read_bytes, read_tflite

# What runs LiteRT is imported late, because it reads networks by this package.
if TYPE_CHECKING:
    from harness.model.host_reference import HostReference

SUFFIXES = (".tflite",)
EDGES = ""

OPTIONS = {
    "int4-weights": "weights of 4 bits",
    "int2-weights": "weights of 2 bits",
}
_BITS = {"int4-weights": 4, "int2-weights": 2}


@dataclass(frozen=True)
class _Narrow:
    """The front end with weights of fewer bits: the same answers are LiteRT's with those codes."""

    bits: int
    SUFFIXES: Sequence[str] = SUFFIXES
    EDGES: str = EDGES

    def read(self, path: Path) -> Network:
        return self._narrowed(path)[1]

    def reference(self, path: Path, expected_sha256: str | None = None) -> HostReference:
        from harness.model.host_reference import HostReference

        return HostReference(path, expected_sha256, self._for_litert)

    def compared_with(self, path: Path) -> ComparedWith:
        plain = compared_with(path)
        told = f"{plain.version}, with {self.bits}-bit codes in the weights"
        return ComparedWith(plain.name, told, f"{plain.key}-int{self.bits}-{_NARROWING}")

    def _narrowed(self, path: Path) -> tuple[bytes, Network]:
        from harness.model.narrow_weights import narrow

        return narrow(read_bytes(path), path, self.bits)

    def _for_litert(self, path: Path) -> tuple[bytes, Network]:
        content = read_bytes(path)
        return self._narrowed(path)[0], parse_tflite(content, path)


_NARROWING = "1"  # to be changed whenever `narrow_weights` gives other codes


def chosen(options: Sequence[str]) -> _Narrow:
    """The front end with one of OPTIONS.

    Raises:
        ConfigError: both at once.
    """
    if len(options) > 1:
        raise ConfigError(
            "weights cannot have 4 bits and 2 at once",
            where=", ".join(options),
            hint="Choose one of them.",
        )
    return _Narrow(_BITS[options[0]])


def read(path: Path) -> Network:
    """Read a `.tflite` file; see `read_tflite`."""
    return read_tflite(path)


def reference(path: Path, expected_sha256: str | None = None) -> HostReference:
    """LiteRT with the file itself, or with a copy mended as `accepted_by_litert` says."""
    from harness.model.host_reference import HostReference

    return HostReference(path, expected_sha256)


def compared_with(path: Path) -> ComparedWith:
    """LiteRT, whose version is all that can change answers; and what it would have refused."""
    from harness.model.host_reference import litert_version

    version, mended = litert_version(), accepted_by_litert(read_bytes(path))[1]
    told = f"{version}, with a mended copy of the model: {mended}" if mended else version
    return ComparedWith("litert", told, version)
