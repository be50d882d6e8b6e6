"""OpenMV's `.network` files: read, refused with the byte, mended, simulated as the firmware ran."""

from __future__ import annotations

import contextlib
import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from builders.q7_operator import network_of, small_network
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import BadDataset, BadModel, UnknownName
from harness.model import compile_image, decode_image, read_network
from harness.model.front_ends import described_options, front_end_of, has_option
from harness.model.interleaved_weights import interleaved, plain
from harness.model.openmv_file import encode_openmv, parse_openmv
from harness.model.openmv_layers import (
    BlobShape,
    Convolution,
    Data,
    Pool,
    PoolKind,
)
from harness.model.q7_network import input_shift_mended
from harness.model.q7_reference import Q7Reference

RANDOM = np.random.default_rng(9)


def q7(*shape: int) -> np.ndarray:
    return RANDOM.integers(-128, 128, shape).astype(np.int8)


CONTENT = encode_openmv(small_network())
CONV_AT = 8 + 20 + 16  # behind magic, count and the data layer


def bad(content: bytes) -> str:
    with pytest.raises(BadModel) as caught:
        parse_openmv(content, "x.network")
    assert caught.value.where == "x.network"
    assert caught.value.hint.endswith(".")
    return caught.value.what


def with_word(at: int, value: int) -> bytes:
    return CONTENT[:at] + struct.pack("<I", value) + CONTENT[at + 4 :]


def test_what_is_written_is_read() -> None:
    assert encode_openmv(parse_openmv(CONTENT, "")) == CONTENT
    layers = parse_openmv(CONTENT, "")
    for found, made in zip(layers, small_network(), strict=True):
        assert type(found) is type(made)
        assert found.shape == made.shape


def test_fields_stand_in_the_order_of_the_format() -> None:
    """Size, PAD, STRIDE in the file, written here by hand."""
    head = b"CAFE" + struct.pack("<I", 2)
    data = struct.pack("<9I", 0, 100, 1, 4, 4, 33, 33, 33, 1)
    conv = struct.pack("<10I", 1, 100, 1, 3, 3, 4, 9, 3, 1, 2)[:-4]
    body = struct.pack("<I", 2) + struct.pack("<I", 9) + bytes(range(9)) + struct.pack("<Ib", 1, -3)
    with pytest.raises(BadModel, match="h of a convolution is 3; its input gives 2"):
        parse_openmv(head + data + conv + body, "")
    right = struct.pack("<9I", 1, 100, 1, 2, 2, 4, 9, 3, 1)
    _, found = parse_openmv(head + data + right + body, "")
    assert isinstance(found, Convolution)
    assert (found.bias_shift, found.out_shift) == (4, 9)
    assert (found.kernel, found.pad, found.stride) == (3, 1, 2)
    assert found.weights.ravel().tolist() == list(range(9))
    assert found.biases.tolist() == [-3]


def test_faults_are_told_with_the_byte() -> None:
    size = len(CONTENT)
    assert bad(b"TFL3" + CONTENT[4:]).startswith("not an OpenMV network: it begins with b'TFL3'")
    assert bad(b"") == "not an OpenMV network: it begins with b'', not b'CAFE'"
    assert bad(with_word(4, 0)) == (
        f"byte 4 of {size:,}: the number of layers is 0; 1 to 1000 are possible"
    )
    assert bad(with_word(CONV_AT, 7)) == (
        f"byte {CONV_AT} of {size:,}: layer 1 has the unknown type 7; 0 to 4 are known"
    )
    assert "the data layer must be the first" in bad(with_word(8, 2))
    assert "the data layer must be the first" in bad(with_word(CONV_AT, 0))
    assert "the data layer has 2 channels" in bad(with_word(16, 2))
    assert "the mean of g is 256; 0 to 255 are possible" in bad(with_word(32, 256))
    assert "the input scale is 31" in bad(with_word(40, 31))
    assert "l_shift is 23" in bad(with_word(CONV_AT + 20, 23))
    assert "r_shift is 31" in bad(with_word(CONV_AT + 24, 31))
    assert "the padding is 3; 0 to 2 are possible" in bad(with_word(CONV_AT + 32, 3))
    assert "h of a convolution is 7; its input gives 6" in bad(with_word(CONV_AT + 12, 7))
    assert "there are 107 weights; the layer's sizes need 108" in bad(with_word(CONV_AT + 40, 107))
    assert "layer 1 has the unknown type" not in bad(CONTENT + b"x")
    assert bad(CONTENT + b"xy") == f"byte {size:,} of {size + 2:,}: 2 bytes follow the last layer"


