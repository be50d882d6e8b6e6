"""Damaged `.tflite` files end in a network or a HarnessError, soon and in little memory."""

from __future__ import annotations

import struct
import time
import tracemalloc
from pathlib import Path

import pytest
import small_models as small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.domain.network import Network
from harness.errors import BadModel, HarnessError
from harness.model import compile_image, read_tflite
from harness.model.tflite_file import parse_tflite

SOURCE = Path("model.tflite")
CHAIN = small.chain()
SMALL = small.conv_2d()


def outcome(content: bytes) -> Network | HarnessError:
    """Read and compile; an exception that is no HarnessError fails the test."""
    try:
        network = parse_tflite(content, SOURCE)
        compile_image(network)
    except HarnessError as error:
        return error
    return network


def check(content: bytes) -> None:
    found = outcome(content)
    if isinstance(found, HarnessError):
        assert found.what
        assert found.hint
        assert found.where.startswith("model.tflite")


def test_cut_at_every_length(tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    whole = parse_tflite(SMALL, path)
    refused = 0
    for length in range(len(SMALL)):
        path.write_bytes(SMALL[:length])
        try:
            network = read_tflite(path)
        except BadModel:
            refused += 1
            continue
        # Only what nothing refers to may be missing.
        assert (network.tensors, network.operators) == (whole.tensors, whole.operators)
    assert refused > len(SMALL) - 16


def test_a_cut_file_is_called_so() -> None:
    with pytest.raises(BadModel) as caught:
        parse_tflite(SMALL[: len(SMALL) // 2], SOURCE)
    assert "the file is damaged or incomplete" in caught.value.what
    assert caught.value.hint == "Copy or convert the model again."


def test_each_byte_inverted() -> None:
    for at in range(8, len(SMALL)):
        flipped = bytearray(SMALL)
        flipped[at] ^= 0xFF
        check(bytes(flipped))


FUZZ = settings(
    max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FUZZ
@given(st.lists(st.tuples(st.integers(0, len(CHAIN) - 1), st.integers(0, 255)), max_size=12))
def test_bytes_overwritten(changes: list[tuple[int, int]]) -> None:
    content = bytearray(CHAIN)
    for at, value in changes:
        content[at] = value
    check(bytes(content))


@FUZZ
@given(
    st.lists(st.tuples(st.integers(0, len(CHAIN) // 4 - 2), st.integers(0, 2**32 - 1)), max_size=4)
)
def test_words_overwritten(changes: list[tuple[int, int]]) -> None:
    content = bytearray(CHAIN)
    for at, value in changes:
        struct.pack_into("<I", content, 4 * at, value)
    check(bytes(content))


@FUZZ
@given(st.binary(max_size=600))
def test_garbage_behind_the_identifier(content: bytes) -> None:
    check(content[:4].ljust(4, b"\0") + b"TFL3" + content[4:])


def test_a_claim_of_four_billion_entries_takes_neither_time_nor_memory() -> None:
    content = bytearray(CHAIN)
    old = struct.pack("<I4i", 4, 4, 3, 3, 1)
    at = content.find(old)
    assert at > 0
    struct.pack_into("<I", content, at, 2**32 - 1)
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(BadModel, match="claims 4,294,967,295 dimensions"):
        parse_tflite(bytes(content), SOURCE)
    assert time.perf_counter() - started < 1.0
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


PUBLISHED = "models/mlperf-tiny/kws_ref_model.tflite"


@settings(
    max_examples=60, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_published_model_cut_and_changed(test_data: Path, data: st.DataObject) -> None:
    whole = (test_data / PUBLISHED).read_bytes()
    cut = whole[: data.draw(st.integers(8, len(whole)))]
    check(cut)
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    check(bytes(content))
