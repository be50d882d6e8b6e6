"""UNIDIRECTIONAL_SEQUENCE_LSTM: a layer of LSTM cells that reads a sequence, one step at a time."""

from __future__ import annotations

import math

import numpy as np

from harness.domain.network import DType, Tensor
from harness.model.dims import dims_of
from harness.model.lowered import Lowered, Operand, Words
from harness.model.operator_use import ABSENT, OperatorUse, describe
from harness.model.scales import float32_product, requantized

TYPES = (DType.INT16,)
_GATES = 4  # input, forget, cell, output, as all operands are ordered
_INPUT_WEIGHTS, _RECURRENT_WEIGHTS, _BIASES = 1, 5, 12
_OUTPUT_STATE, _CELL_STATE = 18, 19
_PARTS = {  # what an LSTM may have beside, by the inputs that hold it
    "peephole connections": (9, 10, 11),
    "a projection": (16, 17),
    "layer normalisation": (20, 21, 22, 23),
}
_TANH = 4
_HIDDEN = 4  # the intermediate that has the quantisation of a step's output
_GATE_SCALE = 2.0**-12  # of the sums that sigmoid and tanh take
_CELL_SHIFTS = range(-15, -8)


def lower(use: OperatorUse) -> Lowered:
    """An LSTM of int8 with cells of int16, [batches, steps, in] or [steps, batches, in].

    Inputs: x, four weights of the input [cells, in], four of the output before [cells, cells], the
    states of outputs (int8) and cells (int16). Parameters: time_major, cell_shift (the binary
    logarithm of the cells' scale), cell_clip (0: none), hidden_multiplier, hidden_shift,
    hidden_offset; then for each gate input_multiplier, input_shift, recurrent_multiplier,
    recurrent_shift, input_bias_at, recurrent_bias_at: biases with the zero points' share.

    All scales are worked out in single precision, as LiteRT does.
    """
    _refuse_parts(use)
    x, y = use.activation(0), use.output()
    outputs, cells = use.state(_OUTPUT_STATE, DType.INT8), use.state(_CELL_STATE, DType.INT16)
    count = _checked(use, x, y, outputs, cells)
    shift = _cell_shift(use, cells)
    hidden_scale, hidden_zero = _hidden(use)
    weights = [
        use.weights(first + gate)
        for first in (_INPUT_WEIGHTS, _RECURRENT_WEIGHTS)
        for gate in range(_GATES)
    ]
    state_dims = (outputs.elements // count, 1, 1, count)
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(
            Operand(x, dims_of(use, x)),
            *(Operand(one, dims_of(use, one)) for one in weights),
            Operand(outputs, state_dims),
            Operand(cells, state_dims),
        ),
        output=Operand(y, dims_of(use, y)),
        params=(
            use.option("time_major", 0),
            shift,
            _clip(use, shift),
            *requantized(use, float(np.float32(2.0**-30 / hidden_scale))),
            hidden_zero,
            *(
                parameter
                for gate in range(_GATES)
                for parameter in _gate(use, gate, x, outputs, count)
            ),
        ),
    )


def _refuse_parts(use: OperatorUse) -> None:
    hint = "Build the model of Keras's LSTM layer."
    inputs = use.operator.inputs
    given = {position for position, index in enumerate(inputs) if index != ABSENT}
    for part, positions in _PARTS.items():
        if given.intersection(positions):
            raise use.unsupported(f"the LSTM has {part}", hint)
    if not given.issuperset((_INPUT_WEIGHTS, _RECURRENT_WEIGHTS)):
        raise use.unsupported("the LSTM couples input and forget gate (CIFG)", hint)
    if use.option("fused_activation_function", 0) != _TANH:
        raise use.unsupported("the activation of the LSTM is not TANH", hint)


