"""CSV: the table of `harness.report.table`, every column of it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.record import CaseRecord
from harness.report.table import frame


def render(records: Sequence[CaseRecord]) -> str:
    """Return one line per case below a line of column names; a missing number is empty."""
    return frame(records).convert_dtypes().to_csv(index=False, lineterminator="\n")
