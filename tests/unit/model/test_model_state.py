"""Variables: their place in the arena, and what they keep between inputs."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders.tflite_builder import TfliteModel
from small_models import network_of

from harness.errors import BadModel, UnsupportedOperator
from harness.model import HostReference, compile_image, decode_image
from harness.model.image import IN_STATE

FLAGS_AT, PLACE_AT = 80, 25


def svdf(variable: bool = True, activation: str = "RELU") -> bytes:
    """Two filters that remember two inputs: y = 2 * now + 1 * before, in codes."""
    model = TfliteModel()
    x = model.tensor((1, 1), "int8", 1.0, 0, name="x")
    feature = model.tensor((1, 1), "int8", 1.0, 0, [[1]], name="feature")
    time = model.tensor((1, 2), "int16", 1.0, 0, [[1, 2]], name="time")
    bias = model.tensor((1,), "int32", 1.0, 0, [0], name="bias")
    state = model.tensor((1, 2), "int16", 1.0, name="state", variable=variable)
    y = model.tensor((1, 1), "int8", 1.0, 0, name="y")
    model.operator(
        "SVDF",
        [x, feature, time, bias, state],
        [y],
        rank=1,
        version=3,
        fused_activation_function=activation,
    )
    return model.build([x], [y])


def test_a_variable_shares_its_place_with_nothing(tmp_path: Path) -> None:
    network = network_of(svdf(), tmp_path)
    image = compile_image(network, scratch=[40])
    (state,) = (one for one in image.placements if one.name == "state")
    for other in image.placements:
        if other is not state:
            assert other.offset >= state.offset + 16 or other.offset + 16 <= state.offset
    assert image.arena_bytes == 3 * 16 + 48
    decoded = decode_image(image.data)
    number = decoded.operators[0].inputs[4]
    assert number is not None
    assert image.data[96 + 32 * number + PLACE_AT] == IN_STATE


def test_the_header_tells_whether_state_is_kept(tmp_path: Path) -> None:
    network = network_of(svdf(), tmp_path)
    flags = [
        struct.unpack_from("<I", compile_image(one).data, FLAGS_AT)[0]
        for one in (network, replace(network, keeps_state=True))
    ]
    assert flags == [0, 1]


def test_the_host_reference_begins_anew_or_goes_on(tmp_path: Path) -> None:
    reference = HostReference(Path(network_of(svdf(), tmp_path).source))
    inputs = np.array([[5], [7], [-3]], np.int8)
    assert reference.outputs(inputs).ravel().tolist() == [10, 14, -6]
    for _ in range(2):
        after = reference.outputs(inputs, sequence=True)
        assert after.ravel().tolist() == [10, 2 * 7 + 5, 2 * -3 + 7]


def test_a_state_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"the state `state` int16 \[1, 2\] is not a variable"):
        compile_image(network_of(svdf(variable=False), tmp_path))


def test_another_activation(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedOperator) as caught:
        compile_image(network_of(svdf(activation="NONE"), tmp_path))
    assert caught.value.what.startswith("the activation is not RELU, which LiteRT wants of an int8")
    assert caught.value.hint == "Build the model with RELU."
