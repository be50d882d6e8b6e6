"""Reads `.tflite` files; whatever is wrong with one ends in an error that names the file."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import tflite  # type: ignore[import-untyped]

from harness.domain.network import Network
from harness.errors import BadModel
from harness.model.model_bytes import model_bytes
from harness.model.tflite_bounds import CONVERT_AGAIN, Bounds
from harness.model.tflite_operators import read_operators
from harness.model.tflite_tensors import read_tensors

IDENTIFIER = b"TFL3"
LARGEST_FILE = 256 * 2**20

# What the generated readers raise when an offset or a length leads outside the file.
_DAMAGE = (struct.error, IndexError, TypeError, ValueError, OverflowError)


def read_tflite(path: Path) -> Network:
    """Read a TensorFlow Lite model (`schema.fbs`, version 3, file identifier ``TFL3``).

    Every operator and element type is taken here; `compile_image` refuses what cannot run.

    Raises:
        BadModel: the file cannot be read, is damaged or cut, or holds several subgraphs, dynamic
            shapes, sparse or variable tensors.
    """
    return parse_tflite(read_bytes(path), path)


def parse_tflite(data: bytes, path: Path) -> Network:
    """The network in the content of a `.tflite` file that was read from `path`.

    Raises:
        BadModel: as `read_tflite`.
    """
    bounds = Bounds(str(path), data)
    try:
        return _network(path, data, bounds)
    except _DAMAGE as error:
        raise bounds.bad(
            f"the file is damaged or incomplete: an offset leads outside its {len(data):,} bytes"
        ) from error


def read_bytes(path: Path) -> bytes:
    """The content of a model file.

    Raises:
        BadModel: it cannot be read, is too large, or is not a TensorFlow Lite flatbuffer.
    """
    data = model_bytes(
        path, LARGEST_FILE, hint="Correct the path, or name a bundled model (`harness models`)."
    )
    if data[4:8] != IDENTIFIER:
        raise BadModel(
            f"not a TensorFlow Lite model: bytes 4 to 7 of {len(data):,} are {data[4:8]!r}, "
            f"not {IDENTIFIER!r}",
            where=str(path),
            hint="Give a `.tflite` file, as TFLiteConverter writes it.",
        )
    return data


def _network(path: Path, data: bytes, bounds: Bounds) -> Network:
    model = tflite.Model.GetRootAs(data, 0)
    subgraphs = bounds.take(model.SubgraphsLength(), 4, "the list of subgraphs")
    if subgraphs != 1:
        raise bounds.bad(
            f"the model has {subgraphs} subgraphs; control flow between several is not supported",
            CONVERT_AGAIN if subgraphs == 0 else "Convert the model without IF, WHILE or CALL.",
        )
    subgraph = model.Subgraphs(0)
    tensors = read_tensors(model, subgraph, bounds)
    operators = read_operators(model, subgraph, len(tensors), bounds)
    network = Network(
        name=path.stem,
        source=str(path),
        source_sha256=hashlib.sha256(data).hexdigest(),
        tensors=tensors,
        operators=operators,
        inputs=bounds.vector(subgraph, "Inputs", 4, "the list of inputs"),
        outputs=bounds.vector(subgraph, "Outputs", 4, "the list of outputs"),
    )
    for kind, indices in (("input", network.inputs), ("output", network.outputs)):
        if not indices:
            raise bounds.bad(f"the model has no {kind}")
        for index in indices:
            if not 0 <= index < len(tensors):
                raise bounds.bad(f"{kind} tensor {index} is not one of its {len(tensors)} tensors")
    return network
