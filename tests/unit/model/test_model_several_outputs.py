"""Operators with several outputs, and those that join, cut or only rename bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from builders.tflite_builder import TfliteModel
from image_interpreter import run_all
from small_models import network_of

from harness.errors import BadModel
from harness.model import HostReference, compile_image, decode_image


def cut(kind: str, axis: int, parts: list[int]) -> bytes:
    """A 1x4x6 tensor cut along `axis` into `parts`, which are joined again by ADD with itself."""
    model = TfliteModel()
    shape = [1, 4, 6]
    x = model.tensor(shape, "int8", 0.5, 3, name="x")
    names = []
    for i, size in enumerate(parts):
        part = [*shape[:axis], size, *shape[axis + 1 :]]
        if kind == "UNPACK":
            part = [*shape[:axis], *shape[axis + 1 :]]
        names.append(model.tensor(part, "int8", 0.5, 3, name=f"y{i}"))
    at = model.tensor((), "int32", data=np.int32(axis))
    if kind == "SPLIT":
        model.operator("SPLIT", [at, x], names, num_splits=len(parts))
    elif kind == "SPLIT_V":
        sizes = model.tensor((len(parts),), "int32", data=parts)
        model.operator("SPLIT_V", [x, sizes, at], names, num_splits=len(parts))
    else:
        model.operator("UNPACK", [x], names, num=len(parts), axis=axis - 3)
    return model.build([x], names)


@pytest.mark.parametrize(
    ("kind", "axis", "parts"),
    [
        ("SPLIT", 1, [2, 2]),
        ("SPLIT", 2, [2, 2, 2]),
        ("SPLIT_V", 2, [1, 2, 3]),
        ("SPLIT_V", 1, [3, 1]),
        ("UNPACK", 1, [1] * 4),
        ("UNPACK", 2, [1] * 6),
        ("UNPACK", 0, [1]),
    ],
)
def test_parts_are_those_of_numpy(kind: str, axis: int, parts: list[int], tmp_path: Path) -> None:
    network = network_of(cut(kind, axis, parts), tmp_path)
    image = compile_image(network)
    assert [operator.opcode for operator in image.operators] == [49]
    value = np.arange(24, dtype=np.int8).reshape(1, 4, 6)
    found = run_all(decode_image(image.data), [value])
    pieces = np.split(value, np.cumsum(parts)[:-1], axis)
    assert [part.ravel().tolist() for part in found] == [p.ravel().tolist() for p in pieces]
    litert = HostReference(Path(network.source)).tensors(value)
    for part, index in zip(found, network.outputs, strict=True):
        assert part.ravel().tolist() == litert[index].ravel().tolist()


def packed(axis: int) -> bytes:
    """Two 2x3 tensors, one of them a constant, joined along a new axis."""
    model = TfliteModel()
    x = model.tensor((2, 3), "int8", 0.5, 3, name="x")
    other = model.tensor((2, 3), "int8", 0.5, 3, data=np.arange(6).reshape(2, 3) - 9, name="c")
    y = model.tensor(np.stack([np.zeros((2, 3))] * 2, axis).shape, "int8", 0.5, 3, name="y")
    model.operator("PACK", [x, other], [y], values_count=2, axis=axis)
    return model.build([x], [y])


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_pack_stacks(axis: int, tmp_path: Path) -> None:
    network = network_of(packed(axis), tmp_path)
    value = np.arange(6, dtype=np.int8).reshape(2, 3)
    (found,) = run_all(decode_image(compile_image(network).data), [value])
    stacked = np.stack([value, np.arange(6).reshape(2, 3) - 9], axis)
    assert found.ravel().tolist() == stacked.ravel().tolist()
    (answer,) = HostReference(Path(network.source)).outputs(value[np.newaxis])
    assert found.ravel().tolist() == answer.tolist()


@pytest.mark.parametrize(
    ("kind", "y_shape", "options"),
    [
        ("SQUEEZE", (2, 3), {"squeeze_dims": [0, 2]}),
        ("EXPAND_DIMS", (1, 2, 1, 1, 3), {}),
        ("RESHAPE", (1, 1, 1, 1, 1, 2, 3), {"new_shape": [1, 1, 1, 1, 1, 2, 3]}),
    ],
)
def test_new_shapes_keep_the_place(
    kind: str, y_shape: tuple[int, ...], options: dict[str, list[int]], tmp_path: Path
) -> None:
    model = TfliteModel()
    x = model.tensor((1, 2, 1, 3), "int8", 0.5, 3, name="x")
    y = model.tensor(y_shape, "int8", 0.5, 3, name="y")
    second = model.tensor((), "int32", data=np.int32(3))
    model.operator(kind, [x] if kind == "SQUEEZE" else [x, second], [y], **options)
    image = compile_image(network_of(model.build([x], [y]), tmp_path))
    (before,), (after,) = image.inputs, image.outputs
    assert (before.offset, image.operators[0].opcode) == (after.offset, 22)


@pytest.mark.parametrize(
    ("axis", "parts", "what"),
    [
        (2, [1, 2], "`x` int8 [1, 4, 6] cannot be cut into the outputs"),
        (3, [1, 2], "axis 3 is none of a tensor with 3 dimensions"),
    ],
)
def test_cuts_that_contradict_the_input(
    axis: int, parts: list[int], what: str, tmp_path: Path
) -> None:
    with pytest.raises(BadModel) as caught:
        compile_image(network_of(cut("SPLIT", axis, parts), tmp_path))
    assert what in caught.value.what
