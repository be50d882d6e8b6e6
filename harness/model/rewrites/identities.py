"""Drops what changes nothing: QUANTIZE between tensors of one type, scale and zero point."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.network import Network, Operator

ORDER = 4


def rewrite(network: Network) -> Network:
    """Let readers of what such an operator writes read what it reads.

    One that leads from an input to an output stays: both have to be written.
    """
    for index in [one.index for one in network.operators if one.name == "QUANTIZE"]:
        # Looked for anew: the one before may have changed what it reads.
        operator = next(one for one in network.operators if one.index == index)
        if _is_identity(network, operator):
            network = _without(network, operator)
    return network


def _is_identity(network: Network, operator: Operator) -> bool:
    if operator.name != "QUANTIZE" or len(operator.inputs) != 1 or len(operator.outputs) != 1:
        return False
    x, y = network.tensors[operator.inputs[0]], network.tensors[operator.outputs[0]]
    if x.index in network.inputs and y.index in network.outputs:
        return False
    return (
        x.quantization is not None
        and (x.dtype, x.shape, x.quantization) == (y.dtype, y.shape, y.quantization)
        and x.data is None
    )


def _without(network: Network, gone: Operator) -> Network:
    (kept,), (dropped,) = gone.inputs, gone.outputs

    def renamed(indices: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(kept if index == dropped else index for index in indices)

    return replace(
        network,
        outputs=renamed(network.outputs),
        operators=tuple(
            replace(operator, inputs=renamed(operator.inputs))
            for operator in network.operators
            if operator is not gone
        ),
    )
