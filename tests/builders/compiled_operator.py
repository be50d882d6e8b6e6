"""One operator as the host compiles it: its `.tflite`, the model image, and inputs in the arena."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from harness.domain.image import ModelImage
from harness.model.compile import compile_image
from harness.model.tflite_file import parse_tflite

Int8 = NDArray[np.int8]
_TABLES = struct.Struct("<4I")  # tensors_offset, tensor_count, operators_offset, operator_count
_TABLES_AT = 52


@dataclass(frozen=True)
class CompiledOperator:
    """A network of one operator, and what to put in.

    It has what `kernel_program` asks of an image: `encode`, `layout`, `output_place`.
    """

    tflite: bytes
    inputs: Sequence[Int8]
    label: str = ""

    def __repr__(self) -> str:
        return f"CompiledOperator({self.label or len(self.tflite)})"

    @property
    def image(self) -> CompiledOperator:
        """Itself: a case of `operator_cases` has its image apart."""
        return self

    @cached_property
    def compiled(self) -> ModelImage:
        """The model image."""
        return compile_image(parse_tflite(self.tflite, Path("one_operator.tflite")))

    def encode(self) -> tuple[bytes, bytes]:
        """The bytes of the image and of the arena, before the run."""
        arena = bytearray(b"\xa5" * self.compiled.arena_bytes)
        for place, x in zip(self.compiled.inputs, self.inputs, strict=True):
            arena[place.offset : place.offset + place.nbytes] = x.tobytes()
        return self.compiled.data, bytes(arena)

    def layout(self) -> tuple[int, int, int]:
        """Offset of the tensor table, number of tensors, offset of the operator record."""
        tensors_at, count, operator_at, _ = _TABLES.unpack_from(self.compiled.data, _TABLES_AT)
        return tensors_at, count, operator_at

    def output_place(self) -> tuple[int, tuple[int, ...]]:
        """Arena offset and shape of the output."""
        (output,) = self.compiled.outputs
        return output.offset, output.shape

    def expected(self) -> Int8:
        """What LiteRT's reference kernels give."""
        interpreter = Interpreter(
            model_content=self.tflite,
            experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
            num_threads=1,
        )
        interpreter.allocate_tensors()
        for detail, x in zip(interpreter.get_input_details(), self.inputs, strict=True):
            interpreter.set_tensor(detail["index"], x)
        interpreter.invoke()
        output: Int8 = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        return output
