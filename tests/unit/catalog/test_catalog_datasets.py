"""Data sets: bytes reach the model as its tensor wants them, and what does not fit is refused."""

from __future__ import annotations

import hashlib
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog import load_dataset, schemes
from harness.catalog.datasets.digits import read_digits
from harness.catalog.input_tensor import InputTensor
from harness.domain.dataset import Dataset
from harness.domain.network import DType
from harness.errors import BadDataset, UnknownName

INT8: dict[str, Any] = {"shape": (1, 2, 3), "dtype": DType.INT8, "scale": 0.5, "zero_point": -3}


def benchmark(folder: Path, labels: str, **files: bytes) -> Path:
    """A folder in the layout of MLPerf Tiny."""
    folder.mkdir(parents=True)
    (folder / "y_labels.csv").write_text(labels)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def refused(spec: str, **overrides: Any) -> BadDataset:
    with pytest.raises(BadDataset) as caught:
        load_dataset(spec, **(INT8 | overrides))
    assert caught.value.exit_code == 2
    return caught.value


def test_each_kind_says_how_it_is_written() -> None:
    found = schemes()
    named = {"cifar", "digits", "folder", "idx", "mlperf", "npy", "npz", "random", "wav"}
    assert named <= set(found)
    assert found["mlperf"].syntax == "mlperf:DIR[?dtype=int8|uint8]"
    assert all(scheme.description for scheme in found.values())


def test_unknown_kind() -> None:
    with pytest.raises(UnknownName) as caught:
        load_dataset("mlpref:x", **INT8)
    assert caught.value.what == "there is no data set 'mlpref'"
    assert caught.value.hint.startswith("Use 'mlperf'; there are: cifar, digits, folder")


# random


def test_random_is_the_default_and_has_no_labels() -> None:
    found = load_dataset(None, **INT8)
    assert (found.name, len(found), found.inputs.shape) == ("random", 16, (16, 2, 3))
    assert found.labels is None
    assert found.no_labels == "no labels"


def test_random_is_the_published_stream() -> None:
    found = load_dataset("random", **INT8)
    stream = hashlib.shake_256(b"harness random inputs 1").digest(16 * 6)
    assert found.inputs.tobytes() == stream


def test_random_covers_the_full_range() -> None:
    found = load_dataset("random:64", **(INT8 | {"shape": (1, 32, 32)}))
    assert (found.inputs.min(), found.inputs.max()) == (-128, 127)
    assert len(found) == 64


def test_random_reals_lie_in_the_unit_interval() -> None:
    found = load_dataset(None, **(INT8 | {"dtype": DType.FLOAT32}))
    assert found.inputs.dtype == np.float32
    assert 0 <= found.inputs.min() < found.inputs.max() < 1


@pytest.mark.parametrize("count", ["0", "-1", "many", "1.5", "²"])
def test_random_wants_a_number(count: str) -> None:
    error = refused(f"random:{count}")
    assert error.what == f"{count!r} is not a number of inputs"
    assert error.hint == "Write random[:N], with N at least 1."


def test_limit_takes_the_first() -> None:
    whole = load_dataset("random", **INT8)
    part = load_dataset("random", limit=3, **INT8)
    assert (part.inputs == whole.inputs[:3]).all()
    assert part.sha256 != whole.sha256


def test_limit_beyond_the_end_takes_all() -> None:
    assert len(load_dataset("random", limit=1000, **INT8)) == 16


def test_limit_of_zero() -> None:
    error = refused("random", limit=0)
    assert error.what == "a limit of 0 leaves no inputs"
    assert error.hint == "Use a limit of at least 1."


def test_default_counts_only_without_a_specification(tmp_path: Path) -> None:
    assert load_dataset(None, default="random:2", **INT8).name == "random:2"
    assert load_dataset("random", default="random:2", **INT8).name == "random"


def test_element_type_that_no_set_can_have() -> None:
    error = refused("random", dtype=DType.BOOL)
    assert error.what == "the model's input is bool; data sets can be int8, uint8, int16, float32"


