"""What each operator of a network costs: multiply-accumulates and weights."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.network import Network, Tensor
from harness.model.lowering import macs_of
from harness.model.operator_use import ABSENT, OperatorUse


@dataclass(frozen=True)
class OperatorCost:
    """One row of the table; `macs` is None for operators whose MACs are not defined here.

    `inputs` and `outputs` are shapes of activations, `weight_bytes` counts constants.
    """

    index: int
    name: str
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    macs: int | None
    weight_bytes: int


def operator_costs(network: Network) -> tuple[OperatorCost, ...]:
    """The costs of all operators, in execution order, whatever their element types.

    MACs as the field counts them: output elements times taps per output, those in the padding
    included; operators without weights have none.

    Raises:
        BadModel: an operand that an operator needs is absent.
    """
    return tuple(_cost(OperatorUse(network, operator)) for operator in network.operators)


def _cost(use: OperatorUse) -> OperatorCost:
    tensors = use.network.tensors
    inputs = [tensors[i] for i in dict.fromkeys(use.operator.inputs) if i != ABSENT]
    return OperatorCost(
        index=use.operator.index,
        name=use.operator.name,
        inputs=_shapes([tensor for tensor in inputs if tensor.data is None]),
        outputs=_shapes([tensors[i] for i in use.operator.outputs]),
        macs=macs_of(use),
        weight_bytes=sum(tensor.nbytes for tensor in inputs if tensor.data is not None),
    )


def _shapes(tensors: list[Tensor]) -> tuple[tuple[int, ...], ...]:
    return tuple(tensor.shape for tensor in tensors)
