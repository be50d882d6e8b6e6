"""A report as Markdown: the sections' tables and remarks; figures by what they show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.report.content import ReportContent
from harness.report.section import Section, TableView, footnoted
from harness.report.sections import all_sections

_SPECIAL = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]|~"} | {"<": "&lt;", "\n": " "})


def render_markdown(content: ReportContent, title: str = "Benchmark report") -> str:
    """Return the report in GitHub's Markdown."""
    return sections_markdown(all_sections(content), title)


def sections_markdown(sections: Iterable[Section], title: str) -> str:
    """Return sections below a title in GitHub's Markdown."""
    lines = [f"# {_escaped(title)}", ""]
    for section in sections:
        lines += section_markdown(section)
    return "\n".join(lines)


def section_markdown(section: Section) -> Iterator[str]:
    """The lines of one section."""
    kind = f" ({section.fidelity.value})" if section.fidelity else ""
    yield f"## {_escaped(section.title)}{kind}"
    yield ""
    if section.lead:
        yield _escaped(section.lead)
        yield ""
    for table in section.tables:
        yield from _table(table)
    remarks = [f"{figure.title}: {figure.summary}" for figure in section.figures]
    yield from _listed([*remarks, *section.notes])


def _table(table: TableView) -> Iterator[str]:
    texts, reasons = footnoted(table)
    if table.caption:
        yield f"**{_escaped(table.caption)}**"
        yield ""
    yield _row(table.columns)
    yield f"| {' | '.join('---:' if numeric else '---' for numeric in table.numeric)} |"
    yield from map(_row, texts)
    yield ""
    yield from _listed(reasons)


def _listed(remarks: Sequence[str]) -> Iterator[str]:
    if remarks:
        yield from (f"- {_escaped(remark)}" for remark in remarks)
        yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    return text.translate(_SPECIAL)
