"""SVDF: a layer that remembers what its filters found in the last inputs, in a variable tensor."""

from __future__ import annotations

from harness.domain.network import DType, Tensor
from harness.model.activation import Activation
from harness.model.dims import Dims, dims_of
from harness.model.lowered import Lowered, Operand, bias_operand
from harness.model.operator_use import OperatorUse, describe
from harness.model.scales import float32_product, requantized

TYPES = (DType.INT16,)
_STATE = 4


def lower(use: OperatorUse) -> Lowered:
    """SVDF of int8 with a state of int16: weights of features [filters, in], of time [filters, n].

    Parameters: input_offset, output_offset, rank, then multiplier and shift of the state and of the
    output. Their scales are worked out in single precision, as LiteRT does.
    """
    x, feature, y = use.activation(0), use.weights(1), use.output()
    time, state = use.weights(2, DType.INT16), use.state(_STATE, DType.INT16)
    if use.option("fused_activation_function", 0) != Activation.RELU:
        raise use.unsupported(
            "the activation is not RELU, which LiteRT wants of an int8 SVDF",
            "Build the model with RELU.",
        )
    batches, filters, rank = _checked(use, x, feature, time, state, y)
    memory, units = time.shape[1], filters // rank
    bias = use.bias(3, units)
    (x_scale, x_zero), (y_scale, y_zero) = use.per_tensor(x), use.per_tensor(y)
    state_scale = use.per_tensor(state)[0]
    to_state = float32_product(x_scale, use.per_tensor(feature)[0], per=state_scale)
    to_output = float32_product(state_scale, use.per_tensor(time)[0], per=y_scale)
    state_dims: Dims = (batches, 1, filters, memory)
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(
            Operand(x, dims_of(use, x)),
            Operand(feature, dims_of(use, feature)),
            Operand(time, dims_of(use, time)),
            bias_operand(bias, units),
            Operand(state, state_dims),
        ),
        output=Operand(y, dims_of(use, y)),
        params=(
            -x_zero,
            y_zero,
            rank,
            *requantized(use, to_state),
            *requantized(use, to_output),
        ),
    )


def _checked(
    use: OperatorUse, x: Tensor, feature: Tensor, time: Tensor, state: Tensor, y: Tensor
) -> tuple[int, int, int]:
    rank = use.positive_option("rank")
    if len(x.shape) != 2 or len(feature.shape) != 2 or len(time.shape) != 2:
        raise use.broken("input and weights do not have two dimensions each")
    batches, depth = x.shape
    filters = feature.shape[0]
    if (
        feature.shape[1] != depth
        or time.shape[0] != filters
        or filters % rank
        or state.elements != batches * time.elements
        or y.elements != batches * (filters // rank)
    ):
        raise use.broken(
            f"{filters} filters of rank {rank} and the state {describe(state)} do not fit"
        )
    return batches, filters, rank


def macs(use: OperatorUse) -> int:
    """Products with the input and with the memory, for each row of the input."""
    rows = use.input(0).elements // max(1, use.input(0).shape[-1])
    return rows * (use.input(1).elements + use.input(2).elements)
