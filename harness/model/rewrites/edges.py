"""Takes QUANTIZE and DEQUANTIZE off the edges of a network: the host converts there instead."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.network import DType, Network, Operator

ORDER = 2
_REAL = DType.FLOAT32


def rewrite(network: Network) -> Network:
    """Make what QUANTIZE gives an input, and what DEQUANTIZE takes an output.

    Only where the real tensor goes nowhere else; where it does, the network stays as it is, and is
    refused as one of float32.
    """
    for position, index in enumerate(network.inputs):
        network = _without_quantize(network, position, index)
    for position, index in enumerate(network.outputs):
        network = _without_dequantize(network, position, index)
    return network


def _without_quantize(network: Network, position: int, index: int) -> Network:
    readers = [operator for operator in network.operators if index in operator.inputs]
    if (
        network.tensors[index].dtype is not _REAL
        or index in network.outputs
        or len(readers) != 1
        or readers[0].name != "QUANTIZE"
        or network.inputs.count(index) != 1
    ):
        return network
    inputs = _replaced(network.inputs, position, readers[0].outputs[0])
    return replace(network, inputs=inputs, operators=_without(network.operators, readers[0]))


def _without_dequantize(network: Network, position: int, index: int) -> Network:
    writers = [operator for operator in network.operators if index in operator.outputs]
    if (
        network.tensors[index].dtype is not _REAL
        or any(index in operator.inputs for operator in network.operators)
        or len(writers) != 1
        or writers[0].name != "DEQUANTIZE"
        or network.outputs.count(index) != 1
    ):
        return network
    outputs = _replaced(network.outputs, position, writers[0].inputs[0])
    return replace(network, outputs=outputs, operators=_without(network.operators, writers[0]))


def _replaced(indices: tuple[int, ...], position: int, index: int) -> tuple[int, ...]:
    return (*indices[:position], index, *indices[position + 1 :])


def _without(operators: tuple[Operator, ...], gone: Operator) -> tuple[Operator, ...]:
    return tuple(operator for operator in operators if operator is not gone)
