"""Operators to image records: a file here is an operator, by its TensorFlow Lite name.

Each file has `lower(use)`, which returns the operator as the image holds it, and `macs(use)`, the
multiply-accumulates of one run, which asks only for shapes. `TYPES` names what its tensors may be
beside int8 and int32, where that is more; `WEIGHTS` what its constant weights, at input 1, may be,
where it has one such operand.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection
from functools import cache
from typing import Protocol, cast

from harness.domain.network import DType
from harness.model.lowered import Lowered
from harness.model.operator_use import ABSENT, OperatorUse, describe


class Lowering(Protocol):
    """A file of this folder."""

    def lower(self, use: OperatorUse) -> Lowered:
        """Return the operator as the image holds it.

        Raises:
            UnsupportedOperator, BadModel: naming file, operator and tensors.
        """

    def macs(self, use: OperatorUse) -> int:
        """Multiply-accumulates of one run."""


@cache
def supported() -> tuple[str, ...]:
    """The operators there are files for."""
    return tuple(sorted(module.name.upper() for module in pkgutil.iter_modules(__path__)))


def convertible() -> tuple[str, ...]:
    """Those that TensorFlow Lite has: the others, which end in _Q7, no converter writes."""
    return tuple(name for name in supported() if not name.endswith("_Q7"))


@cache
def with_weights(dtype: DType) -> tuple[str, ...]:
    """The operators that take constant weights of a type at input 1."""
    files = ((name, lowering_of(name)) for name in supported())
    return tuple(name for name, file in files if dtype in getattr(file, "WEIGHTS", ()))


def lowering_of(name: str) -> Lowering | None:
    """The lowering of an operator, or None where there is none."""
    if name not in supported():
        return None
    return cast(Lowering, importlib.import_module(f"{__name__}.{name.lower()}"))


def lower(use: OperatorUse) -> Lowered:
    """Return an operator as the image holds it.

    Raises:
        UnsupportedOperator: an operator without lowering, or a use of one that is not supported.
        BadModel: an operator that contradicts its tensors.
    """
    lowering = lowering_of(use.operator.name)
    _refuse_other_types(use, getattr(lowering, "TYPES", ()))
    if lowering is None:
        raise use.unsupported(
            "the operator is not supported", f"Build the model of {', '.join(convertible())}."
        )
    return lowering.lower(use)


def macs_of(use: OperatorUse) -> int | None:
    """Multiply-accumulates of one run, or None for an operator without lowering.

    Raises:
        BadModel: an operand is absent.
    """
    lowering = lowering_of(use.operator.name)
    return None if lowering is None else lowering.macs(use)


def _refuse_other_types(use: OperatorUse, accepted: Collection[DType]) -> None:
    """Say what the whole model is, before an operator is blamed for one tensor."""
    indices = (*use.operator.inputs, *use.operator.outputs)
    for tensor in (use.network.tensors[index] for index in indices if index != ABSENT):
        if tensor.dtype in _WHOLE_MODEL and tensor.dtype not in accepted:
            raise use.unsupported(
                f"the model is {_WHOLE_MODEL[tensor.dtype]} at tensor {describe(tensor)}",
                "Quantise it to full int8 (input and output int8).",
            )


_WHOLE_MODEL = {
    DType.FLOAT32: "float32",
    DType.FLOAT16: "float16",
    DType.FLOAT64: "float64",
    DType.BFLOAT16: "bfloat16",
    DType.UINT8: "uint8",
    DType.INT16: "int16",
}
