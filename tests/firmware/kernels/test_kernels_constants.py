"""The constants of the fixed-point exponentials are the numbers their names say."""

from __future__ import annotations

import math
import re

from kernel_program import FIRMWARE


def _numbers(name: str, header: str = "fixed_point.h") -> list[int]:
    text = (FIRMWARE / "kernels/reference" / header).read_text()
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


def test_they_are_the_same_in_16_bits() -> None:
    header = "fixed_point_16.h"
    exact = [math.exp(-(2.0**k)) * 2**15 for k in range(-2, 5)]
    assert _numbers("exp_of_minus_power", header) == [round(x) for x in exact]
    assert _numbers("exp_of_minus_eighth", header) == [round(math.exp(-1 / 8) * 2**15)]
    assert _numbers("third", header) == [round(2**15 / 3)]
    assert _numbers("start", header) == [round(48 / 17 * 2**13)]
    assert _numbers("slope", header) == [round(-32 / 17 * 2**13)]
