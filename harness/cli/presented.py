"""Sections and their plain rows: shown as tables or as JSON, and saved."""

from __future__ import annotations

import json as json_format
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.errors import UnknownName

if TYPE_CHECKING:
    from harness.report.section import Section

DOCUMENT_WIDTH = 160
PANEL = "Look at results"
SCHEMA = 1
_SUFFIXES = (".csv", ".json", ".md")


def require_known(save: Sequence[Path]) -> None:
    """Refuse files whose suffix says nothing, before anything is read.

    Raises:
        UnknownName: such a suffix.
    """
    for path in save:
        if path.suffix not in _SUFFIXES:
            raise UnknownName(
                f"this is not written as {path.suffix or 'a file without a suffix'!r}",
                where=str(path),
                hint=f"End the name in {', '.join(_SUFFIXES)}.",
            )


def present(
    title: str,
    sections: Sequence[Section],
    rows: Sequence[Mapping[str, Any]],
    *,
    json: bool,
    save: Sequence[Path],
    flat: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """Print the sections (to stderr where JSON goes to stdout), and write the files.

    `flat` are the rows for CSV, where those for JSON are nested.

    Raises:
        StoreError: a file cannot be written.
    """
    from rich.console import Console

    from harness.report.files import write_text
    from harness.report.section_text import sections_shown, sections_text

    console = Console(stderr=json)
    if console.is_terminal:
        console.print(sections_shown(sections))
    else:  # a file or a log has no edge to keep within
        console.file.write(sections_text(sections, DOCUMENT_WIDTH))
    if json:
        typer.echo(_json(rows))
    for path in save:
        kept = flat if flat is not None and path.suffix == ".csv" else rows
        write_text(path, _file(path.suffix, title, sections, kept))


def _file(
    suffix: str, title: str, sections: Sequence[Section], rows: Sequence[Mapping[str, Any]]
) -> str:
    if suffix == ".md":
        from harness.report.document import sections_markdown

        return sections_markdown(sections, title)
    if suffix == ".json":
        return _json(rows) + "\n"
    import pandas as pd

    return pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    content = {"schema": SCHEMA, "rows": list(rows)}
    return json_format.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=str)