# mlperf


def test_int8_inputs_are_taken_as_they_are(tmp_path: Path) -> None:
    folder = benchmark(
        tmp_path / "kws01",
        "b.bin,12,7\na.bin, 12, 11\n\n",
        **{"a.bin": b"\x00\x7f\x80\xff\x01\x02", "b.bin": bytes(6)},
    )
    found = load_dataset(f"mlperf:{folder}", **INT8)
    assert found.inputs.tolist() == [[[0] * 3] * 2, [[0, 127, -128], [-1, 1, 2]]]
    assert found.labels is not None
    assert found.labels.tolist() == [7, 11]


@pytest.mark.parametrize("name", ["ic01", "ic02", "vww01"])
def test_uint8_inputs_of_known_benchmarks_lose_128(tmp_path: Path, name: str) -> None:
    folder = benchmark(tmp_path / name, "a,2,1", a=b"\x00\x7f\x80\xff\x01\x02")
    found = load_dataset(f"mlperf:{folder}", **INT8)
    assert found.inputs.dtype == np.int8
    assert found.inputs.ravel().tolist() == [-128, -1, 0, 127, -127, -126]


def test_uint8_inputs_for_a_uint8_model(tmp_path: Path) -> None:
    folder = benchmark(tmp_path / "ic01", "a,2,1", a=b"\x00\x7f\x80\xff\x01\x02")
    found = load_dataset(f"mlperf:{folder}", **(INT8 | {"dtype": DType.UINT8}))
    assert found.inputs.tobytes() == b"\x00\x7f\x80\xff\x01\x02"


def test_other_folders_must_say_their_type(tmp_path: Path) -> None:
    folder = benchmark(tmp_path / "own", "a,2,1", a=bytes(6))
    error = refused(f"mlperf:{folder}")
    assert error.what == (
        "whether the raw inputs are int8 or uint8 is known for folders named "
        "ic01, ic02, kws01, vww01 only"
    )
    assert error.hint == f"Say it: mlperf:{folder}?dtype=int8, or ?dtype=uint8."
    said = load_dataset(f"mlperf:{folder}?dtype=uint8", **INT8)
    assert said.inputs.ravel().tolist() == [-128] * 6
    assert load_dataset(f"mlperf:{folder}?dtype=int8", **INT8).inputs.ravel().tolist() == [0] * 6


def test_a_said_type_overrules_the_name(tmp_path: Path) -> None:
    folder = benchmark(tmp_path / "kws01", "a,2,1", a=bytes(6))
    found = load_dataset(f"mlperf:{folder}?dtype=uint8", **INT8)
    assert found.inputs.ravel().tolist() == [-128] * 6


def test_a_said_type_that_is_unknown(tmp_path: Path) -> None:
    folder = benchmark(tmp_path / "own", "a,2,1", a=bytes(6))
    assert refused(f"mlperf:{folder}?dtype=int16").what == "inputs of type 'int16' are unknown"


@pytest.mark.parametrize(
    ("stored", "dtype"),
    [("int8", DType.UINT8), ("uint8", DType.FLOAT32), ("int8", DType.INT16)],
)
def test_types_that_do_not_suit(tmp_path: Path, stored: str, dtype: DType) -> None:
    folder = benchmark(tmp_path / "own", "a,2,1", a=bytes(6))
    error = refused(f"mlperf:{folder}?dtype={stored}", dtype=dtype)
    assert error.what == f"raw inputs are {stored}, the model's input is {dtype.name.lower()}"


def test_folder_missing(tmp_path: Path) -> None:
    error = refused(f"mlperf:{tmp_path}/gone")
    assert (error.what, error.where) == ("there is no such folder", f"{tmp_path}/gone")
    assert error.hint == "Correct the path; write mlperf:DIR[?dtype=int8|uint8]."
    assert refused("mlperf").where == "mlperf:"


