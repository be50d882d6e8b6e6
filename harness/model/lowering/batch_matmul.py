"""BATCH_MATMUL: products of matrices, for each of a batch."""

from __future__ import annotations

from harness.model.broadcast import trailing_dims
from harness.model.lowered import Lowered, Operand
from harness.model.operator_use import INT8_MAX, INT8_MIN, OperatorUse
from harness.model.scales import requantized

_LONGEST = 2**15  # products of 9 bits each, whose sum stays inside 32 bits


def lower(use: OperatorUse) -> Lowered:
    """BATCH_MATMUL of two activations, or one and a constant, each as it is or transposed.

    Parameters: input1_offset, input2_offset, output_offset, multiplier, shift, activation_min,
    activation_max, adj_x, adj_y. Matrices are the last two axes; those before are broadcast.
    """
    a, b, y = use.activation(0), use.activation(1), use.output()
    if min(len(a.shape), len(b.shape)) < 2:
        raise use.broken("an input has no rows and columns")
    a_dims, b_dims, y_dims = (trailing_dims(use, tensor) for tensor in (a, b, y))
    adj_x, adj_y = use.option("adj_x", 0), use.option("adj_y", 0)
    rows, depth = a_dims[2:][:: -1 if adj_x else 1]
    depth_of_b, columns = b_dims[2:][:: -1 if adj_y else 1]
    batches = tuple(max(pair) for pair in zip(a_dims[:2], b_dims[:2], strict=True))
    repeatable = all(
        size in (1, batch)
        for dims in (a_dims, b_dims)
        for size, batch in zip(dims[:2], batches, strict=True)
    )
    if depth != depth_of_b or not repeatable or y_dims != (*batches, rows, columns):
        raise use.broken("the shapes are not those of a product of matrices")
    if depth > _LONGEST:
        raise use.unsupported(
            f"rows of {depth:,} elements are too long; up to {_LONGEST:,} are supported",
            "Build the model with smaller matrices.",
        )
    (a_scale, a_zero), (b_scale, b_zero) = use.per_tensor(a), use.per_tensor(b)
    y_scale, y_zero = use.per_tensor(y)
    return Lowered(
        opcode=use.operator.opcode,
        inputs=(Operand(a, a_dims), Operand(b, b_dims)),
        output=Operand(y, y_dims),
        params=(
            -a_zero,
            -b_zero,
            y_zero,
            *requantized(use, a_scale * b_scale / y_scale),
            INT8_MIN,
            INT8_MAX,
            adj_x,
            adj_y,
        ),
    )


def macs(use: OperatorUse) -> int:
    """Output elements times the length of a row.

    Raises:
        BadModel: an input is absent or has no rows.
    """
    a, y = use.input(0), use.result()
    if len(a.shape) < 2:
        raise use.broken("an input has no rows and columns")
    return y.elements * a.shape[-2 if use.option("adj_x", 0) else -1]
