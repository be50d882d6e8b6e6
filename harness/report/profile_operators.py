"""The operators of a profile as a table: one row each, columns as far as they fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from harness.domain.kernel_code import OperatorKernel
from harness.domain.profile import OperatorProfile, Profile, Shape
from harness.domain.units import Unit

# Below this many ticks a count is off by more than 4 percent, and what is divided by it with it.
FEWEST_TICKS = 25
COARSE = "-¹"
NONE = "-"
_SHORT = {Unit.INSTRUCTIONS: "instr.", Unit.CYCLES: "cycles"}
_GAP = 2  # one of padding, one of the box


@dataclass(frozen=True)
class _Column:
    """`cells` are the rows, the sum last. The highest `rank` goes first where space is short."""

    title: str
    cells: tuple[str, ...]
    rank: int = 0
    number: bool = True

    @property
    def width(self) -> int:
        return _GAP + max(
            cell_len(line) for text in (self.title, *self.cells) for line in text.split("\n")
        )


def operator_table(profile: Profile, width: int) -> tuple[Table, list[str]]:
    """Return the table for `width` columns, and the titles of those it has no room for."""
    columns = _columns(profile)
    dropped: list[str] = []
    while sum(column.width for column in columns) > width and any(c.rank for c in columns):
        least = max(columns, key=lambda column: column.rank)
        columns.remove(least)
        dropped.append(least.title.replace("\n", " "))
    table = plain_table()
    for column in columns:
        if column.number:
            table.add_column(Text(column.title), justify="right", no_wrap=True)
        else:
            table.add_column(Text(column.title), overflow="fold")
    rows = list(zip(*(column.cells for column in columns), strict=True))
    for cells in rows[:-1]:
        table.add_row(*cells)
    table.add_section()
    table.add_row(*rows[-1])
    return table, dropped[::-1]


def plain_table() -> Table:
    """An empty table in the style of all of them."""
    return Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )


def _columns(profile: Profile) -> list[_Column]:
    operators = profile.operators

    def column(
        title: str, show: Callable[[OperatorProfile], str], total: str, rank: int = 0
    ) -> _Column:
        return _Column(title, (*map(show, operators), total), rank)

    def names(title: str, show: Callable[[OperatorProfile], str], total: str) -> _Column:
        return _Column(title, (*map(show, operators), total), number=False)

    per_mac = f"{profile.total / profile.macs:.2f}" if profile.macs else NONE
    share = sum(op.share for op in operators)
    weights = sum(op.weight_bytes for op in operators)
    return [
        names("#", lambda op: str(op.index), ""),
        names("operator", lambda op: op.name, "sum"),
        names("shapes", lambda op: f"{shapes(op.inputs)} → {shapes(op.outputs)}", ""),
        names("kernel", lambda op: kernel_name(op.kernel), ""),
        column(profile.unit.value, lambda op: f"{op.count:,.0f}", f"{profile.total:,.0f}"),
        column("share", lambda op: f"{100 * op.share:.1f} %", f"{100 * share:.1f} %"),
        column("MACs", lambda op: dashed(op.macs), dashed(profile.macs), 1),
        column(f"{_SHORT[profile.unit]}\nper MAC", _per_mac, per_mac),
        column("weights\nB", lambda op: dashed(op.weight_bytes), dashed(weights), 2),
        column("arena\nin B", lambda op: f"{op.arena_in:,}", "", 3),
        column("arena\nout B", lambda op: f"{op.arena_out:,}", "", 4),
        column("scratch\nB", lambda op: dashed(op.scratch_bytes), "", 5),
    ]


def shapes(of: Sequence[Shape]) -> str:
    """Shapes of activations without their batch of one: `28x28x1`."""
    return " + ".join(
        "x".join(map(str, shape[1:] if len(shape) > 1 and shape[0] == 1 else shape)) for shape in of
    )


def kernel_name(kernel: OperatorKernel | None) -> str:
    """The library's functions that a kernel calls, or its own file where it calls none.

    One that stands in for a kernel which the library lacks is labelled so.
    """
    if kernel is None:
        return NONE
    name = "\n".join(kernel.calls) or kernel.source.removesuffix(".c")
    return f"{name} (fallback)" if kernel.fallback else name


def dashed(number: int) -> str:
    """A count, or a dash for none."""
    return f"{number:,}" if number else NONE


def coarse(operator: OperatorProfile) -> bool:
    """Whether an operator has a ratio that its count is too coarse for."""
    return bool(operator.macs) and operator.ticks < FEWEST_TICKS


def _per_mac(operator: OperatorProfile) -> str:
    if not operator.macs:
        return NONE
    return COARSE if coarse(operator) else f"{operator.count / operator.macs:.2f}"
