"""TANH: the hyperbolic tangent, element by element."""

from __future__ import annotations

import numpy as np

from harness.model.lookup import Single, by_real_function, lower_lookup
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse


def lower(use: OperatorUse) -> Lowered:
    """TANH by table, with any output scale; see `lookup`."""
    return lower_lookup(use, by_real_function(_tanh))


def _tanh(x: Single) -> Single:
    return np.tanh(x.astype(np.float64)).astype(np.float32)


def macs(use: OperatorUse) -> int:
    """None, as the field counts."""
    return 0