def _checked(use: OperatorUse, x: Tensor, y: Tensor, outputs: Tensor, cells: Tensor) -> int:
    """The number of cells, after shapes were found to fit."""
    if len(x.shape) != 3 or len(y.shape) != 3 or x.shape[:2] != y.shape[:2]:
        raise use.broken("input and output are not sequences of one length")
    depth, count = x.shape[2], y.shape[2]
    batches = x.shape[1 if use.option("time_major", 0) else 0]
    for first, size in ((_INPUT_WEIGHTS, depth), (_RECURRENT_WEIGHTS, count)):
        for gate in range(_GATES):
            weights = use.weights(first + gate)
            if weights.shape != (count, size):
                raise use.broken(f"the weights {describe(weights)} are not {[count, size]}")
    for state in (outputs, cells):
        if state.elements != batches * count:
            raise use.broken(f"the state {describe(state)} is not {[batches, count]}")
    return count


def _cell_shift(use: OperatorUse, cells: Tensor) -> int:
    scale = use.per_tensor(cells)[0]
    logarithm = math.log2(scale)
    shift = round(logarithm)
    if abs(logarithm - shift) > 1e-3 or shift not in _CELL_SHIFTS:
        raise use.unsupported(
            f"the scale {scale:g} of the cells {describe(cells)} is not a power of two from 2^-15 "
            "to 2^-9",
            "Quantise the model again.",
        )
    return shift


def _hidden(use: OperatorUse) -> tuple[float, int]:
    """Scale and zero point of a step's output, which the file keeps in an intermediate tensor."""
    if len(use.operator.intermediates) <= _HIDDEN:
        raise use.unsupported(
            f"the operator has {len(use.operator.intermediates)} intermediates, not {_HIDDEN + 1}",
            "Quantise the model to full int8.",
        )
    return use.per_tensor(use.network.tensors[use.operator.intermediates[_HIDDEN]])


def _clip(use: OperatorUse, shift: int) -> int:
    """The largest magnitude of a cell, 0 where there is no bound."""
    clip = float32_product(use.real_option("cell_clip", 0.0), per=2.0**shift)
    return int(min(clip, 32767.0)) if clip > 0 else 0


def _gate(
    use: OperatorUse, gate: int, x: Tensor, outputs: Tensor, count: int
) -> tuple[int | Words, ...]:
    own, recurrent = use.weights(_INPUT_WEIGHTS + gate), use.weights(_RECURRENT_WEIGHTS + gate)
    bias = use.bias(_BIASES + gate, count)
    if bias is None:
        raise use.broken(f"the bias of gate {gate} is absent")
    (x_scale, x_zero), (y_scale, y_zero) = use.per_tensor(x), use.per_tensor(outputs)
    values = np.frombuffer(bias.data or b"", np.int32)
    return (
        *requantized(use, float32_product(_scale(use, own), x_scale, per=_GATE_SCALE)),
        *requantized(use, float32_product(_scale(use, recurrent), y_scale, per=_GATE_SCALE)),
        _words(values - x_zero * _sums(own, count)),
        _words(-y_zero * _sums(recurrent, count)),
    )


def _scale(use: OperatorUse, weights: Tensor) -> float:
    scale, zero = use.per_tensor(weights)
    if zero:
        raise use.unsupported(
            f"the weights {describe(weights)} have a zero point other than 0",
            "Quantise the weights symmetrically.",
        )
    return scale


def _sums(weights: Tensor, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    rows = np.frombuffer(weights.data or b"", np.int8).reshape(count, -1)
    return np.asarray(rows.sum(axis=1, dtype=np.int64))


def _words(values: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Words:
    return Words(tuple(int(value) for value in values))


def macs(use: OperatorUse) -> int:
    """Products with the input and with the output before, for each gate, cell and step."""
    x, y = use.input(0), use.result()
    if not x.shape or not y.shape:
        raise use.broken("input and output are not sequences")
    return _GATES * y.elements * (x.shape[-1] + y.shape[-1])
