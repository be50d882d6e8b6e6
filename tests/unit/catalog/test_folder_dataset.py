"""Folders of images: sizes, crops, colours and values are those that the options say."""

from __future__ import annotations

import csv
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from harness.catalog import load_dataset
from harness.domain.dataset import Dataset
from harness.domain.network import DType
from harness.errors import BadDataset

UINT8: dict[str, Any] = {"dtype": DType.UINT8, "scale": 1 / 255, "zero_point": 0}
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def pictures(root: Path, *pixels: Any, suffix: str = "png") -> Path:
    """A folder of one class per picture."""
    for number, one in enumerate(pixels):
        (root / str(number)).mkdir(parents=True)
        Image.fromarray(np.asarray(one, dtype=np.uint8)).save(root / str(number) / f"x.{suffix}")
    return root


def loaded(root: Path, options: str = "", shape: Any = (1, 2, 2, 1), **tensor: Any) -> Dataset:
    return load_dataset(f"folder:{root}{options}", shape=shape, **(UINT8 | tensor))


def refused(root: Path, options: str = "", shape: Any = (1, 2, 2, 1), **tensor: Any) -> BadDataset:
    with pytest.raises(BadDataset) as caught:
        loaded(root, options, shape, **tensor)
    return caught.value


GREY = [[0, 100], [200, 255]]


def test_pixels_labels_and_name(tmp_path: Path) -> None:
    pictures(tmp_path, GREY, [[1, 2], [3, 4]])
    found = loaded(tmp_path)
    assert found.inputs.tolist() == [[[[0], [100]], [[200], [255]]], [[[1], [2]], [[3], [4]]]]
    assert found.labels is not None
    assert found.labels.tolist() == [0, 1]
    assert found.name == f"folder:{tmp_path}"
    assert len(loaded(tmp_path)) == 2
    part = load_dataset(found.name, shape=(1, 2, 2, 1), limit=1, **UINT8)
    assert part.inputs.tolist() == found.inputs[:1].tolist()


