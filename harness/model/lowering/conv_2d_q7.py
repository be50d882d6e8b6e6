"""CONV_2D_Q7: filters [out, k, k, in] with one power-of-two scale, as CMSIS-NN's q7 kernels had."""

from __future__ import annotations

from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.q7_operator import lower_q7
from harness.model.weighted import macs_with_weights


def lower(use: OperatorUse) -> Lowered:
    """CONV_2D_Q7; parameters: stride, pad, bias_shift, out_shift."""
    return lower_q7(use, ("stride", "pad", "bias_shift", "out_shift"), constants=2)


def macs(use: OperatorUse) -> int:
    """Output elements times the size of a filter."""
    return macs_with_weights(use, channel_axis=0)
