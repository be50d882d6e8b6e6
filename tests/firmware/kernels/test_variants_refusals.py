"""`prepare` of the variants refuses records that are too short and operands of another type."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

import pytest
from builders.typed_operator import TypedOperator
from builders.variant_models import VARIANTS
from hypothesis import HealthCheck, Phase, given, settings
from kernel_program import KernelProgram

BAD = -1
_TENSOR_BYTES, _DTYPE_AT, FLOAT32 = 32, 24, 0


@cache
def example(name: str) -> TypedOperator:
    """One of an operator, the same in each session."""
    found: list[TypedOperator] = []

    @settings(
        max_examples=3, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=VARIANTS[name])
    def collect(case: TypedOperator) -> None:
        found.append(case)

    collect()
    return found[-1]


@dataclass(frozen=True, repr=False)
class Damaged(TypedOperator):
    """One whose record lacks `cut` bytes, or whose operand number `changed` is float32."""

    cut: int = 0
    changed: int | None = None

    def encode(self) -> tuple[bytes, bytes]:
        data, arena = super().encode()
        image = bytearray(data)
        tensors_at, _, at = self.layout()
        (record_bytes,) = struct.unpack_from("<H", image, at + 2)
        struct.pack_into("<H", image, at + 2, record_bytes - self.cut)
        if self.changed is not None:
            (index,) = struct.unpack_from("<H", image, at + 16 + 2 * self.changed)
            image[tensors_at + _TENSOR_BYTES * index + _DTYPE_AT] = FLOAT32
        return bytes(image), arena


def damaged(name: str, cut: int = 0, changed: int | None = None) -> Damaged:
    sound = example(name)
    return Damaged(sound.tflite, sound.inputs, "", sound.states, cut, changed)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_record_too_short_for_its_parameters(kernels: KernelProgram, name: str) -> None:
    assert kernels.arena_after(damaged(name, cut=4))[0] == BAD


@pytest.mark.parametrize("name", VARIANTS)
def test_a_first_operand_of_another_type(kernels: KernelProgram, name: str) -> None:
    assert kernels.arena_after(damaged(name, changed=0))[0] == BAD


@pytest.mark.parametrize("name", [name for name in VARIANTS if "PACK" not in name])
def test_a_second_operand_of_another_type(kernels: KernelProgram, name: str) -> None:
    """Weights, a second input, or the output."""
    assert kernels.arena_after(damaged(name, changed=1))[0] == BAD
