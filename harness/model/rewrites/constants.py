"""Computes on the host what depends on no input: shapes of activations, and what they fill."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import cast

import numpy as np

from harness.domain.network import Network, Operator, Tensor
from harness.model import folding
from harness.model.constant_array import NUMPY, Constant, array_of
from harness.model.operator_use import ABSENT, OperatorUse

ORDER = 1

Fold = Callable[[OperatorUse], Constant | None]


def rewrite(network: Network) -> Network:
    """Drop operators of `folding/` whose inputs are constants, and make their outputs constants.

    SHAPE is one of them whatever its input is: shapes of tensors are known here.
    """
    kept = []
    for operator in network.operators:
        constant = _folded(network, operator)
        if constant is None:
            kept.append(operator)
            continue
        tensors = list(network.tensors)
        index = operator.outputs[0]
        tensors[index] = replace(
            tensors[index], shape=constant.shape, data=np.ascontiguousarray(constant).tobytes()
        )
        network = replace(network, tensors=tuple(tensors))
    return replace(network, operators=tuple(kept))


def _folded(network: Network, operator: Operator) -> Constant | None:
    fold = _fold_of(operator.name)
    if fold is None or len(operator.outputs) != 1 or operator.outputs[0] in network.outputs:
        return None
    use = OperatorUse(network, operator)
    inputs = list(_inputs(use))
    if not inputs or (operator.name != "SHAPE" and any(array_of(x) is None for x in inputs)):
        return None
    try:
        constant = fold(use)
    except (ValueError, IndexError):  # shapes that contradict each other: to be refused by name
        return None
    return None if constant is None else constant.astype(NUMPY[use.result().dtype], copy=False)


def _inputs(use: OperatorUse) -> Iterator[Tensor]:
    return (use.network.tensors[index] for index in use.operator.inputs if index != ABSENT)


@cache
def _fold_of(name: str) -> Fold | None:
    if name.lower() not in {module.name for module in pkgutil.iter_modules(folding.__path__)}:
        return None
    return cast(Fold, importlib.import_module(f"{folding.__name__}.{name.lower()}").fold)
