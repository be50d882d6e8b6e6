"""How much of an inference is spent in operators that the kernel library has no kernel for."""

from __future__ import annotations

FALLBACK_SHARE = "fallback_share"
MOST = 0.5


def heading(kernel_set: str, share: float) -> str:
    """What a row of `kernel_set` is headed by: not the set alone where most is not its library's.

    `share` is the fraction of an inference's counts in fallback operators; NaN where unknown.
    """
    return f"fallback ({kernel_set})" if share > MOST else kernel_set
