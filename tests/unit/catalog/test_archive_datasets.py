"""IDX, CIFAR and NPZ: every byte comes from where the format says, and damage is told."""

from __future__ import annotations

import gzip
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.catalog import load_dataset
from harness.catalog.datasets.idx import read_idx
from harness.domain.dataset import Dataset
from harness.domain.network import DType
from harness.errors import BadDataset

UINT8: dict[str, Any] = {"dtype": DType.UINT8, "scale": 1 / 255, "zero_point": 0}
CIFAR = (1, 32, 32, 3)


def loaded(spec: str, shape: Any, **tensor: Any) -> Dataset:
    return load_dataset(spec, shape=shape, **(UINT8 | tensor))


def refused(spec: str, shape: Any, **tensor: Any) -> BadDataset:
    with pytest.raises(BadDataset) as caught:
        loaded(spec, shape, **tensor)
    return caught.value


# IDX


def idx(path: Path, *sizes: int, content: bytes | None = None, code: int = 8) -> Path:
    header = bytes([0, 0, code, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes)
    body = bytes(range(int(np.prod(sizes)))) if content is None else content
    path.write_bytes(header + body)
    return path


def test_images_and_labels(tmp_path: Path) -> None:
    x, y = idx(tmp_path / "x", 3, 2, 2), idx(tmp_path / "y", 3, content=b"\7\0\2")
    found = loaded(f"idx:{x},{y}", (1, 2, 2, 1))
    assert found.inputs.ravel().tolist() == list(range(12))
    assert found.labels is not None
    assert found.labels.tolist() == [7, 0, 2]
    part = loaded(f"idx:{x},{y}", (1, 2, 2, 1), limit=2)
    assert part.inputs.tolist() == found.inputs[:2].tolist()
    assert loaded(f"idx:{x}", (1, 2, 2, 1)).no_labels == "no labels"


def test_gzipped_is_the_same(tmp_path: Path) -> None:
    plain = idx(tmp_path / "x", 3, 2, 2)
    (tmp_path / "x.gz").write_bytes(gzip.compress(plain.read_bytes()))
    shape = (1, 2, 2, 1)
    one, other = loaded(f"idx:{plain}", shape), loaded(f"idx:{tmp_path}/x.gz", shape)
    assert one.sha256 == other.sha256


def test_images_for_inputs_of_other_forms(tmp_path: Path) -> None:
    x = idx(tmp_path / "x", 1, 2, 2)
    assert loaded(f"idx:{x}", (1, 4)).inputs.tolist() == [[0, 1, 2, 3]]
    assert loaded(f"idx:{x}", (1, 2, 2, 3)).inputs[0, 1].tolist() == [[2] * 3, [3] * 3]
    larger = loaded(f"idx:{x},resize=nearest", (1, 4, 4, 1)).inputs[0, :, :, 0]
    assert larger.tolist() == [[0, 0, 1, 1]] * 2 + [[2, 2, 3, 3]] * 2
    assert refused(f"idx:{x}", (1, 4, 4, 1)).what == "is 2x2, the model's input 4x4"
    int8 = loaded(f"idx:{x}", (1, 2, 2, 1), dtype=DType.INT8, zero_point=-128)
    assert int8.inputs.ravel().tolist() == [-128, -127, -126, -125]
    reals = loaded(f"idx:{x},scale=1/256", (1, 2, 2, 1), dtype=DType.FLOAT32)
    assert reals.inputs.ravel().tolist() == [0, 1 / 256, 2 / 256, 3 / 256]


def test_coloured_images(tmp_path: Path) -> None:
    x = idx(tmp_path / "x", 1, 1, 2, 3)
    assert loaded(f"idx:{x}", (1, 1, 2, 3)).inputs.ravel().tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("content", [b"", b"\0", b"\x89PNG", b"\0\0\7\1", b"\0\0\x0f\1"])
def test_magic(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    error = refused(f"idx:{tmp_path}/x", (1, 4))
    shown = content.hex() or "nothing"
    assert error.what == f"begins with {shown}, not with 000008 and the dimensions"
    assert (error.where, error.hint) == (f"{tmp_path}/x", "Name an IDX file, gzipped or not.")


def test_elements_that_are_no_bytes(tmp_path: Path) -> None:
    error = refused(f"idx:{idx(tmp_path / 'x', 1, 2, 2, code=0x0D)}", (1, 4))
    assert error.what == "has elements of IDX type 0x0d; unsigned bytes (0x08) are taken"
    assert error.hint == "Save the values as NumPy arrays and use npy:."


@pytest.mark.parametrize("dimensions", [0, 5, 255])
def test_dimensions_that_cannot_be(tmp_path: Path, dimensions: int) -> None:
    error = refused(f"idx:{idx(tmp_path / 'x', *[1] * dimensions)}", (1, 4))
    assert error.what == f"says it has {dimensions} dimensions; taken are 1 to 4"


def test_cut_short_or_too_long(tmp_path: Path) -> None:
    path = idx(tmp_path / "x", 3, 2, 2)
    whole = path.read_bytes()
    for length in range(4, len(whole)):
        path.write_bytes(whole[:length])
        error = refused(f"idx:{path}", (1, 4))
        if length < 16:
            assert error.what == "is cut short in the sizes of its 3 dimensions"
        else:
            assert error.what == f"says 3x2x2 = 12 elements and has {length - 16}"
        assert (error.where, error.hint) == (str(path), "Fetch the file again.")
    path.write_bytes(whole + b"\0")
    assert refused(f"idx:{path}", (1, 4)).what == "says 3x2x2 = 12 elements and has 13"


def test_gzip_damaged(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    whole = gzip.compress(idx(tmp_path / "x", 3, 2, 2).read_bytes())
    for length in range(2, len(whole)):
        path.write_bytes(whole[:length])
        error = refused(f"idx:{path}", (1, 4))
        assert error.what.startswith("cannot be read: ")
    path.write_bytes(whole[:-8] + b"\0" * 8)
    assert refused(f"idx:{path}", (1, 4)).what.startswith("cannot be read: CRC")


def test_labels_that_do_not_belong(tmp_path: Path) -> None:
    x, y = idx(tmp_path / "x", 3, 2, 2), idx(tmp_path / "y", 2)
    assert refused(f"idx:{x},{y}", (1, 4)).what == "there are 2 labels for 3 inputs"
    assert refused(f"idx:{x},{x}", (1, 4)).what == "labels are uint8 of 3 dimensions"
    error = refused(f"idx:{y},{x}", (1, 4))
    assert error.what == "holds an array of 2, no images"
    assert error.hint == "Name the file of the images first, then that of the labels."


def test_no_images(tmp_path: Path) -> None:
    path = idx(tmp_path / "x", 0, 2, 2)
    assert refused(f"idx:{path}", (1, 4)).what == "holds an array of 0x2x2, no images"


@pytest.mark.parametrize("scheme", ["idx", "cifar", "npz"])
def test_files_missing(tmp_path: Path, scheme: str) -> None:
    error = refused(f"{scheme}:{tmp_path}/gone", (1, 4))
    assert (error.what, error.where) == ("there is no such file", f"{tmp_path}/gone")
    assert error.hint == "Correct the path."


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=64) | st.builds(lambda tail: b"\0\0\x08" + tail, st.binary(max_size=64)),
    st.booleans(),
)
def test_any_bytes_are_an_array_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, packed: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.idx"
    path.write_bytes(gzip.compress(content) if packed else content)
    with suppress(BadDataset):
        array = read_idx(path)
        assert array.tobytes() == content[4 + 4 * array.ndim :]


def test_mnist_as_published(test_data: Path) -> None:
    folder = test_data / "sets" / "mnist"
    files = f"{folder}/t10k-images-idx3-ubyte.gz,{folder}/t10k-labels-idx1-ubyte.gz"
    found = loaded(f"idx:{files}", (1, 28, 28, 1))
    assert found.labels is not None
    assert found.inputs.shape == (10000, 28, 28, 1)
    assert found.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(found.labels).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz") as file:
        assert file.read()[16:] == found.inputs.tobytes()
    int8 = loaded(f"idx:{files}", (1, 28, 28, 1), dtype=DType.INT8, zero_point=-128)
    scaled = loaded(f"idx:{files},scale=1/255", (1, 28, 28, 1), dtype=DType.INT8, zero_point=-128)
    assert (int8.inputs == scaled.inputs).all()


# CIFAR


def records(labels: list[tuple[int, ...]]) -> bytes:
    """Pixel (y, x) of record i is red 3 i + 1, green 3 i + 2, blue 3 i + 3, but x at y = 0."""
    content = b""
    for number, label in enumerate(labels):
        planes = np.empty((3, 32, 32), np.uint8)
        planes[:] = np.arange(3 * number + 1, 3 * number + 4).reshape(3, 1, 1)
        planes[:, 0] = np.arange(32)
        content += bytes(label) + planes.tobytes()
    return content


def test_cifar_10(tmp_path: Path) -> None:
    (tmp_path / "test_batch.bin").write_bytes(records([(3,), (9,)]))
    found = loaded(f"cifar:{tmp_path}", CIFAR)
    assert found.labels is not None
    assert found.labels.tolist() == [3, 9]
    assert found.inputs[1, 31, 31].tolist() == [4, 5, 6]
    assert found.inputs[0, 0, :, 0].tolist() == list(range(32))
    planar = loaded(f"cifar:{tmp_path}/test_batch.bin,layout=chw", (1, 3, 32, 32))
    assert planar.inputs[0].tobytes() == records([(3,)])[1:]
    assert len(loaded(f"cifar:{tmp_path}", CIFAR, limit=1)) == 1


def test_cifar_100_has_two_labels(tmp_path: Path) -> None:
    (tmp_path / "test.bin").write_bytes(records([(19, 99), (0, 20)]))
    fine, coarse = (
        loaded(f"cifar:{tmp_path}", CIFAR),
        loaded(f"cifar:{tmp_path},labels=coarse", CIFAR),
    )
    assert fine.labels is not None
    assert coarse.labels is not None
    assert (fine.labels.tolist(), coarse.labels.tolist()) == ([99, 20], [19, 0])
    assert fine.inputs[1, 31, 31].tolist() == [4, 5, 6]


def test_cifar_resized(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(records([(0,)]))
    found = loaded(f"cifar:{tmp_path}/x.bin,resize=nearest", (1, 4, 4, 3))
    assert found.inputs[0, 3, 3].tolist() == [1, 2, 3]


@pytest.mark.parametrize("size", [0, 1, 3072, 3075, 6145])
def test_cifar_of_another_size(tmp_path: Path, size: int) -> None:
    (tmp_path / "x.bin").write_bytes(bytes(size))
    error = refused(f"cifar:{tmp_path}/x.bin", CIFAR)
    assert error.what == (
        f"has {size:,} bytes, not a whole number of records of 3,073 (CIFAR-10) or 3,074 "
        "(CIFAR-100)"
    )
    assert error.hint == "Name an unpacked .bin file of the binary version."


def test_cifar_of_a_size_that_both_may_have(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(3073 * 3074))
    error = refused(f"cifar:{path}", CIFAR)
    assert error.what == "may be CIFAR-10 or CIFAR-100 by its size"
    assert error.hint == "Say it: add kind=10 or kind=100."
    assert len(loaded(f"cifar:{path},kind=100", CIFAR, limit=5)) == 5


def test_cifar_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(records([(3,)]))
    assert refused(f"cifar:{tmp_path}/x.bin,kind=100", CIFAR).what.startswith("has 3,073 bytes")
    assert refused(f"cifar:{tmp_path}/x.bin,kind=20", CIFAR).what == "kind=20 is unknown"
    error = refused(f"cifar:{tmp_path}/x.bin,labels=coarse", CIFAR)
    assert (error.what, error.hint) == ("CIFAR-10 has no coarse labels", "Leave labels=coarse out.")


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        ([(0,), (10,)], "record 1 has class 10 of 10"),
        ([(20, 0)], "record 0 has class 20 of 20"),
        ([(0, 100)], "record 0 has class 100 of 100"),
    ],
)
def test_cifar_with_classes_there_are_not(
    tmp_path: Path, labels: list[tuple[int, ...]], what: str
) -> None:
    (tmp_path / "x.bin").write_bytes(records(labels))
    error = refused(f"cifar:{tmp_path}/x.bin", CIFAR)
    assert (error.what, error.where) == (what, f"{tmp_path}/x.bin")