def test_labels_file_missing(tmp_path: Path) -> None:
    (tmp_path / "kws01").mkdir()
    error = refused(f"mlperf:{tmp_path}/kws01")
    assert error.what == "the folder has no y_labels.csv"
    assert error.where == str(tmp_path / "kws01")
    assert error.hint == "Name the folder that holds it."


@pytest.mark.parametrize("line", ["a,2", "a", "a,two,1", "a,2,1.5", ",,"])
def test_malformed_line_is_named(tmp_path: Path, line: str) -> None:
    folder = benchmark(tmp_path / "kws01", f"a,2,1\n{line}\n", a=bytes(6))
    error = refused(f"mlperf:{folder}")
    assert error.what == f"is {line!r}"
    assert error.where == f"{folder}/y_labels.csv:2"
    assert error.hint == "Write file, number of classes, class index."


@pytest.mark.parametrize("line", ["a,2,2", "a,2,-1", "a,0,0"])
def test_class_out_of_range(tmp_path: Path, line: str) -> None:
    folder = benchmark(tmp_path / "kws01", f"a,2,1\n\n{line}\n", a=bytes(6))
    error = refused(f"mlperf:{folder}")
    _, classes, label = line.split(",")
    assert error.what == f"class {label} of {classes} for 'a'"
    assert error.where == f"{folder}/y_labels.csv:3"


def test_line_without_a_file_name(tmp_path: Path) -> None:
    folder = benchmark(tmp_path / "kws01", ",2,1\n")
    assert refused(f"mlperf:{folder}").what == "class 1 of 2 for ''"


def test_labels_file_that_is_no_text(tmp_path: Path) -> None:
    folder = benchmark(tmp_path / "kws01", "")
    (folder / "y_labels.csv").write_bytes(b"\xff\xfe\x00")
    error = refused(f"mlperf:{folder}")
    assert error.what.startswith("cannot be read: 'utf-8' codec")
    assert error.hint == "Make it a readable UTF-8 text file."


def test_labels_file_without_lines(tmp_path: Path) -> None:
    folder = benchmark(tmp_path / "kws01", "\n\n")
    assert refused(f"mlperf:{folder}").what == "names no inputs"


def test_missing_inputs_are_counted_and_named(tmp_path: Path) -> None:
    lines = "".join(f"{name},2,1\n" for name in ["a", *"uvwxyz"])
    folder = benchmark(tmp_path / "kws01", lines, a=bytes(6))
    error = refused(f"mlperf:{folder}", limit=1)
    assert error.what == ("6 of 7 inputs that y_labels.csv names are missing: u, v, w, x, y, ...")
    assert error.hint == "Add the files, or remove their lines."


def test_wrong_size_names_file_and_shape(tmp_path: Path) -> None:
    folder = benchmark(tmp_path / "kws01", "a,2,1\nb,2,1\n", a=bytes(6), b=bytes(7))
    error = refused(f"mlperf:{folder}")
    assert error.what == "has 7 bytes, the model's input is 1x2x3 = 6 bytes"
    assert error.where == str(folder / "b")
    assert error.hint == "Use the data set that belongs to the model."


