"""A report as CSV: every column of the records' table, accuracy intervals and derived figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from harness.domain.measurement import Measurement
from harness.domain.proportion import wilson
from harness.domain.record import CaseRecord
from harness.report.content import Battery, ReportContent
from harness.report.derived import FIGURES, derive
from harness.report.table import frame


def render_csv(content: ReportContent) -> str:
    """Return one line per case below a line of column names; a missing number is empty."""
    table = pd.concat([frame(content.records), _more(content.records, content.battery)], axis=1)
    return table.convert_dtypes().to_csv(index=False, lineterminator="\n")


def _more(records: Sequence[CaseRecord], battery: Battery) -> pd.DataFrame:
    rows = []
    for record in records:
        accuracy = record.reading("accuracy")
        low, high = (
            wilson(accuracy.value, accuracy.n)
            if isinstance(accuracy, Measurement)
            else (math.nan, math.nan)
        )
        row: dict[str, float | str | None] = {"accuracy_low_95": low, "accuracy_high_95": high}
        for figure in FIGURES:
            value = derive(figure, record, battery)
            name = figure.title.replace(" ", "_").replace("/", "_per_")
            known = not isinstance(value, str)
            row[name] = value if known else math.nan
            row[f"{name}_reason"] = None if known else str(value)
        rows.append(row)
    return pd.DataFrame(rows)