def test_cifar_folder_without_a_test_set(tmp_path: Path) -> None:
    error = refused(f"cifar:{tmp_path}", CIFAR)
    assert error.what == "has neither test_batch.bin nor test.bin"
    assert error.hint == "Unpack the binary version there, or name a .bin file."


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 9300), st.integers(0, 255), st.integers(0, 255))
def test_any_cifar_bytes(
    tmp_path_factory: pytest.TempPathFactory, size: int, first: int, rest: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes((bytes([first]) + bytes([rest]) * size)[:size])
    with suppress(BadDataset):
        found = loaded(f"cifar:{path}", CIFAR)
        assert found.inputs.size * (3073 if size % 3073 == 0 else 3074) == size * 3072


# NPZ


def npz(path: Path, **arrays: NDArray[Any]) -> Path:
    np.savez(path, **arrays)
    return path


def test_arrays_as_of_npy(tmp_path: Path) -> None:
    path = npz(
        tmp_path / "x.npz",
        inputs=np.arange(12, dtype=np.uint8).reshape(3, 2, 2),
        labels=np.array([1, 0, 2]),
    )
    found = loaded(f"npz:{path}", (1, 2, 2, 1), limit=2)
    assert found.inputs.ravel().tolist() == list(range(8))
    assert found.labels is not None
    assert found.labels.tolist() == [1, 0]
    reals = npz(tmp_path / "r.npz", inputs=np.array([[0.25, 1.0]], dtype=np.float32))
    found = loaded(f"npz:{reals}", (1, 2))
    assert found.inputs.tolist() == [[64, 255]]  # 63.75 and 255 steps of 1 / 255
    assert found.no_labels == "no labels"


def test_arrays_by_name_as_images(tmp_path: Path) -> None:
    path = npz(tmp_path / "x.npz", x=np.full((2, 2, 2), 200, np.uint8), y=np.array([1, 0]))
    spec = f"npz:{path},inputs=x,labels=y"
    int8 = {"dtype": DType.INT8, "zero_point": -128}
    found = loaded(f"{spec},crop=none", (1, 2, 2, 3), **int8)
    assert found.inputs.shape == (2, 2, 2, 3)
    assert set(found.inputs.ravel().tolist()) == {72}
    assert refused(spec, (1, 2, 2), **int8).what == (
        "elements are uint8, the model's input is int8"
    )


def test_names_that_are_not_there(tmp_path: Path) -> None:
    path = npz(tmp_path / "x.npz", x=np.zeros((1, 4), np.uint8), y=np.zeros(1, np.uint8))
    error = refused(f"npz:{path}", (1, 4))
    assert error.what == "has no array 'inputs'; there are: x, y"
    assert (error.where, error.hint) == (str(path), "Name it: add inputs=NAME.")
    error = refused(f"npz:{path},inputs=x,labels=z", (1, 4))
    assert error.hint == "Name it: add labels=NAME."


@pytest.mark.parametrize(
    "array", [np.zeros((1, 2, 2)), np.zeros((1, 4), np.uint8), np.zeros((0, 2, 2), np.uint8)]
)
def test_arrays_that_are_no_images(tmp_path: Path, array: NDArray[Any]) -> None:
    path = npz(tmp_path / "x.npz", inputs=array)
    error = refused(f"npz:{path},scale=1/255", (1, 2, 2))
    shape = "x".join(str(size) for size in array.shape)
    assert error.what == f"is {array.dtype.name} of {shape}, no images"
    assert error.where == f"{path}:inputs"


def test_labels_of_another_number(tmp_path: Path) -> None:
    path = npz(tmp_path / "x.npz", inputs=np.zeros((2, 4), np.uint8), labels=np.zeros(1, int))
    error = refused(f"npz:{path}", (1, 4), limit=1)
    assert error.what == "there are 1 labels for 2 inputs"
    assert error.where == f"{path}:labels"


def test_one_array_instead_of_an_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros(3))
    error = refused(f"npz:{tmp_path}/x.npy", (1, 4))
    assert error.what == "is no archive of NumPy arrays: it holds one array, which npy: takes"
    assert error.hint == "Write it with numpy.savez, without pickled objects."


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 800),
    st.lists(st.tuples(st.integers(0, 799), st.integers(0, 255)), max_size=6),
)
def test_damaged_archives(
    tmp_path_factory: pytest.TempPathFactory, length: int, changes: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.npz"
    np.savez_compressed(path, inputs=np.zeros((2, 4), np.uint8), labels=np.zeros(2, np.uint8))
    content = bytearray(path.read_bytes())
    for place, byte in changes:
        content[place % len(content)] = byte
    path.write_bytes(content[: max(length, 1)])
    with suppress(BadDataset):
        assert loaded(f"npz:{path}", (1, 4)).inputs.shape == (2, 4)


@pytest.mark.parametrize(
    ("scheme", "what"), [("idx", "cannot be read: "), ("npz", "is no archive of NumPy arrays: ")]
)
def test_folder_instead_of_a_file(tmp_path: Path, scheme: str, what: str) -> None:
    error = refused(f"{scheme}:{tmp_path}", (1, 4))
    assert error.what.startswith(what)
    assert error.where == str(tmp_path)
