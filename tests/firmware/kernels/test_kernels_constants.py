"""The constants of the fixed-point exponential are the numbers their names say."""

from __future__ import annotations

import math
import re

from kernel_program import FIRMWARE


def _numbers(name: str) -> list[int]:
    text = (FIRMWARE / "kernels/reference/fixed_point.h").read_text()
    found = re.search(rf"\b{name}(?:\[\])? = ([^;]*);", text)
    assert found, name
    return [int(number) for number in re.findall(r"-?\d+", found[1])]


def test_powers_of_e() -> None:
    exact = [math.exp(-(2.0**k)) * 2**31 for k in range(-2, 5)]
    assert _numbers("exp_of_minus_power") == [round(x) for x in exact]
    assert _numbers("exp_of_minus_eighth") == [round(math.exp(-1 / 8) * 2**31)]


def test_fractions() -> None:
    assert _numbers("third") == [round(2**31 / 3)]
    assert _numbers("start") == [round(48 / 17 * 2**29)]
    assert _numbers("slope") == [round(-32 / 17 * 2**29)]
