"""A network beside a memory and work budget: node by node, and as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.domain.budget import (
    WIDTHS,
    Budget,
    NetworkCost,
    NodeCost,
    Overrun,
    node_overruns,
    overruns,
)
from harness.report.section import Cell, Section, TableView, number, words

_BESIDE = {8: "", 4: " at 4 bits", 2: " at 2 bits"}


def budget_sections(cost: NetworkCost, budget: Budget, bits: int) -> list[Section]:
    """The nodes, then the whole network with its verdict."""
    verdicts = node_overruns(cost, budget, bits)
    nodes = TableView(
        caption="",
        columns=("node", "", "RAM", "in place", *_rom_columns(), "MACs", "verdict"),
        numeric=(True, False, True, False, *(True,) * len(WIDTHS), True, False),
        rows=tuple(
            _node_row(node, above, asked=_asked(budget))
            for node, above in zip(cost.nodes, verdicts, strict=True)
        ),
    )
    return [
        Section(
            title=f"{cost.name}: each node, in bytes",
            tables=(nodes,),
            notes=_notes(cost, asked=_asked(budget)),
        ),
        Section(title=f"{cost.name}: the whole", tables=(_whole(cost, budget, bits),)),
    ]


def budget_rows(cost: NetworkCost, budget: Budget, bits: int) -> list[dict[str, Any]]:
    """The same flat; the last row is the whole network."""
    rows: list[dict[str, Any]] = [
        {
            "node": node.index,
            "operator": node.name,
            "ram_bytes": node.ram,
            "in_place": node.shares_place,
            **{f"rom_bytes_{width}_bit": node.rom[width] for width in WIDTHS},
            "macs": node.macs,
            "pass": not above,
            "above": [one.resource for one in above],
        }
        for node, above in zip(cost.nodes, node_overruns(cost, budget, bits), strict=True)
    ]
    above = overruns(cost, budget, bits)
    rows.append(
        {
            "node": None,
            "operator": "all",
            "ram_bytes": cost.arena,
            "ram_lower_bound_bytes": cost.peak,
            **{f"rom_bytes_{width}_bit": cost.image[width] for width in WIDTHS},
            "macs": cost.macs,
            "weight_bits": bits,
            "budget": {"flash": budget.flash, "ram": budget.ram, "macs": budget.macs},
            "best_order": list(cost.best.order),
            "best_order_peak_bytes": cost.best.peak,
            "best_order_arena_bytes": cost.best.arena,
            "best_order_is_least": cost.best.complete,
            "scratch_included": cost.scratch_known,
            "pass": not above,
            "above": [one.resource for one in above],
        }
    )
    return rows


def _rom_columns() -> tuple[str, ...]:
    return tuple(f"ROM{_BESIDE[width]}" for width in WIDTHS)


def _asked(budget: Budget) -> bool:
    return budget != Budget()


def _node_row(node: NodeCost, above: Sequence[Overrun], *, asked: bool) -> tuple[Cell, ...]:
    return (
        _count(node.index),
        words(node.name),
        _count(node.ram),
        words("yes" if node.shares_place else ""),
        *(_count(node.rom[width]) for width in WIDTHS),
        _count(node.macs),
        words(_verdict(above) if asked else ""),
    )


def _whole(cost: NetworkCost, budget: Budget, bits: int) -> TableView:
    rows = [
        _line("RAM, the planned arena", cost.arena, budget.ram),
        _line("RAM, live at once at most", cost.peak, None),
        _line("RAM, the same in the best order", cost.best.peak, None),
        _line("RAM, the arena of the best order", cost.best.arena, None),
        *(
            _line(
                f"flash, the model image{_BESIDE[width]}",
                cost.image[width],
                budget.flash if width == bits else None,
            )
            for width in WIDTHS
        ),
        _line("MACs", cost.macs, budget.macs),
    ]
    above = overruns(cost, budget, bits)
    verdict = "fail" if above else "pass"
    rows.append((words("all"), *map(words, ("", "", verdict if _asked(budget) else "no budget"))))
    return TableView(
        caption="",
        columns=("", "need", "budget", "verdict"),
        numeric=(False, True, True, False),
        rows=tuple(rows),
    )


def _line(name: str, need: int, limit: int | None) -> tuple[Cell, ...]:
    if limit is None:
        return words(name), _count(need), words(""), words("")
    above = need - limit
    verdict = f"fail by {above:,}" if above > 0 else "pass"
    return words(name), _count(need), _count(limit), words(verdict)


def _verdict(above: Sequence[Overrun]) -> str:
    if not above:
        return "pass"
    return "fail: " + ", ".join(f"{one.resource} by {one.need - one.limit:,}" for one in above)


def _count(value: int) -> Cell:
    return number(value, f"{value:,}")


def _notes(cost: NetworkCost, *, asked: bool) -> tuple[str, ...]:
    notes = ["RAM: inputs, outputs and what later nodes read, in multiples of 16 bytes"]
    if asked:
        notes.append("verdict: RAM of the node; flash and MACs summed up to it")
    if not cost.scratch_known:
        notes.append("without the scratch of kernels, which only a firmware tells")
    if not cost.best.complete:
        notes.append("too many orders: the best was not searched to the end")
    elif cost.best.order != tuple(node.index for node in cost.nodes):
        order = ", ".join(str(index) for index in cost.best.order)
        notes.append(f"the order that needs least RAM: {order}")
    else:
        notes.append("no order of the nodes needs less RAM than the file's")
    return tuple(notes)
