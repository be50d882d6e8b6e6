"""What kernel benchmarks measure: a file here is an operator, by its TensorFlow Lite name.

Each file has either all of `Sweep`, or `WHY_NOT`, the reason why its operator is not measured.
Sweeps are of int8: the variants of an operator for other types have none.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

from harness.domain.operator_shape import OperatorShape, ShapeRule

# Shell completion asks for names only and must not wait for numpy.
if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found


class Sweep(Protocol):
    """A file of this folder."""

    RULE: ShapeRule
    BUILT_IN: tuple[OperatorShape, ...]
    """What is measured unless shapes are given: at least one for each path of CMSIS-NN, and a
    second size where the share of set-up counts."""

    def found(self, use: Found) -> OperatorShape | None:
        """The shape of an operator of a network; None where a shape does not tell all of it."""

    def network(self, draft: Draft) -> bytes:
        """The `.tflite` of the operator alone, the same bytes for the same shape for ever."""


@cache
def told() -> tuple[str, ...]:
    """The operators there are files for."""
    return tuple(sorted(module.name.upper() for module in pkgutil.iter_modules(__path__)))


@cache
def rules() -> dict[str, ShapeRule]:
    """The rule of each operator that is measured, by its name."""
    return {name: sweep_of(name).RULE for name in told() if hasattr(_module(name), "RULE")}


@cache
def reasons() -> dict[str, str]:
    """Why an operator is not measured, by its name."""
    return {name: _module(name).WHY_NOT for name in told() if hasattr(_module(name), "WHY_NOT")}


def built_in() -> tuple[OperatorShape, ...]:
    """The shapes that are measured unless others are given."""
    return tuple(shape for name in rules() for shape in sweep_of(name).BUILT_IN)


def sweep_of(name: str) -> Sweep:
    """The sweep of an operator of `rules`."""
    return cast(Sweep, _module(name))


def untold(operators: Collection[str]) -> list[str]:
    """For each operator that has no file here, what to write."""
    return [
        f"{name} has no sweep: write {__name__.replace('.', '/')}/{name.lower()}.py, which "
        "measures it or says WHY_NOT"
        for name in sorted(set(operators) - set(told()))
    ]


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name.lower()}")
