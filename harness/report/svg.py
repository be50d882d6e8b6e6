"""Drawings in SVG, readable offline: axes with round numbers, lines, bars and marked spans."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 900, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 16, 34, 44
_FONT = "font-family='sans-serif' font-size='12'"


class Drawing:
    """One diagram; x and y in the units of its axes."""

    def __init__(
        self, title: str, x_label: str, y_label: str, x: tuple[float, float], y: tuple[float, float]
    ) -> None:
        self._x, self._y = x, y
        self._parts: list[str] = []
        self._title, self._labels = title, (x_label, y_label)

    def span(self, start: float, end: float) -> None:
        """Shade what lies between two x."""
        a, b = self._at_x(start), self._at_x(end)
        self._parts.append(
            f"<rect x='{a:.1f}' y='{_TOP}' width='{max(b - a, 1):.1f}' "
            f"height='{HEIGHT - _TOP - _BOTTOM}' fill='#cfe3f7'/>"
        )

    def band(self, x: Sequence[float], low: Sequence[float], high: Sequence[float]) -> None:
        """Fill between two lines: least and greatest of each column of samples."""
        points = [(a, b) for a, b in zip(x, high, strict=True)]
        points += [(a, b) for a, b in zip(reversed(x), reversed(low), strict=True)]
        text = " ".join(f"{self._at_x(a):.1f},{self._at_y(b):.1f}" for a, b in points)
        self._parts.append(f"<polygon points='{text}' fill='#1b5e9b' stroke='#1b5e9b'/>")

    def bar(self, start: float, end: float, height: float, label: str = "") -> None:
        """A bar from y = 0, with a label below."""
        a, b, top = self._at_x(start), self._at_x(end), self._at_y(height)
        base = self._at_y(max(self._y[0], 0.0))
        self._parts.append(
            f"<rect x='{a:.1f}' y='{top:.1f}' width='{max(b - a - 1, 0.5):.1f}' "
            f"height='{max(base - top, 0):.1f}' fill='#1b5e9b'/>"
        )
        if label:
            self._parts.append(
                f"<text x='{(a + b) / 2:.1f}' y='{HEIGHT - _BOTTOM + 14}' "
                f"text-anchor='middle' {_FONT}>{escape(label)}</text>"
            )

    def group(self, at: int, *, x_ticks: bool = True) -> str:
        """The diagram as an SVG group, `at` pixels from the top."""
        return "\n".join(
            [
                f"<g transform='translate(0,{at})'>",
                *self._grid(),
                *self._parts,
                *self._axes(x_ticks),
                "</g>",
            ]
        )

    def _grid(self) -> list[str]:
        return [
            f"<path d='M{_LEFT} {self._at_y(value):.1f}H{WIDTH - _RIGHT}' stroke='#ddd'/>"
            for value in ticks(*self._y)
        ]

    def _axes(self, x_ticks: bool) -> list[str]:
        bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
        lines = [
            f"<text x='{_LEFT}' y='20' font-weight='bold' {_FONT}>{escape(self._title)}</text>",
            f"<path d='M{_LEFT} {_TOP}V{bottom}H{right}' fill='none' stroke='#444'/>",
            f"<text x='{right}' y='{HEIGHT - 8}' text-anchor='end' {_FONT}>"
            f"{escape(self._labels[0])}</text>",
            f"<text x='16' y='{(_TOP + bottom) / 2}' text-anchor='middle' {_FONT} "
            f"transform='rotate(-90 16 {(_TOP + bottom) / 2})'>{escape(self._labels[1])}</text>",
        ]
        for value in ticks(*self._y):
            lines.append(
                f"<text x='{_LEFT - 6}' y='{self._at_y(value) + 4:.1f}' "
                f"text-anchor='end' {_FONT}>{value:g}</text>"
            )
        for value in ticks(*self._x) if x_ticks else ():
            lines.append(
                f"<text x='{self._at_x(value):.1f}' y='{bottom + 16}' "
                f"text-anchor='middle' {_FONT}>{value:g}</text>"
            )
        return lines

    def _at_x(self, value: float) -> float:
        return _LEFT + (value - self._x[0]) / (self._x[1] - self._x[0]) * (WIDTH - _LEFT - _RIGHT)

    def _at_y(self, value: float) -> float:
        share = (value - self._y[0]) / (self._y[1] - self._y[0])
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def ticks(low: float, high: float) -> list[float]:
    """Four to nine round numbers within an axis."""
    step = 10.0 ** math.floor(math.log10((high - low) / 4))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (step * m) <= 8)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 12) for n in range(first, first + 10) if n * step <= high + 1e-9 * step]


def document(groups: Sequence[str]) -> str:
    """One SVG file with the diagrams below each other."""
    height = HEIGHT * len(groups)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' "
        f"width='{WIDTH}' height='{height}'>\n<rect width='100%' height='100%' fill='white'/>\n"
        + "\n".join(groups)
        + "\n</svg>\n"
    )
