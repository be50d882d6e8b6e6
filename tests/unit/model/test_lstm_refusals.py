"""What an LSTM may not have, in which words; and what its parameters are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders.lstm_models import Layer
from small_models import network_of

from harness.domain.network import DType, Network
from harness.errors import BadModel, UnsupportedOperator
from harness.model import compile_image, decode_image

PEEPHOLE, INPUT_BIAS, PROJECTION, OUTPUTS, CELLS, NORM = 9, 12, 16, 18, 19, 20
KERAS = "Build the model of Keras's LSTM layer."


@pytest.fixture
def network(tmp_path: Path) -> Network:
    """Two batches of three steps, five inputs, four cells."""
    content, *_ = Layer(2, 3, 5, 4).build(np.random.default_rng(1))
    return network_of(content, tmp_path)


def with_inputs(network: Network, **changed: int) -> Network:
    (operator,) = network.operators
    inputs = list(operator.inputs)
    for position, index in changed.items():
        inputs[int(position[1:])] = index
    return replace(network, operators=(replace(operator, inputs=tuple(inputs)),))


def with_tensor(network: Network, position: int, **fields: Any) -> Network:
    index = network.operators[0].inputs[position]
    tensors = list(network.tensors)
    tensors[index] = replace(tensors[index], **fields)
    return replace(network, tensors=tuple(tensors))


def with_options(network: Network, **options: Any) -> Network:
    (operator,) = network.operators
    changed = replace(operator, options={**operator.options, **options})
    return replace(network, operators=(changed,))


@pytest.mark.parametrize(
    ("position", "words"),
    [
        (PEEPHOLE, "the LSTM has peephole connections"),
        (PROJECTION, "the LSTM has a projection"),
        (NORM, "the LSTM has layer normalisation"),
    ],
)
def test_parts_that_no_kernel_has(network: Network, position: int, words: str) -> None:
    with pytest.raises(UnsupportedOperator) as error:
        compile_image(with_inputs(network, **{f"i{position}": 1}))
    assert error.value.what.startswith(words)
    assert error.value.hint == KERAS


def test_coupled_gates(network: Network) -> None:
    with pytest.raises(UnsupportedOperator, match=r"couples input and forget gate \(CIFG\)"):
        compile_image(with_inputs(network, i1=-1, i5=-1))


def test_another_activation(network: Network) -> None:
    with pytest.raises(UnsupportedOperator, match="the activation of the LSTM is not TANH"):
        compile_image(with_options(network, fused_activation_function=1))


@pytest.mark.parametrize("scale", [2.0**-8, 2.0**-16, 0.0003])
def test_cells_of_another_scale(network: Network, scale: float) -> None:
    quantization = network.tensors[network.operators[0].inputs[CELLS]].quantization
    assert quantization is not None
    changed = with_tensor(network, CELLS, quantization=replace(quantization, scales=(scale,)))
    with pytest.raises(UnsupportedOperator, match=r"is not a power of two from 2\^-15 to 2\^-9"):
        compile_image(changed)


def test_cells_of_another_type(network: Network) -> None:
    with pytest.raises(UnsupportedOperator, match=r"`c` int8.* is not int16"):
        compile_image(with_tensor(network, CELLS, dtype=DType.INT8))


def test_intermediates_left_out(network: Network) -> None:
    (operator,) = network.operators
    changed = replace(network, operators=(replace(operator, intermediates=()),))
    with pytest.raises(UnsupportedOperator, match="has 0 intermediates, not 5"):
        compile_image(changed)


def test_weights_with_a_zero_point(network: Network) -> None:
    quantization = network.tensors[network.operators[0].inputs[3]].quantization
    assert quantization is not None
    changed = with_tensor(network, 3, quantization=replace(quantization, zero_points=(2,)))
    with pytest.raises(UnsupportedOperator, match="have a zero point other than 0"):
        compile_image(changed)


def test_shapes_that_contradict_each_other(network: Network) -> None:
    with pytest.raises(BadModel, match=r"the state `h` int8 \[1, 4\] is not \[2, 4\]"):
        compile_image(with_tensor(network, OUTPUTS, shape=(1, 4)))
    with pytest.raises(BadModel, match=r"are not \[4, 5\]"):
        compile_image(with_inputs(network, i2=network.operators[0].inputs[6]))
    with pytest.raises(BadModel, match="the bias of gate 0 is absent"):
        compile_image(with_inputs(network, **{f"i{INPUT_BIAS}": -1}))
    with pytest.raises(BadModel, match="not sequences of one length"):
        compile_image(with_tensor(network, 0, shape=(6, 1, 5)))


def test_biases_hold_the_share_of_zero_points(network: Network) -> None:
    """By hand: bias - zero point * sum of the row, for the forget gate."""
    image = compile_image(network)
    (operator,) = decode_image(image.data).operators
    time_major, shift, clip = operator.params[:3]
    assert (time_major, shift, clip) == (0, -12, 32767)  # 10 / 2^-12 is more than 16 bits hold
    inputs = network.operators[0].inputs
    rows = np.frombuffer(network.tensors[inputs[2]].data or b"", np.int8).reshape(4, 5)
    bias = np.frombuffer(network.tensors[inputs[INPUT_BIAS + 1]].data or b"", np.int32)
    forget = operator.params[6 + 6 : 6 + 12]
    expected = bias + 4 * rows.sum(axis=1, dtype=np.int64)
    assert decode_image(image.data).words(forget[4], 4) == tuple(expected.tolist())
    assert image.macs == 4 * 2 * 3 * 4 * (5 + 4)


def test_a_bound_on_cells_counts_in_their_scale(network: Network) -> None:
    (operator,) = decode_image(compile_image(with_options(network, cell_clip=0.5)).data).operators
    assert operator.params[2] == 2048
