"""How well a share of n inputs is known: Wilson's score interval."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054  # the 97.5 % quantile of the standard normal distribution


def wilson(share: float, n: int, z: float = Z_95) -> tuple[float, float]:
    """The interval (low, high) that a share seen in `n` trials leaves open; 95 % unless told.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    J. Am. Stat. Assoc. 22 (1927), p. 209.

    Raises:
        ValueError: `n` is not positive or `share` no fraction.
    """
    if n < 1 or not 0 <= share <= 1:
        raise ValueError(f"{share} of {n} is no proportion")
    weight = z * z / n
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / n + weight / (4 * n))
    return max(0.0, middle - half), min(1.0, middle + half)
