"""One operator of any element types: its `.tflite`, the model image, and what LiteRT answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from builders.compiled_operator import CompiledOperator
from numpy.typing import NDArray

from harness.domain.image import TensorPlacement
from harness.domain.network import Network
from harness.model.edge_values import in_file
from harness.model.edge_values import on_device as as_on_device
from harness.model.on_device import on_device
from harness.model.tflite_file import parse_tflite

Array = NDArray[Any]


@dataclass(frozen=True, repr=False)
class TypedOperator(CompiledOperator):
    """A network of one operator with inputs as the device takes them.

    `states` are the contents of its variables before the run, by tensor index.
    """

    states: tuple[tuple[int, Array], ...] = ()

    @cached_property
    def network(self) -> Network:
        """What is in the file."""
        return parse_tflite(self.tflite, Path("one_operator.tflite"))

    @property
    def written(self) -> list[TensorPlacement]:
        """What the operator may write: outputs, then variables."""
        kept = {index for index, _ in self.states}
        return [*self.compiled.outputs, *(p for p in self.compiled.placements if p.index in kept)]

    def encode(self) -> tuple[bytes, bytes]:
        """The bytes of the image and of the arena, before the run."""
        image, before = super().encode()
        arena = bytearray(before)
        for index, value in self.states:
            (place,) = (p for p in self.compiled.placements if p.index == index)
            arena[place.offset : place.offset + place.nbytes] = value.tobytes()
        return image, bytes(arena)

    def answers(self) -> list[Array]:
        """What LiteRT's reference kernels write, as the device has it."""
        file, device = self.network, on_device(self.network)
        interpreter = Interpreter(
            model_content=self.tflite,
            experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
            num_threads=1,
        )
        interpreter.allocate_tensors()
        for outer, inner, x in zip(file.inputs, device.inputs, self.inputs, strict=True):
            value = in_file(x, device.tensors[inner], file.tensors[outer])
            interpreter.set_tensor(outer, value.reshape(file.tensors[outer].shape))
        for index, value in self.states:
            interpreter.set_tensor(index, value)
        interpreter.invoke()
        pairs = list(zip(file.outputs, device.outputs, strict=True))
        pairs += [(index, index) for index, _ in self.states]
        return [
            as_on_device(
                interpreter.get_tensor(outer), device.tensors[inner], file.tensors[outer]
            ).ravel()
            for outer, inner in pairs
        ]

    def difference(self, arena: bytes) -> int:
        """The largest difference from LiteRT, in LSB."""
        pairs = zip(self.found_in(arena), self.answers(), strict=True)
        return max(int(np.abs(found.astype(np.int64) - answer).max()) for found, answer in pairs)

    def found_in(self, arena: bytes) -> list[Array]:
        """What lies where the operator may write.

        Raises:
            AssertionError: something else changed.
        """
        before = bytearray(self.encode()[1])
        found = []
        for place, answer in zip(self.written, self.answers(), strict=True):
            part = slice(place.offset, place.offset + place.nbytes)
            before[part] = arena[part]
            found.append(np.frombuffer(arena[part], answer.dtype))
        assert bytes(before) == arena, "wrote elsewhere"
        return found


def codes(rng: np.random.Generator, dtype: str, shape: Sequence[int]) -> Array:
    """Any values of a type, for int16 of any magnitude."""
    limits = np.iinfo(dtype)
    values = rng.integers(limits.min, limits.max + 1, tuple(shape))
    if dtype == "int16":
        values >>= rng.integers(0, 15)
    return values.astype(dtype)
