"""TensorFlow Lite's flatbuffers, compared with LiteRT's reference kernels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.domain.network import Network
from harness.model.front_ends import ComparedWith
from harness.model.litert_content import accepted_by_litert
from harness.model.tflite_file import read_bytes, read_tflite

# What runs LiteRT is imported late, because it reads networks by this package.
if TYPE_CHECKING:
    from harness.model.host_reference import HostReference

SUFFIXES = (".tflite",)
EDGES = ""


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