def test_hash_covers_labels_and_inputs(tmp_path: Path) -> None:
    one = benchmark(tmp_path / "1" / "kws01", "a,9,1", a=bytes(6))
    same = benchmark(tmp_path / "2" / "kws01", "renamed,9,1", renamed=bytes(6))
    label = benchmark(tmp_path / "3" / "kws01", "a,9,2", a=bytes(6))
    pixel = benchmark(tmp_path / "4" / "kws01", "a,9,1", a=bytes(5) + b"\1")
    hashes = [load_dataset(f"mlperf:{f}", **INT8).sha256 for f in (one, same, label, pixel)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


# npy


def saved(path: Path, array: Any) -> Path:
    np.save(path, np.asarray(array))
    return path


def test_arrays_in_the_models_type(tmp_path: Path) -> None:
    x = saved(tmp_path / "x.npy", np.arange(12, dtype=np.int8).reshape(2, 2, 3))
    y = saved(tmp_path / "y.npy", np.array([3, 1], dtype=np.uint8))
    found = load_dataset(f"npy:{x},{y}", **INT8)
    assert found.inputs.tobytes() == bytes(range(12))
    assert found.labels is not None
    assert found.labels.tolist() == [3, 1]
    assert load_dataset(f"npy:{x}", **INT8).no_labels == "no labels"


def test_big_endian_arrays_become_little_endian(tmp_path: Path) -> None:
    x = saved(tmp_path / "x.npy", np.arange(6).reshape(1, 2, 3).astype(">i2"))
    found = load_dataset(f"npy:{x}", **(INT8 | {"dtype": DType.INT16}))
    assert found.inputs.tobytes() == bytes([0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0])


def test_reals_are_quantised(tmp_path: Path) -> None:
    # scale 0.5, zero point -3: q = round(x / 0.5) - 3, halves away from zero, clipped to int8.
    x = saved(tmp_path / "x.npy", [[0.0, 0.25, -0.25, 0.24, 100.0, -100.0]])
    found = load_dataset(f"npy:{x}", **INT8)
    assert found.inputs.ravel().tolist() == [-3, -2, -4, -3, 127, -128]


@given(st.floats(-40, 40), st.floats(0.01, 0.3), st.integers(-128, 127))
def test_quantising_loses_half_a_step_at_most(real: float, scale: float, zero: int) -> None:
    tensor = InputTensor((1, 1), DType.INT8, scale, zero)
    q = int(tensor.quantised(np.array([[real]]), "x")[0, 0])
    low, high = scale * (-128 - zero), scale * (127 - zero)
    assert abs(min(max(real, low), high) - scale * (q - zero)) <= scale / 2 * (1 + 1e-9)


@pytest.mark.parametrize("shape", [(4, 6), (4, 2, 3), (4, 1, 2, 3), (4, 2, 3, 1)])
def test_shapes_with_the_same_order_fit(tmp_path: Path, shape: tuple[int, ...]) -> None:
    x = saved(tmp_path / "x.npy", np.arange(24, dtype=np.int8).reshape(shape))
    found = load_dataset(f"npy:{x}", **INT8)
    assert found.inputs.shape == (4, 2, 3)
    assert found.inputs.tobytes() == bytes(range(24))


@pytest.mark.parametrize("shape", [(4, 3, 2), (4, 5), (24,)])
def test_shapes_that_do_not_fit(tmp_path: Path, shape: tuple[int, ...]) -> None:
    x = saved(tmp_path / "x.npy", np.zeros(shape, dtype=np.int8))
    error = refused(f"npy:{x}")
    got = "x".join(str(n) for n in shape[1:]) or "scalar"
    assert error.what == f"samples have shape {got}, the model's input is 1x2x3"
    assert error.where == str(x)
    assert error.hint == "Give samples of shape 2x3, or flat ones of 6 elements."


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int64])
def test_element_type_that_is_not_the_models(tmp_path: Path, kind: type) -> None:
    x = saved(tmp_path / "x.npy", np.zeros((1, 6), dtype=kind))
    error = refused(f"npy:{x}")
    assert error.what == f"elements are {np.dtype(kind).name}, the model's input is int8"
    assert error.hint == "Save int8 values, or real numbers as float32."


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_reals_that_are_not_finite(tmp_path: Path, value: float) -> None:
    x = saved(tmp_path / "x.npy", np.full((1, 6), value))
    assert refused(f"npy:{x}").what == "holds values that are not finite"


def test_reals_for_a_tensor_without_scale(tmp_path: Path) -> None:
    x = saved(tmp_path / "x.npy", np.zeros((1, 6)))
    error = refused(f"npy:{x}", scale=0.0)
    assert error.what == "holds real values, but the model's input has no quantisation scale"
    assert error.hint == "Give int8 values."


def test_empty_array(tmp_path: Path) -> None:
    x = saved(tmp_path / "x.npy", np.zeros((0, 6), dtype=np.int8))
    assert refused(f"npy:{x}").what == "holds no samples"


