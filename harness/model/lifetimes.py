"""When each activation is live, and which of them share a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.domain.network import Network, Tensor
from harness.errors import BadModel
from harness.model.arena import Block
from harness.model.lowered import Lowered
from harness.model.operator_use import describe
from harness.model.tflite_bounds import CONVERT_AGAIN


@dataclass(frozen=True)
class Lifetimes:
    """The blocks of the activations, and the block of each activation by tensor index.

    Step 0 writes the network's inputs and variables, step i + 1 runs operator i, the last step
    reads the outputs.
    """

    blocks: tuple[Block, ...]
    block_of: dict[int, int]


def lifetimes_of(
    network: Network, lowered: Sequence[Lowered], preserve_all: bool = False
) -> Lifetimes:
    """Lifetimes from the first write to the last read, for operators in execution order.

    With `preserve_all` every activation lives to the end.

    Raises:
        BadModel: a tensor is read before it is written, written twice, or is a constant where an
            activation is needed; an input that no operator reads.
    """
    activity = _Activity(network)
    for index in dict.fromkeys(network.inputs):
        activity.write(index, 0)
    end = len(lowered) + 1
    for index in _variables(lowered):
        activity.write(index, 0)
        activity.read(index, end)
    for step, operator in enumerate(lowered, start=1):
        inputs = [operand.tensor for operand in operator.inputs if operand is not None]
        for tensor in inputs:
            if tensor.data is None and not tensor.variable:
                activity.read(tensor.index, step)
        for output in operator.outputs:
            activity.write(output.tensor.index, step)
        if operator.shares_place and inputs[0].data is None:
            activity.join(inputs[0].index, operator.output.tensor.index)
    for index in network.inputs:
        activity.require_read(index)
    for index in network.outputs:
        activity.read(index, end)
    return activity.lifetimes(end if preserve_all else 0)


def _variables(lowered: Sequence[Lowered]) -> list[int]:
    operands = (operand for operator in lowered for operand in operator.inputs)
    return list(
        dict.fromkeys(
            one.tensor.index for one in operands if one is not None and one.tensor.variable
        )
    )


class _Activity:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._root: dict[int, int] = {}

    def write(self, index: int, step: int) -> None:
        tensor = self._network.tensors[index]
        if tensor.data is not None:
            raise self._bad(tensor, "is a constant and an input of the model")
        if index in self._first:
            raise self._bad(tensor, "is written twice")
        self._first[index] = self._last[index] = step
        self._root[index] = index

    def read(self, index: int, step: int) -> None:
        if index not in self._first:
            raise self._bad(self._network.tensors[index], "is read before anything writes it")
        self._last[index] = step

    def require_read(self, index: int) -> None:
        if self._last[index] == 0:
            raise self._bad(self._network.tensors[index], "is an input that no operator reads")

    def join(self, source: int, alias: int) -> None:
        self._root[alias] = self._root[source]

    def lifetimes(self, at_least: int) -> Lifetimes:
        members: dict[int, list[int]] = {}
        for index, root in self._root.items():
            members.setdefault(root, []).append(index)
        blocks = tuple(
            Block(
                nbytes=self._network.tensors[root].nbytes,
                first=min(self._first[i] for i in sharing),
                last=max(at_least, *(self._last[i] for i in sharing)),
            )
            for root, sharing in members.items()
        )
        number = {root: n for n, root in enumerate(members)}
        return Lifetimes(blocks, {index: number[root] for index, root in self._root.items()})

    def _bad(self, tensor: Tensor, what: str) -> BadModel:
        return BadModel(
            f"tensor {describe(tensor)} {what}", where=self._network.source, hint=CONVERT_AGAIN
        )
