"""Operators on single elements, whatever the order of axes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.domain.network import Quantization
from harness.model.onnx_device import alike
from harness.model.onnx_use import QUANTIZE_ALL, NodeUse
from harness.model.onnx_values import Activation, Constant


def unary(use: NodeUse, operator: str, own: Quantization | None = None, **options: Any) -> None:
    """An operator of one input; `own` is what its output must be quantised as."""
    x = use.activation(0)
    use.write(operator, [x.index], order=x.order, own=own, columns=x.columns, **options)


def binary(use: NodeUse, operator: str, *, fuses: bool, same: bool = False) -> None:
    """An operator of two inputs, one of which may be a constant; the larger tells the order.

    Where `same`, operator and kernels need both inputs and the output quantised alike.

    Raises:
        UnsupportedOperator: other than two inputs, activations of different ranks, or a constant of
            real numbers that differ.
    """
    if len(use.node.inputs) != 2:
        raise use.refused(f"it has {len(use.node.inputs)} inputs; 2 are supported", QUANTIZE_ALL)
    values = [use.either(0), use.either(1)]
    ranked = [value for value in values if isinstance(value, Activation)]
    if not ranked:
        raise use.refused("both inputs are constants", "Fold constants first (quant_pre_process).")
    leader = max(ranked, key=lambda value: len(value.shape))
    rank = len(use.shape())
    if any(len(value.shape) != rank for value in ranked):
        raise use.refused(
            f"its inputs have {' and '.join(str(len(value.shape)) for value in ranked)} "
            f"dimensions, its output {rank}",
            "Export the model with inputs of one rank.",
        )
    own = leader.quantization if same else None
    indices = []
    for value in values:
        if isinstance(value, Constant):
            indices.append(_constant(use, value, leader.order, own))
            continue
        moved = use.laid_out(value, leader.order)
        placed = use.placed(moved)
        indices.append((use.device.requantized(placed, own) if own else placed).index)
    use.write(operator, indices, order=leader.order, fuses=fuses, own=own)


def _constant(
    use: NodeUse, value: Constant, order: tuple[int, ...], own: Quantization | None
) -> int:
    codes, quantization = value.array, value.quantization
    if quantization is None:
        codes, quantization = _exact(use, value)
    if quantization.per_channel or codes.dtype != np.int8:
        raise use.refused("a constant is not int8 with one scale", QUANTIZE_ALL)
    if own is not None and not alike(own, quantization):
        steps = np.rint(value.real() / own.scales[0]) + own.zero_points[0]
        codes, quantization = np.clip(steps, -128, 127).astype(np.int8), own
    expanded = codes.reshape((1,) * (len(order) - codes.ndim) + codes.shape)
    return use.device.constant(expanded.transpose(order), replace(quantization, axis=0))


def _exact(use: NodeUse, value: Constant) -> tuple[Any, Quantization]:
    """Codes of a constant with one value throughout, which int8 holds exactly."""
    reals = value.real().ravel()
    if reals.size == 0 or np.any(reals != reals[0]):
        raise use.refused("a constant of several real numbers is not quantised", QUANTIZE_ALL)
    scale = abs(float(reals[0])) or 1.0
    return np.full(value.array.shape, np.sign(reals[0]), np.int8), Quantization((scale,), (0,))