def test_file_missing(tmp_path: Path) -> None:
    error = refused(f"npy:{tmp_path}/x.npy")
    assert (error.what, error.where) == ("there is no such file", f"{tmp_path}/x.npy")


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"text", b"\x80\x04N."])
def test_file_that_is_no_array(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    error = refused(f"npy:{tmp_path}/x.npy")
    assert error.what.startswith("is not a NumPy array file: ")
    assert error.hint == "Write it with numpy.save, without pickled objects."
    assert "allow_pickle" not in error.what


def test_a_file_of_text_is_told_by_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_text("0.5 0.25\n")
    told = r"is not a NumPy array file: it begins with b'0.5 0.', not with b'\x93NUMPY'"
    assert refused(f"npy:{tmp_path}/x.npy").what == told


def test_array_cut_short(tmp_path: Path) -> None:
    x = saved(tmp_path / "x.npy", np.zeros((4, 6), dtype=np.int8))
    whole = x.read_bytes()
    for length in range(0, len(whole), 7):
        x.write_bytes(whole[:length])
        assert refused(f"npy:{x}").what.startswith("is not a NumPy array file: ")


def test_archive_instead_of_array(tmp_path: Path) -> None:
    with (tmp_path / "x.npy").open("wb") as file:
        np.savez(file, x=np.zeros(3))
    assert refused(f"npy:{tmp_path}/x.npy").what == "is an archive of arrays"


@pytest.mark.parametrize("argument", ["", "a,", "a,b,c"])
def test_npy_wants_one_or_two_files(argument: str) -> None:
    error = refused(f"npy:{argument}")
    assert error.what == "one file of inputs and at most one of labels"
    assert error.hint == "Write npy:INPUTS.npy[,LABELS.npy]."


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 2], "there are 2 labels for 3 inputs"),
        ([1.0, 2.0, 3.0], "labels are float64 of 1 dimensions"),
        ([[1], [2], [3]], "labels are int64 of 2 dimensions"),
        ([1, 2, -3], "label 2 is -3"),
    ],
)
def test_labels_that_do_not_fit(tmp_path: Path, labels: list[Any], message: str) -> None:
    x = saved(tmp_path / "x.npy", np.zeros((3, 6), dtype=np.int8))
    y = saved(tmp_path / "y.npy", labels)
    error = refused(f"npy:{x},{y}")
    assert (error.what, error.where) == (message, str(y))


# digits


def digits(**overrides: Any) -> Dataset:
    wanted = {"shape": (1, 28, 28, 1), "dtype": DType.INT8, "scale": 1 / 255, "zero_point": -128}
    return load_dataset("digits", **(wanted | overrides))


def test_digits_takes_no_other_argument() -> None:
    error = refused("digits:8")
    assert (error.what, error.where) == ("'8' is no part of this data set", "digits:8")
    assert error.hint == "Write digits, or digits:unlabelled."


def test_digits_without_labels_say_why() -> None:
    wanted: dict[str, Any] = {"dtype": DType.INT8, "scale": 1 / 255, "zero_point": -128}
    found = load_dataset("digits:unlabelled", shape=(1, 640), limit=3, **wanted)
    assert found.labels is None
    assert found.no_labels == "digits:unlabelled has no labels"
    assert found.inputs.tobytes() == digits(shape=(1, 640), limit=3).inputs.tobytes()


BUNDLED = Path(__file__).parents[3] / "harness" / "bundled" / "digits.npz"


def test_digits_are_held_out_images_of_ten_classes() -> None:
    found = digits()
    assert len(found) >= 450
    assert found.inputs.shape[1:] == (28, 28, 1)
    assert found.labels is not None
    assert set(found.labels.tolist()) == set(range(10))
    with np.load(BUNDLED) as raw:
        # scale 1/255 and zero point -128 turn a pixel p of p/255 into p - 128 exactly.
        assert (found.inputs == (raw["x"].astype(np.int16) - 128)).all()
        assert (found.labels == raw["y"]).all()


