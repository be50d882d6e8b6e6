"""Turns uint8 networks into int8 ones: the same real values, with codes and zero points less 128.

Kernels compute with differences from zero points, which stay as they are. Weights of uint8 have a
zero point of their own; where all of them less it are int8, they are stored so, and have none;
where not, they stay what they are, for kernels that take them.

Operators are marked: LiteRT rounds some of uint8 in another way, which kernels of their own repeat.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.domain.network import DType, Network, Operator, Quantization, Tensor
from harness.model.lowering import with_weights

ORDER = 3
_SHIFT = 128


def rewrite(network: Network) -> Network:
    """Make every quantised uint8 tensor int8, but weights as said above; others have no scale."""
    weights = _only_weights(network.operators)
    tensors = tuple(
        _signed(tensor, tensor.index in weights) if _is_unsigned(tensor) else tensor
        for tensor in network.tensors
    )
    operators = tuple(_marked(network, operator) for operator in network.operators)
    return replace(network, tensors=tensors, operators=operators)


def _marked(network: Network, operator: Operator) -> Operator:
    """The operator, `unsigned` where it writes uint8."""
    if not any(_is_unsigned(network.tensors[index]) for index in operator.outputs):
        return operator
    return replace(operator, unsigned=True)


def _is_unsigned(tensor: Tensor) -> bool:
    return tensor.dtype is DType.UINT8 and tensor.quantization is not None


def _only_weights(operators: tuple[Operator, ...]) -> set[int]:
    """Tensors that are read as weights and as nothing else."""
    weighted = with_weights(DType.UINT8)
    as_weights: set[int] = set()
    otherwise: set[int] = set()
    for operator in operators:
        for position, index in enumerate(operator.inputs):
            is_weight = operator.name in weighted and position == 1
            (as_weights if is_weight else otherwise).add(index)
    return as_weights - otherwise


def _signed(tensor: Tensor, is_weight: bool) -> Tensor:
    quantization = tensor.quantization or Quantization((), ())
    zeros = quantization.zero_points
    codes = np.frombuffer(tensor.data or b"", np.uint8).astype(np.int16)
    centred = codes - zeros[0]
    shifted = codes - _SHIFT
    if not is_weight:
        zeros = tuple(zero - _SHIFT for zero in zeros)
    elif len(set(zeros)) == 1 and _fits(centred):
        shifted, zeros = centred, (0,) * len(zeros)
    else:
        return tensor
    return replace(
        tensor,
        dtype=DType.INT8,
        quantization=replace(quantization, zero_points=zeros),
        data=None if tensor.data is None else shifted.astype(np.int8).tobytes(),
    )


def _fits(codes: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> bool:
    return bool(codes.size) and int(codes.min()) >= -_SHIFT and int(codes.max()) < _SHIFT
