"""Encode one operator with its tensors as firmware/IMAGE.md says, by hand."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

ABSENT = 0xFFFF
_INT8, _INT32 = 9, 2
_FULLY_CONNECTED = 9
_ARENA, _IMAGE = 0, 1
_GAP = 48  # between tensors of the arena, so that an access beside one is seen


@dataclass
class OperatorImage:
    """One operator.

    `inputs` are activations, `constants` follow them (None: absent); all are arrays of int8 or
    int32 that are stored as they are, with `dims` (n, h, w, c) in the tensor record.
    `params` are the 32-bit words of the parameters; the place of `multipliers` and `shifts` is
    appended to them where there are any, and for FULLY_CONNECTED that of the weights' sums.
    """

    opcode: int
    inputs: Sequence[NDArray[Any]]
    constants: Sequence[NDArray[Any] | None]
    output_dims: tuple[int, int, int, int]
    params: Sequence[int]
    multipliers: Sequence[int] = ()
    shifts: Sequence[int] = ()
    input_dims: Sequence[tuple[int, int, int, int]] | None = None
    constant_dims: Sequence[tuple[int, int, int, int]] | None = None
    params_cut: int = 0  # bytes by which the record is too short
    tensor_dtype: dict[int, int] = field(default_factory=dict)  # index -> a dtype that is wrong
    multipliers_at: int | None = None
    shifts_at: int | None = None
    sums_at: int | None = None
    drop: Sequence[int] = ()  # inputs whose index is 0xFFFF
    output_count: int = 1

    def encode(self) -> tuple[bytes, bytes]:
        """The bytes of the image and of the arena, before the run."""
        arena = bytearray()
        blob = bytearray(96)
        records: list[bytes] = []
        activations = [np.asarray(x) for x in self.inputs]
        dims = list(self.input_dims or [dims_of(x.shape) for x in activations])
        for x, d in zip(activations, dims, strict=True):
            records.append(self._record(len(records), len(arena), x, d, _ARENA))
            arena += x.tobytes() + b"\xa5" * (-x.nbytes % 16 + _GAP)
        self._output_at = len(arena)
        nbytes = int(np.prod(self.output_dims))
        arena += b"\x5a" * nbytes + b"\xa5" * (-nbytes % 16 + _GAP)

        scales = struct.pack(f"<{len(self.multipliers)}i", *self.multipliers)
        multipliers_at = len(blob)
        blob += scales
        shifts_at = len(blob)
        blob += struct.pack(f"<{len(self.shifts)}i", *self.shifts)
        sums_at = len(blob)
        weights = self.constants[0] if self.opcode == _FULLY_CONNECTED else None
        if weights is not None:
            blob += weights.reshape(len(weights), -1).sum(axis=1, dtype="<i4").tobytes()
        _align(blob)

        words = [int(w) for w in self.params]
        if self.multipliers:
            words += [
                multipliers_at if self.multipliers_at is None else self.multipliers_at,
                shifts_at if self.shifts_at is None else self.shifts_at,
            ]
        if weights is not None:
            words.append(sums_at if self.sums_at is None else self.sums_at)
        params = b"".join(struct.pack("<I", w & 0xFFFFFFFF) for w in words)

        # Constants stand last, so that reading beyond the weights leaves the allocation.
        present = [(i, np.asarray(c)) for i, c in enumerate(self.constants) if c is not None]
        count = len(self.inputs) + len(present) + 1
        indices = list(range(len(self.inputs)))
        following = len(self.inputs)
        for constant in self.constants:
            indices.append(ABSENT if constant is None else following)
            following += constant is not None
        indices = [ABSENT if i in self.drop else index for i, index in enumerate(indices)]
        indices.append(count - 1)

        self._operator_at = len(blob)
        head = 16 + 2 * len(indices)
        head += -head % 4
        size = head + len(params) - self.params_cut
        record = struct.pack(
            "<HHHBBII", self.opcode, size, head, len(indices) - 1, self.output_count, 0, 0
        )
        record += struct.pack(f"<{len(indices)}H", *indices)
        blob += record.ljust(head, b"\0") + params
        _align(blob)
        self._tensors_at = len(blob)
        self._tensor_count = count
        at = len(blob) + 32 * count
        tail = bytearray()
        for i, constant in reversed(present):  # weights, input 1, last
            _align(tail)
            d = (self.constant_dims or [])[i] if self.constant_dims else dims_of(constant.shape)
            records.insert(
                len(self.inputs),
                self._record(len(self.inputs) + i, at + len(tail), constant, d, _IMAGE),
            )
            tail += constant.tobytes()
        output = np.empty(nbytes, np.int8)
        records.append(self._record(count - 1, self._output_at, output, self.output_dims, _ARENA))
        return bytes(blob) + b"".join(records) + bytes(tail), bytes(arena)

    def layout(self) -> tuple[int, int, int]:
        """Offset of the tensor table, number of tensors, offset of the operator record."""
        return self._tensors_at, self._tensor_count, self._operator_at

    def output_place(self) -> tuple[int, tuple[int, int, int, int]]:
        """Arena offset and dims of the output."""
        return self._output_at, self.output_dims

    def _record(
        self, index: int, offset: int, x: NDArray[Any], dims: tuple[int, ...], place: int
    ) -> bytes:
        dtype = self.tensor_dtype.get(index, _INT32 if x.dtype == np.int32 else _INT8)
        return struct.pack("<II4iBB6x", offset, x.nbytes, *dims, dtype, place)


def dims_of(shape: Sequence[int]) -> tuple[int, int, int, int]:
    """IMAGE.md: how a shape of rank 0 to 4 becomes n, h, w, c."""
    n, h, w, c = {
        0: lambda: (1, 1, 1, 1),
        1: lambda: (1, 1, 1, shape[0]),
        2: lambda: (shape[0], 1, 1, shape[1]),
        3: lambda: (1, *shape),
        4: lambda: tuple(shape),
    }[len(shape)]()
    return n, h, w, c


def _align(blob: bytearray) -> None:
    blob += bytes(-len(blob) % 16)
