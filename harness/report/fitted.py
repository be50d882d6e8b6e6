"""A table of text cells for a terminal: narrower by folding words, and split before a number is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.table import Table
from rich.text import Text

_GAP = 2  # one of padding, one of the box
_WORD = 24  # a longer word may be folded


class FittedTable:
    """Columns of numbers keep their cells whole, the others keep their words whole.

    Where that takes more room than there is, columns without any text go first; then the numbers
    stand in several tables below each other, each with the leading columns of text, which name its
    rows.
    """

    def __init__(
        self, titles: Sequence[str], numeric: Sequence[bool], rows: Sequence[Sequence[str]]
    ) -> None:
        self._titles, self._numeric, self._rows = titles, numeric, rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table | Text]:
        for place, block in enumerate(self._blocks(options.max_width)):
            if place:
                yield Text()
            yield self._table(block, options.max_width)

    def _blocks(self, width: int) -> list[list[int]]:
        every = list(range(len(self._titles)))
        if sum(map(self._whole, every)) + _GAP * len(every) > width + _GAP:
            every = [one for one in every if any(self._cells(one))] or every
        first = next((place for place, one in enumerate(every) if self._numeric[one]), len(every))
        names = every[:first]
        blocks = [list(names)]
        for number in every[len(names) :]:
            taken = sum(self._least(one) + _GAP for one in (*blocks[-1], number))
            if taken - _GAP > width and len(blocks[-1]) > len(names):
                blocks.append(list(names))
            blocks[-1].append(number)
        return blocks

    def _table(self, block: Sequence[int], width: int) -> Table:
        shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
        for number, room in zip(block, self._widths(block, width), strict=True):
            shown.add_column(
                Text(self._titles[number]),
                justify="right" if self._numeric[number] else "left",
                overflow="fold",
                width=room,
            )
        for cells in self._rows:
            shown.add_row(*(Text(cells[number]) for number in block))
        return shown

    def _widths(self, block: Sequence[int], width: int) -> list[int]:
        """The widest first give way, a column at a time, down to what they need at least."""
        widths = [self._whole(number) for number in block]
        least = [self._least(number) for number in block]
        while sum(widths) + _GAP * (len(widths) - 1) > width:
            wide = [place for place in range(len(block)) if widths[place] > least[place]]
            if not wide:
                wide = [place for place, number in enumerate(block) if not self._numeric[number]]
            place = max(wide, key=lambda one: widths[one], default=0)
            if widths[place] <= 1:
                break
            widths[place] -= 1
        return widths

    def _whole(self, number: int) -> int:
        return max(map(_lines, (self._titles[number], *self._cells(number))))

    def _least(self, number: int) -> int:
        if self._numeric[number]:
            return max(_word(self._titles[number]), *map(_lines, self._cells(number)), 0)
        return max(map(_word, (self._titles[number], *self._cells(number))))

    def _cells(self, number: int) -> list[str]:
        return [cells[number] for cells in self._rows]


def _lines(text: str) -> int:
    return max(map(cell_len, text.split("\n")))


def _word(text: str) -> int:
    return min(_WORD, max(map(cell_len, text.split()), default=0))
