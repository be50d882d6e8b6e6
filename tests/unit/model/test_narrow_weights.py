"""Weights of 4 and 2 bits: codes, scales and biases worked out apart, and LiteRT's copy of them."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from small_models import conv_2d

from harness.domain.network import DType
from harness.errors import BadModel, ConfigError, UnknownName, UnsupportedOperator
from harness.model.front_ends import front_end_of
from harness.model.narrow_weights import HIGHEST, LOWEST, best_codes, narrow, packed
from harness.model.on_device import read_network


def test_codes_are_packed_from_the_lowest_bits_up() -> None:
    # 1, -2, -1, 0 in two's complement: 01, 10, 11, 00, the first lowest; then 1 alone.
    assert packed(np.array([1, -2, -1, 0, 1], np.int8), 2) == bytes([0b00111001, 0b01])
    assert packed(np.array([-1, 7, -7], np.int8), 4) == bytes([0x7F, 0x09])


@given(arrays(np.int8, st.integers(1, 40), elements=st.integers(-2, 1)))
def test_unpacking_by_hand_gives_the_codes_back(codes: np.ndarray) -> None:
    content = packed(codes, 2)
    found = [(content[i // 4] >> 2 * (i % 4)) & 3 for i in range(len(codes))]
    assert [code - 4 * (code > 1) for code in found] == codes.tolist()
    assert len(content) == -(-len(codes) // 4)


@pytest.mark.parametrize("bits", [4, 2])
def test_what_narrow_codes_can_say_is_said_exactly(bits: int) -> None:
    codes = np.arange(LOWEST[bits], HIGHEST[bits] + 1)
    found, step = best_codes(0.125 * codes.astype(np.float64), bits)
    assert found.tolist() == codes.tolist()
    assert step == pytest.approx(0.125)


def test_a_step_that_cuts_one_outlier_off_is_nearer_than_one_that_reaches_it() -> None:
    real = np.array([7.0] + [0.45] * 50)
    found, step = best_codes(real, 4)
    full = 7.0 / 7
    error = ((found * step - real) ** 2).sum()
    assert step < full
    assert error < ((np.clip(np.rint(real / full), -7, 7) * full - real) ** 2).sum()


def model(folder: Path) -> Path:
    """Three filters of multiples of 18: 4 bits can say them with 18 times the scale."""
    filters = 18 * np.array([1, -7, 3, 2, 7, 0, -1, 5, -7], np.int8).repeat(6).reshape(3, 3, 3, 2)
    filters[:, 0, 0, 0] = 126  # so that every channel reaches 7
    path = folder / "conv.tflite"
    path.write_bytes(conv_2d(filters=filters, bias=np.array([1800, -36, 9], np.int32)))
    return path


def test_scales_and_biases_go_with_the_codes(tmp_path: Path) -> None:
    path = model(tmp_path)
    _, network = narrow(path.read_bytes(), path, 4)
    weights, bias = (network.tensors[network.operators[0].inputs[i]] for i in (1, 2))
    assert weights.dtype is DType.INT4
    assert weights.nbytes == len(weights.data or b"") == 27
    assert weights.quantization is not None
    assert weights.quantization.scales == pytest.approx((0.25 * 18, 0.5 * 18, 1.0 * 18))
    assert np.frombuffer(bias.data or b"", "<i4").tolist() == [100, -2, 0]  # 9 / 18 to even


def test_litert_answers_with_the_codes_that_the_device_has(tmp_path: Path) -> None:
    path = model(tmp_path)
    x = np.arange(-16, 16, dtype=np.int8).reshape(1, 4, 4, 2)
    plain = front_end_of(path).reference(path).outputs(x)
    narrowed = front_end_of(path, ["int4-weights"]).reference(path).outputs(x)
    # Nothing was lost but in the bias of the last channel, half a code of 18 of scale 1.
    assert np.abs(plain.astype(int) - narrowed).max() <= 1 + 9 * 0.5
    two = front_end_of(path, ["int2-weights"]).reference(path).outputs(x)
    assert np.abs(plain.astype(int) - two).max() > 9


def test_an_option_changes_the_network_and_whose_answers_count(tmp_path: Path) -> None:
    path = model(tmp_path)
    (operator,) = read_network(path, ["int2-weights"]).operators
    assert read_network(path, ["int2-weights"]).tensors[operator.inputs[1]].dtype is DType.INT2
    keys = {
        front_end_of(path, options).compared_with(path).key
        for options in ([], ["int4-weights"], ["int2-weights"])
    }
    assert len(keys) == 3


def test_weights_have_one_width(tmp_path: Path) -> None:
    path = model(tmp_path)
    with pytest.raises(ConfigError, match="cannot have 4 bits and 2 at once") as raised:
        front_end_of(path, ["int4-weights", "int2-weights"])
    assert raised.value.hint == "Choose one of them."
    with pytest.raises(UnknownName):
        front_end_of(path, ["int3-weights"])


def test_weights_with_a_zero_point_stay_and_that_is_told(tmp_path: Path) -> None:
    path = tmp_path / "conv.tflite"
    path.write_bytes(conv_2d(filter_scales=0.5, filter_zero=3))
    with pytest.raises(UnsupportedOperator, match="no weights can be made into 2 bits"):
        narrow(path.read_bytes(), path, 2)


@given(data=st.data())
def test_a_damaged_file_is_told_as_ever(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = model(tmp_path_factory.getbasetemp())
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(BadModel, UnsupportedOperator):
        narrow(bytes(content), path, 4)
