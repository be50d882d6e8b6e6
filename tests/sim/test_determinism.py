"""The same case gives the same counts, every time."""

from pathlib import Path

import pytest

from harness import assembly
from harness.domain.measurement import Measurement

TARGETS = ("mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547")


@pytest.mark.parametrize("target", TARGETS)
def test_same_case_three_times(tmp_path: Path, target: str) -> None:
    bench = assembly.Bench(tmp_path / "harness.db")
    (case,) = assembly.plan(
        targets=[target], kernel_sets=["cmsis-nn"], models=["lenet-digits"], limit=5, repeat=3
    )
    counts = []
    for _ in range(3):
        outcome = bench.measure([case])
        assert not outcome.errors, outcome.errors
        reading = outcome.records[0].reading("instructions")
        assert isinstance(reading, Measurement)
        assert reading.n == 15
        counts.append((reading.value, reading.minimum, reading.maximum))
    assert counts[0] == counts[1] == counts[2]
    assert counts[0][0] > 0
