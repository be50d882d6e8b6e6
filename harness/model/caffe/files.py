"""From the files of a Caffe model to its network: weights, and the definition beside them."""

from __future__ import annotations

from pathlib import Path

from harness.errors import BadModel
from harness.model.caffe.joined import join
from harness.model.caffe.network import CaffeNetwork
from harness.model.caffe.prototxt import read_prototxt
from harness.model.caffe.weights import LARGEST_FILE, Weights, parse_caffemodel
from harness.model.caffe.weights_h5 import parse_caffemodel_h5
from harness.model.model_bytes import model_bytes

SUFFIXES = (".caffemodel", ".caffemodel.h5")


def read_caffe(path: Path, prototxt: Path | None = None) -> CaffeNetwork:
    """The network of `NAME.caffemodel` or `NAME.caffemodel.h5`.

    Raises:
        BadModel: a file cannot be read, is cut or damaged, or the two contradict each other.
        UnsupportedOperator: a layer that q7 operators have no form for.
        ToolMissing: h5py, which HDF5 needs, is not installed.
    """
    definition = read_prototxt(prototxt or prototxt_beside(path))
    return join(definition, read_weights(path), str(path))


def read_weights(path: Path) -> Weights:
    """The weights of a file, by its suffix.

    Raises:
        BadModel, ToolMissing: as `read_caffe`.
    """
    content = model_bytes(path, LARGEST_FILE)
    parse = parse_caffemodel_h5 if path.name.lower().endswith(".h5") else parse_caffemodel
    return parse(content, str(path))


def prototxt_beside(path: Path) -> Path:
    """The definition of a model: `NAME_train_test.prototxt` for `NAME_iter_1000.caffemodel`.

    Where there is none of that name, the only `.prototxt` in the folder.

    Raises:
        BadModel: there is none, or several could be meant.
    """
    base = path.name.lower()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        base = base.removesuffix(suffix)
    base = base.partition("_iter_")[0]
    there = sorted(path.parent.glob("*.prototxt")) if path.parent.is_dir() else []
    named = [one for one in there if one.name.lower().startswith(f"{base}_train_test.")]
    fitting = named or there
    if len(fitting) == 1:
        return fitting[0]
    found = ", ".join(one.name for one in there) or "none"
    raise BadModel(
        f"the definition of the network must lie beside its weights; there are: {found}",
        where=str(path),
        hint="Name the prototxt with --prototxt.",
    )