@pytest.mark.parametrize("suffix", ["png", "ppm", "bmp", "tiff"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    assert loaded(pictures(tmp_path, GREY, suffix=suffix)).inputs.ravel().tolist() == [
        0,
        100,
        200,
        255,
    ]


@pytest.mark.parametrize(
    ("options", "tensor", "expected"),
    [
        ("", {"dtype": DType.UINT8}, [0, 100, 200, 255]),
        ("", {"dtype": DType.INT8, "zero_point": -128}, [-128, -28, 72, 127]),
        (",scale=codes", {"dtype": DType.INT8, "scale": 1.0}, [-128, -28, 72, 127]),
        (",scale=codes", {"dtype": DType.UINT8, "zero_point": 5}, [0, 100, 200, 255]),
    ],
)
def test_bytes_keep_their_place(
    tmp_path: Path, options: str, tensor: Any, expected: list[int]
) -> None:
    assert loaded(pictures(tmp_path, GREY), options, **tensor).inputs.ravel().tolist() == expected


def test_real_inputs_are_bytes_by_255(tmp_path: Path) -> None:
    found = loaded(pictures(tmp_path, GREY), dtype=DType.FLOAT32, scale=0.0)
    assert found.inputs.dtype == np.float32
    assert found.inputs.ravel() == pytest.approx([0, 100 / 255, 200 / 255, 1])


@pytest.mark.parametrize(
    ("options", "tensor", "expected"),
    [
        (",scale=1/255", {"dtype": DType.INT8, "zero_point": -128}, [-128, -28, 72, 127]),
        # (p - 127.5) / 127.5 with a step of 1/64: -64, -13.8, 36.4, 64.
        (",mean=127.5,scale=1/127.5", {"dtype": DType.INT8, "scale": 1 / 64}, [-64, -14, 36, 64]),
        # Real values of -128 to 127 with a step of 1.
        (",mean=128", {"dtype": DType.INT8, "scale": 1.0}, [-128, -28, 72, 127]),
        (",mean=128", {"dtype": DType.FLOAT32}, [-128, -28, 72, 127]),
        (",scale=1/255", {"dtype": DType.INT16, "scale": 1 / 25500}, [0, 10000, 20000, 25500]),
        # A step of 1/2 and 100 for 0: 200 and 255 are beyond the type.
        (",scale=1", {"scale": 0.5, "zero_point": 100}, [100, 255, 255, 255]),
    ],
)
def test_values_by_mean_and_scale(
    tmp_path: Path, options: str, tensor: Any, expected: list[int]
) -> None:
    assert loaded(pictures(tmp_path, GREY), options, **tensor).inputs.ravel().tolist() == expected


def test_mean_and_scale_of_each_channel(tmp_path: Path) -> None:
    pictures(tmp_path, [[[10, 20, 30]]])
    options = ",mean=10:10:10,scale=1:2:3"
    tensor = {"shape": (1, 1, 1, 3), "dtype": DType.FLOAT32}
    assert loaded(tmp_path, options, **tensor).inputs.ravel().tolist() == [0, 20, 60]
    # The numbers are in the order of the input's channels, here blue first.
    bgr = loaded(tmp_path, f"{options},channels=bgr", **tensor)
    assert bgr.inputs.ravel().tolist() == [20, 20, 0]


def test_layout_and_order_of_channels(tmp_path: Path) -> None:
    pictures(tmp_path, [[[1, 2, 3], [4, 5, 6]]])
    assert loaded(tmp_path, shape=(1, 1, 2, 3)).inputs.ravel().tolist() == [1, 2, 3, 4, 5, 6]
    bgr = loaded(tmp_path, ",channels=bgr", shape=(1, 1, 2, 3))
    assert bgr.inputs.ravel().tolist() == [3, 2, 1, 6, 5, 4]
    chw = loaded(tmp_path, ",layout=chw", shape=(1, 3, 1, 2))
    assert chw.inputs.shape == (1, 3, 1, 2)
    assert chw.inputs.ravel().tolist() == [1, 4, 2, 5, 3, 6]


def test_colours_become_grey_and_grey_becomes_colours(tmp_path: Path) -> None:
    # ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B.
    pictures(tmp_path / "colour", [[RED, GREEN], [BLUE, (255, 255, 255)]])
    assert loaded(tmp_path / "colour").inputs.ravel().tolist() == [76, 150, 29, 255]
    pictures(tmp_path / "grey", GREY)
    found = loaded(tmp_path / "grey", shape=(1, 2, 2, 3)).inputs
    assert found[0, :, :, 2].tolist() == found[0, :, :, 0].tolist() == GREY


def test_transparency_and_palettes(tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    Image.new("RGBA", (2, 2), (*RED, 0)).save(tmp_path / "0" / "a.png")
    Image.new("RGB", (2, 2), GREEN).convert("P").save(tmp_path / "0" / "b.png")
    found = loaded(tmp_path, shape=(1, 2, 2, 3)).inputs
    assert found[:, 0, 0].tolist() == [list(RED), list(GREEN)]


STRIPES = np.repeat([[0, 0, 90, 90, 255, 255]], 2, axis=0)


def test_crop(tmp_path: Path) -> None:
    pictures(tmp_path / "wide", STRIPES)
    assert loaded(tmp_path / "wide", ",crop=centre").inputs.ravel().tolist() == [90] * 4
    pictures(tmp_path / "tall", STRIPES.T)
    assert loaded(tmp_path / "tall", ",crop=centre").inputs.ravel().tolist() == [90] * 4


def test_stretch(tmp_path: Path) -> None:
    pictures(tmp_path, STRIPES)
    stretched = loaded(tmp_path, ",crop=stretch,resize=nearest", shape=(1, 1, 3, 1))
    assert stretched.inputs.ravel().tolist() == [0, 90, 255]


def test_another_aspect_ratio_must_be_spoken_of(tmp_path: Path) -> None:
    error = refused(pictures(tmp_path, STRIPES), ",resize=nearest")
    assert error.what == "is 6x2, another aspect ratio than the model's input 2x2"
    assert error.where == str(tmp_path / "0" / "x.png")
    assert error.hint == "Add crop=centre to take its middle, or crop=stretch to distort it."


def test_another_size_must_be_spoken_of(tmp_path: Path) -> None:
    error = refused(pictures(tmp_path, np.zeros((4, 4))))
    assert error.what == "is 4x4, the model's input 2x2"
    assert error.hint == "Say how to resize: add resize=nearest|bilinear|bicubic|lanczos|openmv."


def kernel(method: str, x: float) -> float:
    """The filters by their formulas (Lanczos with 3 lobes, cubic with a = -1/2)."""
    x = abs(x)
    if method == "bilinear":
        return max(1 - x, 0)
    if method == "lanczos":
        return float(np.sinc(x) * np.sinc(x / 3)) if x < 3 else 0
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0


def resampled(row: NDArray[np.uint8], size: int, method: str) -> NDArray[np.float64]:
    """One row at another size: each filter is as wide as a target pixel, or as a source pixel."""
    scale = len(row) / size
    wide = max(scale, 1)
    places = np.arange(len(row)) + 0.5
    found = []
    for index in range(size):
        weights = [kernel(method, (p - (index + 0.5) * scale) / wide) for p in places]
        found.append(np.dot(weights, row) / np.sum(weights))
    return np.clip(found, 0, 255)


@pytest.mark.parametrize("method", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("size", [8, 11, 40])
def test_filters_by_their_formulas(tmp_path: Path, method: str, size: int) -> None:
    row = np.random.default_rng(1).integers(0, 256, 24).astype(np.uint8)
    pictures(tmp_path, np.repeat(row[np.newaxis], 24, axis=0))
    found = loaded(tmp_path, f",resize={method}", shape=(1, size, size, 1)).inputs[0, :, :, 0]
    assert np.abs(found[size // 2].astype(float) - resampled(row, size, method)).max() <= 1


def test_nearest_takes_the_middle_pixels(tmp_path: Path) -> None:
    pictures(tmp_path, np.arange(36).reshape(6, 6))
    found = loaded(tmp_path, ",resize=nearest", shape=(1, 2, 2, 1))
    assert found.inputs.ravel().tolist() == [7, 10, 25, 28]


def test_flat_inputs_need_a_size(tmp_path: Path) -> None:
    pictures(tmp_path, GREY)
    error = refused(tmp_path, shape=(1, 4))
    assert error.what == "the model's input is 1x4, and nothing says which image that is"
    assert error.hint == "Say its size, as in resize=28x28:lanczos."
    found = loaded(tmp_path, ",resize=2x2:lanczos", shape=(1, 4))
    assert found.inputs.tolist() == [[0, 100, 200, 255]]
    assert loaded(tmp_path, shape=(1, 2, 2)).inputs.tolist() == [GREY]


@pytest.mark.parametrize("shape", [(1, 2, 2, 2), (1, 3, 2, 2), (1, 2, 2, 2, 3)])
def test_inputs_that_are_no_image(tmp_path: Path, shape: tuple[int, ...]) -> None:
    error = refused(pictures(tmp_path, GREY), shape=shape)
    assert error.what.startswith(f"the model's input is {'x'.join(map(str, shape))}")
    assert error.where == f"folder:{tmp_path}"


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ("resize=cubic", "resize=cubic is unknown"),
        ("resize=2x2", "resize=2x2 is unknown"),
        ("resize=3x2:nearest", "the size in resize= is 3x2, the model's input 2x2"),
        ("crop=center", "crop=center is unknown"),
        ("layout=nhwc", "layout=nhwc is unknown"),
        ("channels=hsv", "channels=hsv is unknown"),
        ("mean=grey", "mean=grey is no number"),
        ("scale=1/0", "scale=1/0 is no number"),
        ("scale=inf", "scale=inf is no number"),
        ("mean=1:2:3", "mean=1:2:3 has 3 numbers for 1 channels"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, option: str, what: str) -> None:
    error = refused(pictures(tmp_path, GREY), f",{option}")
    assert error.what == what
    assert error.where == f"folder:{tmp_path},{option}"
    assert error.hint.endswith(".")


@pytest.mark.parametrize(
    ("options", "tensor", "what", "hint"),
    [
        ("", {"dtype": DType.INT16}, "int16 inputs", "."),
        (",scale=codes", {"dtype": DType.INT16}, "int16 inputs", "."),
        (",scale=codes", {"dtype": DType.FLOAT32}, "float32 inputs", "."),
        (
            *("", {"dtype": DType.INT8, "zero_point": -1}),
            *("int8 inputs of zero point -1", ", or scale=codes for byte - 128."),
        ),
        (
            *("", {"zero_point": 128}),
            *("uint8 inputs of zero point 128", ", or scale=codes for byte - 0."),
        ),
    ],
)
def test_inputs_in_which_bytes_have_no_given_place(
    tmp_path: Path, options: str, tensor: Any, what: str, hint: str
) -> None:
    error = refused(pictures(tmp_path, GREY), options, **tensor)
    assert error.what == f"bytes have no given place in {what}"
    assert error.where == f"folder:{tmp_path}{options}"
    assert error.hint == f"Say their real values, as in scale=1/255{hint}"


def test_codes_have_no_mean(tmp_path: Path) -> None:
    error = refused(pictures(tmp_path, GREY), ",mean=128,scale=codes")
    assert error.what == "mean= is about real values, and scale=codes says there are none"
    assert error.hint == "Leave one of the two out."


def test_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    pictures(tmp_path, GREY)
    (tmp_path / "0" / "notes.txt").write_text("no image")
    error = refused(tmp_path)
    assert error.what == "is no image that Pillow knows"
    assert error.where == str(tmp_path / "0" / "notes.txt")
    assert error.hint.startswith("Replace the file by a JPEG, PNG, PPM or BMP image")


def test_pixels_of_16_bits(tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    Image.fromarray(np.full((2, 2), 40000, dtype=np.uint16)).save(tmp_path / "0" / "x.png")
    error = refused(tmp_path)
    assert error.what == "has pixels of mode I;16, not of 8 bits a channel"
    assert error.hint == "Convert it to 8 bits a channel."


@pytest.mark.parametrize("suffix", ["png", "jpg", "ppm", "gif"])
def test_image_cut_short(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3))
    path = pictures(tmp_path, noise, suffix=suffix) / "0" / f"x.{suffix}"
    whole = path.read_bytes()
    for length in range(0, len(whole) - 16, 31):
        path.write_bytes(whole[:length])
        error = refused(tmp_path, shape=(1, 16, 16, 3))
        assert "image" in error.what
        assert error.where == str(path)


@pytest.mark.filterwarnings("ignore")  # Pillow's, about what it mends
@settings(max_examples=150, deadline=None)
@given(
    suffix=st.sampled_from(["png", "jpg", "ppm", "gif", "bmp", "tiff"]),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8),
)
def test_damaged_images_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, changes: list[tuple[int, int]]
) -> None:
    root = tmp_path_factory.mktemp("damaged")
    path = pictures(root, np.arange(192).reshape(8, 8, 3), suffix=suffix) / "0" / f"x.{suffix}"
    content = bytearray(path.read_bytes())
    for place, byte in changes:
        content[place % len(content)] = byte
    path.write_bytes(content)
    with suppress(BadDataset):
        found = loaded(root, ",resize=nearest,crop=stretch", shape=(1, 8, 8, 3))
        assert found.inputs.shape == (1, 8, 8, 3)


def test_masks_as_published(test_data: Path) -> None:
    """With the input of the published outputs, LiteRT's reference kernels give the same ones."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    with (test_data / "golden" / "mask.csv").open() as file:
        rows = list(csv.DictReader(file))
    by_class: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        by_class.setdefault(int(row["label"]), []).append(number)
    assert [row["file"] for row in rows] == sorted(row["file"] for row in rows)
    golden = np.load(test_data / "golden" / "mask.npy")
    found = loaded(test_data / "sets" / "mask", ",resize=lanczos", shape=(1, 64, 64, 3))
    assert found.labels is not None
    model = Interpreter(
        str(test_data / "models" / "arm-mask" / "lightly_resnet9.tflite"),
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
    )
    model.allocate_tensors()
    right = 0
    for image, label in zip(found.inputs, found.labels.tolist(), strict=True):
        model.set_tensor(model.get_input_details()[0]["index"], image[np.newaxis])
        model.invoke()
        output = model.get_tensor(model.get_output_details()[0]["index"])[0]
        # Within a class, files come by name, as in the published outputs.
        assert output.tolist() == golden[by_class[label].pop(0)].tolist()
        right += int(output.argmax()) == label
    assert (len(found), right) == (59, 53)


def test_resizing_as_openmv_takes_its_pixels(tmp_path: Path) -> None:
    """Ratio (5 << 16) / 3 + 1 = 109227: pixels 0, 109227 >> 16 = 1 and 218454 >> 16 = 3."""
    row = [10, 20, 30, 40, 50]
    root = pictures(tmp_path / "x", [row, *([[value + 1 for value in row]] * 4)])
    found = loaded(root, ",resize=openmv", shape=(1, 3, 3, 1)).inputs.reshape(3, 3)
    assert found.tolist() == [[10, 20, 40], [11, 21, 41], [11, 21, 41]]


def test_openmvs_square_region_is_the_middle(tmp_path: Path) -> None:
    root = pictures(tmp_path / "x", [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]])
    found = loaded(root, ",resize=openmv,crop=centre", shape=(1, 1, 1, 1))
    assert found.inputs.ravel().tolist() == [3]
