"""Caffe's files to q7: definitions, weights, layers in real numbers, and the search for formats."""

from __future__ import annotations

import contextlib
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders.caffe_model import (
    CONTENT,
    CONV,
    CONV_BIAS,
    DEFINITION,
    PRODUCT,
    PRODUCT_BIAS,
    RANDOM,
    blob,
    field,
    labelled,
    layer,
    model,
    varint,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.assembly import quantise_caffe
from harness.errors import (
    BadDataset,
    BadModel,
    ConfigError,
    HarnessError,
    ToolMissing,
    UnsupportedOperator,
)
from harness.model import read_model
from harness.model.caffe.convert import codes
from harness.model.caffe.files import prototxt_beside, read_caffe
from harness.model.caffe.forward import forward
from harness.model.caffe.joined import join
from harness.model.caffe.network import CaffeLayer, fitting_sizes, sized
from harness.model.caffe.prototxt import parse_prototxt
from harness.model.caffe.search import by_range, quantised, search_formats
from harness.model.caffe.weights import parse_caffemodel
from harness.model.openmv_file import parse_openmv
from harness.model.openmv_layers import BlobShape, Data, PoolKind


def bad_model(content: bytes) -> str:
    with pytest.raises(BadModel) as caught:
        parse_caffemodel(content, "x.caffemodel")
    assert caught.value.where == "x.caffemodel"
    assert caught.value.hint == "Fetch the caffemodel again, or save it again."
    return caught.value.what


def bad_text(text: str) -> str:
    with pytest.raises(BadModel) as caught:
        parse_prototxt(text, "x.prototxt")
    assert caught.value.hint == "Correct the prototxt."
    return caught.value.what


def test_blobs_are_read_in_both_forms() -> None:
    found = parse_caffemodel(CONTENT, "")
    assert list(found) == ["conv1", "ip1"]
    assert np.array_equal(found["conv1"][0], CONV)
    assert np.array_equal(found["ip1"][1], PRODUCT_BIAS)
    sizes = b"".join(
        varint(number << 3) + varint(size) for number, size in enumerate((2, 1, 3, 3), 1)
    )
    unpacked = b"".join(varint(5 << 3 | 5) + struct.pack("<f", x) for x in CONV.ravel())
    old = field(2, field(4, b"conv1") + varint(5 << 3) + varint(4) + field(6, sizes + unpacked))
    assert np.array_equal(parse_caffemodel(old, "")["conv1"][0], CONV)


def test_damage_of_weights_is_told_with_the_byte() -> None:
    assert bad_model(b"") == "byte 0 of 0: no layer with weights is in it: it is no caffemodel"
    assert "the file ends inside a number" in bad_model(b"\xff")
    assert "a number has more than 64 bits" in bad_model(b"\xff" * 12)
    assert "a field of wire type 3, which Caffe has none of" in bad_model(b"\x0b")
    assert "needs 9 bytes, 1 follow" in bad_model(b"\x0a\x09a")
    wrong = field(7, field(1, varint(7))) + field(5, bytes(8))
    assert "a blob of sizes [7] has 2 values" in bad_model(
        field(100, field(1, b"c") + field(7, wrong))
    )
    odd = field(100, field(1, b"c") + field(7, field(5, bytes(6))))
    assert "6 bytes are no <f4 numbers" in bad_model(odd)


def test_weights_cut_anywhere_are_refused_or_lack_layers() -> None:
    for length in range(len(CONTENT)):
        try:
            found = parse_caffemodel(CONTENT[:length], "")
        except BadModel:
            continue
        assert "ip1" not in found


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_weights_are_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(CONTENT)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadModel, UnsupportedOperator):
        network = join(parse_prototxt(DEFINITION, ""), parse_caffemodel(bytes(content), ""), "")
        sized(network, 4, 4)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_as_weights_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(BadModel):
        parse_caffemodel(content, "")


def test_faults_of_a_definition_are_told_with_the_line() -> None:
    assert bad_text("a {\n b: 1\n") == "line 2: the file ends where '}' is missing"
    assert bad_text("a: ") == "line 1: the file ends where `a` has no value"
    assert bad_text("\na 1") == "line 2: `a` is followed by '1'"
    assert bad_text("a: }") == "line 1: `a` is followed by '}'"
    assert bad_text("}") == "line 1: '}' stands where a name should"
    assert bad_text('a: "x').startswith("line 1: a text that does not end begins with '\"x'")
    assert "more than 32 deep" in bad_text("a {" * 40)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_definitions_are_read_or_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(DEFINITION)))
    end = data.draw(st.integers(start, min(len(DEFINITION), start + 30)))
    middle = data.draw(st.sampled_from(["", "{", "}", '"', ":", "#", "-1", "type: 'X'"]))
    text = DEFINITION[:start] + middle + DEFINITION[end:]
    with contextlib.suppress(BadModel, UnsupportedOperator):
        join(parse_prototxt(text, ""), parse_caffemodel(CONTENT, ""), "")


