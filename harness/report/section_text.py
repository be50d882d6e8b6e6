"""Sections for a terminal or a log: a heading, tables as wide as there is room, and remarks."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.text import Text

from harness.domain.units import Fidelity
from harness.report.fitted import FittedTable
from harness.report.section import Section, footnoted

_STYLES = {Fidelity.MODEL: "bold yellow"}


def sections_shown(sections: Iterable[Section]) -> RenderableType:
    """What a rich console prints."""
    return Group(*(part for section in sections for part in _parts(section)))


def sections_text(sections: Iterable[Section], width: int) -> str:
    """The same as text without colours; lines that need more than `width` columns are folded."""
    file = io.StringIO()
    Console(file=file, width=width, legacy_windows=False).print(sections_shown(sections))
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def _parts(section: Section) -> Iterator[RenderableType]:
    kind = section.fidelity
    title = f"{section.title} ({kind.value})" if kind else section.title
    yield Text(title, _STYLES.get(kind, "bold") if kind else "bold")
    if section.lead:
        yield Text(section.lead, "dim")
    for table in section.tables:
        texts, reasons = footnoted(table)
        yield Text()
        yield FittedTable(table.columns, table.numeric, texts)
        yield from (Text(reason, "dim") for reason in reasons)
    yield from (Text(note, "dim") for note in section.notes)
    yield Text()
