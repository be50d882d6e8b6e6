"""The comparison tables, one for each fidelity: their numbers never share a column."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity
from harness.report.column import Column, Row
from harness.report.content import ReportContent
from harness.report.layout import lay_out
from harness.report.section import Cell, Section, TableView, number

ORDER = 10

TITLES = {
    Fidelity.SILICON: "Measured on boards",
    Fidelity.SIMULATED: "Counted on simulators",
    Fidelity.MODEL: "Estimated",
}
LEADS = {
    Fidelity.SILICON: "Cycles and milliseconds of real processors.",
    Fidelity.SIMULATED: "Instructions, the same in every run. They are not time.",
    Fidelity.MODEL: "Worked out, not measured: for orientation only.",
}


def sections(content: ReportContent) -> list[Section]:
    """One section for each fidelity among the records."""
    found = []
    for fidelity in Fidelity:
        records = [record for record in content.records if record.fidelity is fidelity]
        if records:
            found.append(_section(fidelity, records))
    return found


def _section(fidelity: Fidelity, records: Sequence[CaseRecord]) -> Section:
    sheet = lay_out(records)
    columns = tuple(column.title.replace("\n", " ") for column in sheet.columns)
    numeric = tuple(column.number for column in sheet.columns)
    texts = [cells for group in sheet.groups for cells in group.rows]
    rows = tuple(
        tuple(_cell(row, column, text) for column, text in zip(sheet.columns, cells, strict=True))
        for row, cells in zip(sheet.rows, texts, strict=True)
    )
    return Section(
        TITLES[fidelity],
        fidelity=fidelity,
        lead=LEADS[fidelity],
        tables=(TableView("models x targets x kernels", columns, numeric, rows),),
        notes=tuple(sheet.footer),
    )


def _cell(row: Row, column: Column, text: str) -> Cell:
    if not column.value:  # it names the row: said in every row, which sorting may take anywhere
        shown = column.show(row).replace("\n", " ")
        return Cell(shown, shown)
    if text.startswith("-"):
        return number(None, "", _reason(row, column))
    return Cell(text, float(row[column.value]))


def _reason(row: Row, column: Column) -> str:
    found = row.get(f"{column.value}_reason")
    if isinstance(row.get("error_class"), str):
        return f"the case failed: {row['error_class']}"
    return found if isinstance(found, str) else "not recorded"