def changed(old: str, new: str) -> HarnessError:
    assert old in DEFINITION
    text = DEFINITION.replace(old, new)
    with pytest.raises((BadModel, UnsupportedOperator)) as caught:
        join(parse_prototxt(text, ""), parse_caffemodel(CONTENT, ""), "net.caffemodel")
    assert caught.value.where == "net.caffemodel"
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('type: "ReLU"', 'type: "PReLU"', "layer relu1 is of type PReLU"),
        ("pool: AVE", "pool: STOCHASTIC", "layer pool1 pools by STOCHASTIC or over all"),
        ("num_output: 2", "num_output: 4", "layer conv1 has 4 outputs, and weights [2, 1, 3, 3]"),
        ("kernel_size: 3", "kernel_size: 5", "layer conv1 has filters of 5x5, and weights [2"),
        ("kernel_size: 3", "kernel_h: 3 kernel_w: 3", "`kernel_h`: windows must be square"),
        ("kernel_size: 3", "kernel_size: 0", "`kernel_size` is 0, not 1 or more"),
        ("pad: 1", "pad: 1 group: 2", "layer conv1 has groups or dilation"),
        ("scale: 0.00390625", "scale: 0.1", "inputs are scaled by 0.1, not by 2^-k"),
        ('bottom: "pool1" top: "ip1"', 'bottom: "conv1" top: "ip1"', "does not follow pool1"),
        ("inner_product_param {", "inner_product_param { transpose: true", "transposed weights"),
        ('type: "Convolution"', 'type: "ReLU"', "the first layer with weights is no convolution"),
    ],
)  # fmt: skip
def test_what_q7_has_no_form_for_is_refused(old: str, new: str, told: str) -> None:
    assert told in changed(old, new).what


def test_weights_that_cannot_be_are_told() -> None:
    not_finite = field(100, b"".join([field(1, b"conv1"), field(7, blob(CONV * np.nan))]))
    not_finite += layer("ip1", PRODUCT, PRODUCT_BIAS)
    definition = parse_prototxt(DEFINITION.replace("pad: 1", "pad: 1 bias_term: false"), "")
    with pytest.raises(BadModel, match="layer conv1 has weights that are not finite"):
        join(definition, parse_caffemodel(not_finite, ""), "")


def test_an_image_that_is_too_small_is_told() -> None:
    network = join(parse_prototxt(DEFINITION, ""), parse_caffemodel(CONTENT, ""), "")
    with pytest.raises(BadModel, match="layer conv1 does not fit 0x0 values of 2 channels"):
        sized(network, 0, 0)
    two = replace(network, channels=2)
    with pytest.raises(BadModel, match="layer conv1 does not fit 4x4 values of 2 channels"):
        sized(two, 4, 4)


def test_layers_in_real_numbers_by_hand() -> None:
    """A convolution that sums three pixels, and Caffe's two kinds of pooling, padding counted."""
    x = np.arange(9, dtype=np.float32).reshape(1, 3, 3, 1)
    ones = np.ones((1, 3, 3, 1), np.float32)
    conv = CaffeLayer(
        "c", "convolution", 3, 1, 2, 1, weights=ones, biases=np.array([0.5], np.float32)
    )
    found = forward(conv, x, BlobShape(1, 1, 2, 2)).ravel().tolist()
    assert found == [8.5, 12.5, 20.5, 24.5]  # 0+1+3+4, 1+2+4+5, 3+4+6+7, 4+5+7+8
    most = CaffeLayer("p", "pooling", 2, 0, 2)
    assert forward(most, x, BlobShape(1, 1, 2, 2)).ravel().tolist() == [4, 5, 7, 8]
    mean = CaffeLayer("p", "pooling", 2, 1, 2, pool=PoolKind.AVERAGE)
    # 0 / 4, (1 + 2) / 4, (3 + 6) / 4, (4 + 5 + 7 + 8) / 4
    assert forward(mean, x, BlobShape(1, 1, 2, 2)).ravel().tolist() == [0, 0.75, 2.25, 6]


