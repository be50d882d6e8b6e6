"""Text for plotly, which reads some HTML tags in labels: names are shown as they are written."""

from __future__ import annotations

import html


def plain(text: str) -> str:
    """`text` with what plotly would take for a tag or an entity made harmless."""
    return html.escape(text, quote=False)


def in_lines(case: str) -> str:
    """The parts of a case's name below one another: labels of an axis must be narrow."""
    return "<br>".join(plain(part) for part in case.split(" · "))
