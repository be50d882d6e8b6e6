"""SOFTMAX of int16: by tables of exp(x) and 1 / (1 + x), as LiteRT computes it."""

from __future__ import annotations

import math
from functools import cache

from harness.model.dims import dims_of
from harness.model.interpolation_table import table_words
from harness.model.lowered import Lowered, Operand, Variant, Words
from harness.model.operator_use import OperatorUse
from harness.model.requantization import quantize_multiplier

_LARGEST_ROW = 32767
_LARGEST_SHIFT = 14  # differences have 17 bits
_INT16 = 65535.0
_LOWEST = -10.0  # exponents below it count as this


def lower_softmax_int16(use: OperatorUse) -> Lowered:
    """SOFTMAX of int16, out with scale 1/32768.

    Parameters: multiplier, shift, rows, row_size, exp_at, reciprocal_at.

    Raises:
        UnsupportedOperator: another output scale, rows too long, or a scale beyond the kernel's.
    """
    x, y = use.input(0), use.result()
    y_scale = use.per_tensor(y)[0]
    if not math.isclose(y_scale, 1 / 32768, rel_tol=1e-3):
        raise use.unsupported(
            f"the output has scale {y_scale:g}; 1/32768 is needed", "Quantise the model again."
        )
    row_size = x.shape[-1]
    if row_size > _LARGEST_ROW:
        raise use.unsupported(
            f"rows of {row_size} values are too long; up to {_LARGEST_ROW} are supported",
            "Build the model with fewer classes.",
        )
    real = use.per_tensor(x)[0] * use.real_option("beta", 0.0) / (-_LOWEST / _INT16)
    try:
        multiplier, shift = quantize_multiplier(real, _LARGEST_SHIFT)
    except ValueError as error:
        raise use.unsupported(str(error), "Quantise the model again.") from error
    dims = dims_of(use, x)
    return Lowered(
        opcode=use.operator.opcode + Variant.INT16,
        inputs=(Operand(x, dims),),
        output=Operand(y, dims),
        params=(multiplier, shift, x.elements // row_size, row_size, *_tables()),
    )


@cache
def _tables() -> tuple[Words, Words]:
    """exp(x) for the codes of [-10, 0], and 1 / (1 + x) for those of [0, 1]."""
    return (
        table_words(math.exp, _LOWEST, 0.0),
        table_words(lambda x: 1 / (1 + x), 0.0, 1.0),
    )