def tiny() -> tuple[object, list[BlobShape]]:
    network = join(parse_prototxt(DEFINITION, ""), parse_caffemodel(CONTENT, ""), "")
    assert (network.scale_bits, network.means, network.channels) == (8, (33,), 1)
    assert fitting_sizes(network) == [3, 4]
    return sized(network, 4, 4)


def test_inner_products_are_put_into_the_order_of_devices() -> None:
    network, shapes = tiny()
    product = network.layers[-1]  # type: ignore[attr-defined]
    by_channel = PRODUCT.reshape(3, 2, 2, 2)
    assert product.weights.reshape(3, 2, 2, 2)[1, 0, 1, 0] == by_channel[1, 0, 0, 1]
    assert [(shape.c, shape.h, shape.w) for shape in shapes] == [
        (2, 4, 4), (2, 2, 2), (2, 2, 2), (3, 1, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("largest", "bits"), [(1.0, 7), (1.01, 6), (0.6, 7), (0.5, 8), (141, -1), (0.0, 15), (1e-9, 15)]
)
def test_fraction_bits_by_range(largest: float, bits: int) -> None:
    assert by_range(largest) == bits


def test_values_are_rounded_half_to_even_and_saturate() -> None:
    values = np.array([0.5, 1.5, -0.5, 200, -200], np.float32)
    assert codes(values, 0).tolist() == [0, 2, 0, 127, -128]
    assert quantised(values, 1).tolist() == [0.5, 1.5, -0.5, 63.5, -64]


def test_the_search_keeps_the_best_and_is_reproducible() -> None:
    network, shapes = tiny()
    pixels = RANDOM.integers(0, 256, (200, 4, 4, 1))
    inputs = ((pixels - 33) / 256).astype(np.float32)
    x = inputs
    for one, shape in zip(network.layers, shapes, strict=True):  # type: ignore[attr-defined]
        x = forward(one, x, shape)
    labels = x.reshape(len(x), -1).argmax(1)
    found = search_formats(network, shapes, inputs, labels)  # type: ignore[arg-type]
    assert found == search_formats(network, shapes, inputs, labels)  # type: ignore[arg-type]
    assert found.float_accuracy == 1.0
    assert found.outputs["pool1"] == found.outputs["conv1"]  # a mean has its input's format
    groups: dict[tuple[str, str], list] = {}
    for one in found.tries:
        groups.setdefault((one.what, one.layer), []).append(one)
    assert list(groups)[:3] == [("weights", "conv1"), ("weights", "ip1"), ("output", "data")]
    for (what, name), tried in groups.items():
        assert [one.kept for one in tried].count(True) == 1
        kept = next(one for one in tried if one.kept)
        assert kept.accuracy == max(one.accuracy for one in tried)
        assert tried[0].fraction_bits == by_range(tried[0].largest) or what == "biases"
        assert len(tried) <= 4, name


def test_a_model_becomes_a_network_file(tmp_path: Path) -> None:
    path, dataset = model(tmp_path), labelled(tmp_path)
    made = quantise_caffe(path, dataset)
    assert (made.side, made.means, made.inputs) == (4, (33,), 50)
    assert made.content == quantise_caffe(path, dataset).content
    data, *_ = parse_openmv(made.content, "")
    assert isinstance(data, Data)
    # (p - 33) / 256 with f fraction bits is (p - 33) * 2^7 >> (15 - f).
    assert data.shift == 15 - made.formats.outputs["data"]
    assert data.means == (33, 33, 33)
    made.write(tmp_path / "out.network")
    assert (tmp_path / "out.network").read_bytes() == made.content
    with pytest.raises(ConfigError, match=r"a network of 8 bits is a \.network file"):
        made.write(tmp_path / "out.bin")
    with pytest.raises(ConfigError, match="it cannot be written"):
        made.write(tmp_path / "none" / "out.network")


def test_what_a_definition_leaves_open_must_be_told(tmp_path: Path) -> None:
    path, dataset = model(tmp_path), labelled(tmp_path)
    definition = tmp_path / "tiny_train_test.prototxt"
    definition.write_text(DEFINITION.replace("mean_value: 33", 'mean_file: "a/mean.binaryproto"'))
    with pytest.raises(ConfigError) as caught:
        quantise_caffe(path, dataset)
    assert "its means from the file mean.binaryproto" in caught.value.what
    assert caught.value.hint == "Give the mean of each channel, as in --mean 125:123:114."
    with pytest.raises(ConfigError, match="3 means for 1 channels"):
        quantise_caffe(path, dataset, means=[1, 2, 3])
    with pytest.raises(BadModel, match="takes 8 inputs, 9x9 pixels give it 50"):
        quantise_caffe(path, dataset, means=[1], side=9)
    with pytest.raises(BadDataset, match="formats are searched by accuracy, and there is none"):
        quantise_caffe(path, "random:3", means=[1])


def test_the_definition_is_found_beside_the_weights(tmp_path: Path) -> None:
    path = model(tmp_path)
    assert prototxt_beside(path).name == "tiny_train_test.prototxt"
    (tmp_path / "other.prototxt").write_text("")
    assert prototxt_beside(path).name == "tiny_train_test.prototxt"
    with pytest.raises(BadModel) as caught:
        prototxt_beside(tmp_path / "unknown.caffemodel")
    assert "there are: other.prototxt, tiny_train_test.prototxt" in caught.value.what
    assert caught.value.hint == "Name the prototxt with --prototxt."


def test_a_float_model_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedOperator) as caught:
        read_model(model(tmp_path))
    assert caught.value.what == "the model is float32: Tiny, 4 layers of Caffe"
    assert "harness models quantise tiny_iter_10.caffemodel" in caught.value.hint


