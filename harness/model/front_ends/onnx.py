"""ONNX in Q/DQ form, compared with LiteRT on the integer network that it is converted to."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from harness.domain.network import Network
from harness.model.front_ends import ComparedWith
from harness.model.tflite_file import parse_tflite

# What runs LiteRT or reads ONNX is imported late: the one reads networks by this package, the other
# is an extra.
if TYPE_CHECKING:
    from harness.model.host_reference import HostReference

SUFFIXES = (".onnx",)
EDGES = (
    "inputs and outputs are int8, without the Q/DQ at the edges; images have their channels last: "
    "[n, h, w, c]"
)


def read(path: Path) -> Network:
    """Read an `.onnx` file as the int8 network that its Q/DQ pairs describe; see `onnx_network`."""
    return _read(path)[1]


def reference(path: Path, expected_sha256: str | None = None) -> HostReference:
    """LiteRT's reference kernels with the converted network: integers rounded as on the device."""
    from harness.model.host_reference import HostReference

    return HostReference(path, expected_sha256, _read)


def compared_with(path: Path) -> ComparedWith:
    """LiteRT with what the file is converted to, which also decides about the answers."""
    from harness.model.host_reference import litert_version

    version, content = litert_version(), hashlib.sha256(_read(path)[0]).hexdigest()
    return ComparedWith(
        "litert",
        f"{version} (network converted by onnx {metadata.version('onnx')})",
        f"{version}-{content[:16]}",
    )


def _read(path: Path) -> tuple[bytes, Network]:
    """The network as a `.tflite`, and as it is read from that, with the hash of the `.onnx`."""
    from harness.model.onnx_file import read_onnx
    from harness.model.onnx_network import tflite_of

    graph = read_onnx(path)
    content = tflite_of(graph)
    return content, replace(parse_tflite(content, path), source_sha256=graph.sha256)
