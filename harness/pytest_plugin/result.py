"""A finished case as a benchmark test sees it: numbers to compare with, or a failed test."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.domain.measurement import Missing
from harness.domain.record import CaseRecord


@dataclass(frozen=True, repr=False)
class BenchResult:
    """What one case gave; a number that is missing fails the test that asks for it.

    `record` has everything else, provenance included.
    """

    record: CaseRecord

    def __repr__(self) -> str:
        record = self.record  # all of it would bury the number in a failed assertion
        return f"<{record.model} on {record.target_id} with {record.kernel_set}>"

    @property
    def accuracy(self) -> float:
        """Top-1 accuracy, 0 to 1."""
        return self._value("accuracy")

    @property
    def instructions(self) -> float:
        """Instructions per inference (median); simulated targets only."""
        return self._value("instructions")

    @property
    def cycles(self) -> float:
        """Cycles per inference (median); real boards only."""
        return self._value("cycles")

    @property
    def vectors_equal(self) -> int:
        """Output vectors that equal the host reference byte for byte."""
        return int(self._value("vectors_equal"))

    @property
    def largest_difference(self) -> int:
        """Largest difference of any output element from the host reference, in LSB."""
        return int(self._value("largest_difference"))

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return self.record.inputs or 0

    def _value(self, quantity: str) -> float:
        reading = self.record.reading(quantity)
        if isinstance(reading, Missing):
            pytest.fail(f"{quantity} is missing: {reading.reason}", pytrace=False)
        return reading.value