def test_digits_for_a_network_with_flat_input() -> None:
    assert digits(shape=(1, 784), limit=5).inputs.tobytes() == digits(limit=5).inputs.tobytes()


@pytest.mark.parametrize("shape", [(1, 49, 10, 1), (1, 32, 32, 3), (1, 96, 96, 3), (1, 640)])
def test_digits_are_enlarged_to_the_networks_input(shape: tuple[int, ...]) -> None:
    found = digits(shape=shape, limit=4)
    assert found.inputs.shape == (4, *shape[1:])
    with np.load(BUNDLED) as raw:
        image = raw["x"][3, :, :, 0].astype(int)
    rows, columns = shape[1:3] if len(shape) == 4 else (20, 32)
    pixels = found.inputs[3].reshape(rows, columns, -1).astype(int) + 128

    def along(index: int, size: int) -> tuple[int, int, Fraction]:
        centre = min(max(Fraction((2 * index + 1) * 28 - size, 2 * size), Fraction(0)), 27)
        return int(centre), min(int(centre) + 1, 27), centre % 1

    for row, column in [(0, 0), (rows - 1, 3), (rows // 2, columns // 2), (7, columns - 1)]:
        top, bottom, down = along(row, rows)
        left, right, across = along(column, columns)
        upper = image[top, left] * (1 - across) + image[top, right] * across
        lower = image[bottom, left] * (1 - across) + image[bottom, right] * across
        grey = int(upper * (1 - down) + lower * down + Fraction(1, 2))
        assert set(pixels[row, column].tolist()) == {grey}


@pytest.mark.parametrize(
    ("shape", "said"),
    [((1, 3, 96, 96), "1x3x96x96"), ((1, 7, 7, 1), "1x7x7x1"), ((1, 641), "1x641")],
)
def test_digits_for_a_network_whose_input_is_no_image(shape: tuple[int, ...], said: str) -> None:
    with pytest.raises(BadDataset) as caught:
        digits(shape=shape)
    assert caught.value.what == (
        f"the model's input is {said}, not an image of 8x8 or more, channels last"
    )
    assert caught.value.where == "digits"
    assert caught.value.hint == "Use another data set (`harness datasets`)."


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 no archive", b"text"])
def test_digits_file_damaged(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "digits.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadDataset) as caught:
        read_digits(path)
    assert caught.value.what.startswith("the bundled data cannot be read: ")
    assert caught.value.where == str(path)
    assert caught.value.hint == "Install the package again."


def test_digits_file_without_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "digits.npz", x=np.zeros((1, 28, 28, 1), dtype=np.uint8))
    with pytest.raises(BadDataset, match=r"the bundled data cannot be read: .*y"):
        read_digits(tmp_path / "digits.npz")


# the real sets


def real_set(name: str) -> str:
    data = os.environ.get("HARNESS_TEST_DATA")
    if not data:
        pytest.skip("HARNESS_TEST_DATA is not set")
    return f"mlperf:{data}/sets/{name}"


def test_keyword_set_as_published() -> None:
    spec = real_set("kws01")
    found = load_dataset(spec, shape=(1, 49, 10, 1), dtype=DType.INT8, scale=0.58, zero_point=83)
    assert found.inputs.shape == (1000, 49, 10, 1)
    assert found.labels is not None
    assert found.labels[:3].tolist() == [7, 2, 6]


def test_image_set_as_published() -> None:
    spec = real_set("ic01")
    wanted: dict[str, Any] = {"shape": (1, 32, 32, 3), "dtype": DType.INT8}
    found = load_dataset(spec, scale=1.0, zero_point=-128, **wanted)
    first = (Path(spec.removeprefix("mlperf:")) / "emu_s_002009.bin").read_bytes()
    assert found.inputs.shape == (200, 32, 32, 3)
    assert found.inputs[0].ravel().tolist() == [byte - 128 for byte in first]
