"""Markdown: the comparison table with all its columns, and its footer as a list."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.record import CaseRecord
from harness.report.document import section_markdown
from harness.report.energy_table import energy_sections
from harness.report.layout import lay_out


def render(records: Sequence[CaseRecord]) -> str:
    """Return a table in the syntax of GitHub's Markdown."""
    if not records:
        return "no cases\n"
    sheet = lay_out(records)
    lines = [
        _row([column.title for column in sheet.columns]),
        _row(["---:" if column.number else "---" for column in sheet.columns]),
    ]
    lines += [_row(cells) for group in sheet.groups for cells in group.rows]
    notes = [f"{mark} {note}" for mark, note in sheet.notes]
    remarks = [*sheet.failures, *notes, *sheet.footer]
    lines += ["", *(f"- {_escaped(remark)}" for remark in remarks), ""]
    for section in energy_sections(records):
        lines += section_markdown(section)
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_escaped(cell) for cell in cells)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
