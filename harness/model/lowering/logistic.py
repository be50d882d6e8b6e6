"""LOGISTIC: 1 / (1 + exp(-x)), element by element."""

from __future__ import annotations

import math

import numpy as np

from harness.model.lookup import Single, by_real_function, lower_lookup
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse

_OUTPUT_SCALE = 1 / 256


def lower(use: OperatorUse) -> Lowered:
    """LOGISTIC by table, with the output scale that TensorFlow Lite prescribes; see `lookup`."""
    scale = use.per_tensor(use.output())[0]
    if not math.isclose(scale, _OUTPUT_SCALE, rel_tol=1e-6):
        raise use.unsupported(
            f"the output has scale {scale:g}; 1/256 is needed", "Quantise the model again."
        )
    return lower_lookup(use, by_real_function(_logistic))


def _logistic(x: Single) -> Single:
    with np.errstate(over="ignore"):
        # Rounded from double precision: what a C library gives, nearly always.
        power = np.exp(-x.astype(np.float64)).astype(np.float32)
    return np.float32(1) / (np.float32(1) + power)


def macs(use: OperatorUse) -> int:
    """None, as the field counts."""
    return 0