def test_windows_that_old_kernels_had_no_answer_for() -> None:
    def pooled(**changes: int) -> bytes:
        layers = small_network()[:2]
        pool = Pool(BlobShape(1, 4, 3, 3), PoolKind.MAX, 3, 0, 2)
        values = {**pool.__dict__, **changes}
        return encode_openmv([*layers, Pool(**values)])

    assert "overwrote what they still needed" in bad(pooled(pad=1, stride=1))
    assert "its last window is off the image" in bad(pooled(stride=3))
    channels = encode_openmv(
        [small_network()[0], Pool(BlobShape(1, 2, 3, 3), PoolKind.MAX, 2, 0, 2)]
    )
    assert "pooling gives 2 channels of 3" in bad(channels)


def test_a_file_cut_anywhere_is_refused() -> None:
    for length in range(len(CONTENT)):
        bad(CONTENT[:length])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_files_are_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(CONTENT)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(4, 4 * (len(content) // 4) - 4))
        content[at : at + 4] = data.draw(st.binary(min_size=4, max_size=4))
    try:
        layers = parse_openmv(bytes(content), "x.network")
    except BadModel:
        return
    image = compile_image(network_of(*layers))
    assert decode_image(image.data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tail: bytes) -> None:
    with contextlib.suppress(BadModel):
        parse_openmv(b"CAFE" + tail, "x.network")


def test_interleaving_has_the_published_order() -> None:
    """As of the format's description: a 4x4 block, the columns left over, the rows left over."""
    block = ("00", "10", "02", "12", "20", "30", "22", "32")
    block += ("01", "11", "03", "13", "21", "31", "23", "33")
    weights = np.arange(5 * 6, dtype=np.int8).reshape(5, 6)
    wanted = [6 * int(place[0]) + int(place[1]) for place in block]
    wanted += [6 * row + column for column in (4, 5) for row in range(4)]
    wanted += range(24, 30)
    assert interleaved(weights).tolist() == wanted
    assert plain(interleaved(weights), 5, 6).tolist() == weights.tolist()


@pytest.mark.parametrize("rows", range(1, 10))
@pytest.mark.parametrize("columns", range(1, 10))
def test_interleaving_and_back(rows: int, columns: int) -> None:
    weights = q7(rows, columns)
    stored = interleaved(weights)
    assert sorted(stored) == sorted(weights.ravel())
    assert np.array_equal(plain(stored, rows, columns), weights)


@pytest.mark.parametrize(
    ("stored", "mended"),
    [(9, 8), (8, 7), (10, 9), (6, 5), (1, 8), (2, 9), (0, 7)],
)
def test_the_input_shift_is_mended(stored: int, mended: int) -> None:
    """One too large; where more than 3 fraction bits were meant, Caffe scaled bytes by 1/256."""
    data = Data(BlobShape(1, 1, 2, 2), (33, 33, 33), stored)
    assert input_shift_mended(data).shift == mended


def written(folder: Path, name: str = "net.network") -> Path:
    path = folder / name
    path.write_bytes(CONTENT)
    return path


def test_options_change_the_image_and_not_the_source(tmp_path: Path) -> None:
    path = written(tmp_path)
    stored, mended = read_network(path), read_network(path, ["fix-input-shift"])
    assert stored.source_sha256 == mended.source_sha256
    assert compile_image(stored).crc32 != compile_image(mended).crc32
    whose = [
        front_end_of(path, options).compared_with(path)
        for options in ((), ("fix-input-shift",), ("host-input", "fix-input-shift"))
    ]
    assert {one.name for one in whose} == {"q7-simulation"}
    assert len({one.key for one in whose}) == 3
    assert described_options(path, ["host-input", "fix-input-shift"]) == (
        "input shift mended, input scaled on the host"
    )
    assert has_option(path, "fix-input-shift")
    assert not has_option(Path("x.tflite"), "fix-input-shift")


def test_an_option_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as caught:
        read_network(written(tmp_path), ["fix-input-shft"])
    assert caught.value.what == "there is no option 'fix-input-shft' for such a model"
    assert caught.value.hint == "Use 'fix-input-shift'; there are: fix-input-shift, host-input."
    with pytest.raises(UnknownName, match="no option 'x'"):
        front_end_of(Path("a.tflite"), ["x"])


def test_input_scaled_on_the_host_gives_the_same(tmp_path: Path) -> None:
    """What DATA_Q7 makes of pixels, given as int8, has the answers of the pixels."""
    path = written(tmp_path)
    pixels = RANDOM.integers(0, 256, (3, 6, 6, 3)).astype(np.uint8)
    device, host = read_network(path), read_network(path, ["host-input"])
    quantization = host.tensors[host.inputs[0]].quantization
    assert quantization is not None
    assert quantization.scales == (2.0 ** (8 - 7),)
    whole = Q7Reference(device)
    scaled = np.stack([whole.tensors(one)[device.operators[0].outputs[0]][0] for one in pixels])
    assert np.array_equal(whole.outputs(pixels), Q7Reference(host).outputs(scaled))


def test_inputs_that_do_not_fit_are_told() -> None:
    reference = Q7Reference(network_of(*small_network()))
    with pytest.raises(
        BadDataset, match="inputs are int8 of 108 elements, the network takes uint8"
    ):
        reference.outputs(np.zeros((1, 6, 6, 3), np.int8))
    with pytest.raises(BadDataset, match="of 9 elements, the network takes uint8 of 108"):
        reference.outputs(np.zeros((1, 9), np.uint8))


def test_a_relu_lies_where_its_input_lay() -> None:
    image = compile_image(network_of(*small_network()))
    places = {place.name: place.offset for place in image.placements}
    assert places["relu3"] == places["pool2"]
    assert image.macs == 4 * 36 * 27 + 5 * 16


def test_a_changed_file_is_told(tmp_path: Path) -> None:
    path = written(tmp_path)
    with pytest.raises(BadModel, match="the file changed while it was in use"):
        front_end_of(path).reference(path, "00" * 32)
    with pytest.raises(BadModel, match="cannot be read"):
        read_network(tmp_path / "none.network")


# Layers, MACs, weights without biases, largest activation: of the format's description.
PUBLISHED = {
    "cifar10": (11, 12_298_240, 89_440, 32_768),
    "cifar10_fast": (11, 6_558_720, 33_120, 32_768),
    "lenet": (8, 1_969_000, 106_500, 11_520),
    "smile": (11, 15_339_520, 23_392, 131_072),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks_have_the_sizes_that_are_known(test_data: Path, name: str) -> None:
    path = test_data / f"models/openmv/v3.6.0/{name}/{name}.network"
    layers = parse_openmv(path.read_bytes(), str(path))
    image = compile_image(read_network(path))
    weights = sum(layer.weights.size for layer in layers if hasattr(layer, "weights"))
    largest = max(place.nbytes for place in image.placements)
    assert (len(layers), image.macs, weights, largest) == PUBLISHED[name]
    assert encode_openmv(layers) == path.read_bytes()


def mnist(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    images = gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28, 1)
    return pixels, np.frombuffer(labels, np.uint8, offset=8)


def test_lenet_gives_the_stored_vectors(test_data: Path, full_sets: bool) -> None:
    """9616 of 10000 as it is stored, 9861 mended; the first 500 where not all are asked for."""
    path = test_data / "models/openmv/v3.6.0/lenet/lenet.network"
    pixels, labels = mnist(test_data / "sets/mnist")
    golden = np.load(test_data / "golden/openmv_lenet_v3.6.0.npy")
    count = len(pixels) if full_sets else 500
    stored = front_end_of(path).reference(path).outputs(pixels[:count])
    assert np.array_equal(stored, golden[:count])
    assert (golden.argmax(1) == labels).sum() == 9616
    if full_sets:
        mended = front_end_of(path, ["fix-input-shift"]).reference(path).outputs(pixels)
        assert (mended.argmax(1) == labels).sum() == 9861


def test_cifar10_fast_gives_stored_vectors(test_data: Path) -> None:
    """Each of the 200 vectors is one of the 10000 stored ones, whose order is CIFAR-10's own."""
    path = test_data / "models/openmv/v3.6.0/cifar10_fast/cifar10_fast.network"
    folder = test_data / "sets/ic01"
    rows = [row.split(",") for row in (folder / "y_labels.csv").read_text().split()]
    images = [np.fromfile(folder / row[0], np.uint8).reshape(32, 32, 3) for row in rows]
    found = front_end_of(path).reference(path).outputs(np.stack(images))
    golden = {one.tobytes() for one in np.load(test_data / "golden/openmv360_cifar10_fast.npy")}
    assert all(one.tobytes() in golden for one in found)
    assert (found.argmax(1) == [int(row[2]) for row in rows]).sum() == 155
