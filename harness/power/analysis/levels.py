"""Edges of a sampled pin, without the bounces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.domain.power import Trace

Indices = NDArray[np.int64]


def edges_of(trace: Trace, bit: int, debounce_s: float = 0.0) -> tuple[Indices, Indices]:
    """Where a pin rises and where it falls: each the first sample of the new level, int64 [n].

    Two edges closer than `debounce_s` cancel each other.

    Raises:
        ValueError: the trace has no sampled pins.
    """
    if trace.logic is None:
        raise ValueError("the trace has no sampled pins")
    level = (trace.logic >> bit) & 1
    at = np.flatnonzero(level[1:] != level[:-1]) + 1
    least = debounce_s * trace.rate_hz
    kept: list[int] = []
    for edge in at.tolist():
        if kept and edge - kept[-1] < least:
            kept.pop()
        else:
            kept.append(edge)
    clean = np.array(kept, np.int64)
    rising = level[clean] == 1 if len(clean) else np.empty(0, bool)
    return clean[rising], clean[~rising]


def level_at_start(trace: Trace, bit: int) -> bool:
    """Whether the pin is high in the first sample."""
    return trace.logic is not None and len(trace.logic) > 0 and bool(trace.logic[0] >> bit & 1)
