"""A model in a plot of accuracy against operations, where area tells its parameters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bubble:
    """One model, or one of its cases where they differ in accuracy.

    `accuracy` is the share of right answers among `n`, `weight_bytes` its constants, `note` what a
    reader should know beside (kernels, targets, whose answers).
    """

    name: str
    macs: int
    accuracy: float
    n: int
    weight_bytes: int
    note: str = ""
