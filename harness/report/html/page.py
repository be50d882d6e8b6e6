"""The page: the report's sections through one template, with all it needs written into it."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.domain.record import RunInfo
from harness.report.content import ReportContent
from harness.report.section import Figure, Section, TableView, footnoted
from harness.report.sections import all_sections

_TEMPLATES = Path(__file__).parent / "templates"


def render(content: ReportContent, title: str = "Benchmark report") -> str:
    """Return the page; nothing in it is fetched from anywhere.

    Only the scripts of this package may run: the page's policy names them by their hashes.
    """
    return _page(all_sections(content), title, content.runs)


def render_sections(sections: Sequence[Section], title: str) -> str:
    """The same page of other sections than a report's."""
    return _page(list(sections), title, ())


def _page(sections: list[Section], title: str, runs: Sequence[RunInfo]) -> str:
    drawn = any(section.figures for section in sections)
    scripts = [*([_plotly()] if drawn else []), _part("report.js")]
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = _figure
    environment.filters["body"] = _body
    environment.filters["order"] = _order
    return environment.get_template("page.html").render(
        title=title,
        sections=sections,
        runs=runs,
        style=Markup(_part("style.css")),
        scripts=[Markup(script) for script in scripts],
        hashes=" ".join(f"'sha256-{_digest(script)}'" for script in scripts),
        anchors=_anchors(sections),
    )


def _anchors(sections: list[Section]) -> list[str]:
    return [f"part-{place}" for place, _ in enumerate(sections, start=1)]


def _body(table: TableView) -> dict[str, Any]:
    """The rows with marked texts, and the reasons of the dashes."""
    texts, reasons = footnoted(table)
    rows = [
        list(zip(cells, shown, strict=True)) for cells, shown in zip(table.rows, texts, strict=True)
    ]
    return {"rows": rows, "reasons": reasons}


def _order(value: float | str | None) -> str:
    """What a cell is sorted by: numbers as they are, nothing where the text itself is it."""
    return f"{value!r}" if isinstance(value, float) and math.isfinite(value) else ""


def _figure(figure: Figure) -> Markup:
    """The figure as JSON that cannot end the script element it stands in."""
    text = json.dumps({"data": figure.data, "layout": figure.layout}, allow_nan=False)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)


@cache
def _part(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _plotly() -> str:
    """plotly.js as the package `plotly` brings it (MIT licence, its notice at the top)."""
    source = importlib.resources.files("plotly") / "package_data" / "plotly.min.js"
    return source.read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