def test_weights_in_hdf5(tmp_path: Path) -> None:
    """With h5py they are read, and a damaged file is told; without it, what is missing."""
    path = model(tmp_path).rename(tmp_path / "tiny_iter_10.caffemodel.h5")
    try:
        import h5py
    except ImportError:
        with pytest.raises(ToolMissing, match="weights in HDF5 are read by h5py"):
            read_caffe(path)
        return
    with pytest.raises(BadModel, match="not weights of Caffe in HDF5, or damaged"):
        read_caffe(path)
    with h5py.File(path, "w") as file:
        for name, blobs in (("conv1", (CONV, CONV_BIAS)), ("ip1", (PRODUCT, PRODUCT_BIAS))):
            for number, values in enumerate(blobs):
                file[f"data/{name}/{number}"] = values
    assert np.array_equal(read_caffe(path).layers[0].weights, CONV.transpose(0, 2, 3, 1))
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(BadModel):
            read_caffe(path)


MODELS = {
    "20180525-280546d63/lenet/lenet_iter_10000.caffemodel": (28, (7, 9, 9, 8)),
    "20180622-5fcee9610/smile/smile_iter_200000.caffemodel": (32, (7, 8, 8, 10)),
    "20180525-280546d63/cifar10/cifar10_iter_300000.caffemodel.h5": (32, (7, 8, 9, 11)),
    "20180525-280546d63/cifar10_fast/cifar10_fast_iter_70000.caffemodel.h5": (32, (8, 9, 9, 11)),
}


@pytest.mark.parametrize("name", MODELS)
def test_openmvs_own_conversions_have_these_weights(test_data: Path, name: str) -> None:
    """Weights and biases of their `.network` equal ours byte for byte, at one format a layer."""
    path = test_data / "models/openmv/2018" / name
    if path.suffix == ".h5":
        pytest.importorskip("h5py")
    side, bits = MODELS[name]
    network, _ = sized(read_caffe(path), side, side)
    (stored,) = path.parent.glob("*.network")
    theirs = [one for one in parse_openmv(stored.read_bytes(), "") if hasattr(one, "weights")]
    ours = [one for one in network.layers if one.weights is not None]
    for their, our, weight_bits in zip(theirs, ours, bits, strict=True):
        stored_weights = their.weights.reshape(our.weights.shape)
        fitting = [n for n in range(16) if np.array_equal(codes(our.weights, n), stored_weights)]
        assert fitting == [weight_bits]
        assert any(np.array_equal(codes(our.biases, n), their.biases) for n in range(16))


def test_lenet_gets_openmvs_formats(test_data: Path) -> None:
    """Those that do not hang on the inputs: weights but conv2's, input and outputs of 2018."""
    path = test_data / "models/openmv/2018/20180525-280546d63/lenet/lenet_iter_10000.caffemodel"
    mnist = test_data / "sets/mnist"
    dataset = f"idx:{mnist}/t10k-images-idx3-ubyte.gz,{mnist}/t10k-labels-idx1-ubyte.gz"
    made = quantise_caffe(path, dataset, limit=300)
    theirs, *_ = parse_openmv((path.parent / "lenet.network").read_bytes(), "")
    assert made.formats.weights == {"conv1": 7, "conv2": 8, "ip1": 9, "ip2": 8}
    assert isinstance(theirs, Data)
    assert made.formats.outputs["data"] == 8 - theirs.shift  # their shift is one too large
    assert made.formats.outputs["conv1"] == 5
    assert made.simulated_accuracy > 0.97
