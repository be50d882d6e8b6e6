"""The comparison table as text cells: columns, grouped rows, and a footnote for each dash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.domain.fallback import FALLBACK_SHARE
from harness.domain.kernel_code import NEEDED_FLASH
from harness.domain.proportion import wilson
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.units import Unit
from harness.report.case_name import ending_of
from harness.report.column import Column, Row, energy_columns, known
from harness.report.footer import failure_lines, footer_lines
from harness.report.table import frame, units_of

PLAIN_VARIANT = "O2"
_SHORT = {Unit.INSTRUCTIONS: "instr.", Unit.CYCLES: "cycles"}
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass
class Group:
    """The rows of one model."""

    rows: list[list[str]] = field(default_factory=list)
    failed: list[bool] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """Cells as text; `notes` (mark and reason) explain dashes, `rows` are `frame`'s behind them."""

    columns: list[Column]
    groups: list[Group]
    notes: list[tuple[str, str]]
    failures: list[str]
    footer: list[str]
    rows: list[Row] = field(default_factory=list)


def lay_out(records: Sequence[CaseRecord]) -> Sheet:
    """Return the sheet of `records`, grouped by model, then by target, each as first met."""
    ordered = _grouped(records)
    table = frame(ordered)
    rows: list[Row] = [
        {str(key): value for key, value in row.items()} for row in table.to_dict("records")
    ]
    columns = [
        column
        for column in _columns(units_of(ordered), _varying_datasets(ordered), rows)
        if not column.optional or any(_present(row, column) for row in rows)
    ]
    notes: list[str] = []
    groups: list[Group] = []
    for number, row in enumerate(rows):
        before = rows[number - 1] if number else None
        new_model = before is None or before["model"] != row["model"]
        if new_model:
            groups.append(Group())
        cells = [_cell(row, column, notes) for column in columns]
        if not new_model and before is not None:
            cells[0] = ""
            if before["target_id"] == row["target_id"]:
                cells[1] = ""
        groups[-1].rows.append(cells)
        groups[-1].failed.append(_failed(row))
    return Sheet(
        columns=columns,
        groups=groups,
        notes=[(_mark(number), note) for number, note in enumerate(notes, start=1)],
        failures=failure_lines(ordered),
        footer=footer_lines(ordered),
        rows=rows,
    )


def _grouped(records: Sequence[CaseRecord]) -> list[CaseRecord]:
    models = list(dict.fromkeys(record.model for record in records))
    targets = list(dict.fromkeys(record.target_id for record in records))
    return sorted(
        records,
        key=lambda record: (models.index(record.model), targets.index(record.target_id)),
    )


def _varying_datasets(records: Sequence[CaseRecord]) -> bool:
    """Tell whether a model stands there with more than one set of inputs."""
    seen: dict[str, set[tuple[object, ...]]] = {}
    for record in records:
        if record.inputs is not None:
            seen.setdefault(record.model, set()).add((record.dataset, record.inputs))
    return any(len(datasets) > 1 for datasets in seen.values())


def _columns(units: Sequence[Unit], datasets: bool, rows: Sequence[Row]) -> list[Column]:
    columns = [
        Column("model", "", lambda row: row["model"], number=False),
        Column("target", "", _target, number=False),
        Column("kernels", "", _kernels, number=False),
    ]
    if datasets:
        columns.append(Column("inputs", "", _inputs, rank=2, number=False))
    single_operators = bool(rows) and "ideal_per_mac" in rows[0]
    if not single_operators:
        columns += [
            Column("accuracy", "accuracy", lambda row: f"{100 * row['accuracy']:.1f} %", rank=3),
            Column("accuracy\n95 % interval", "accuracy", _interval, rank=11, optional=True),
        ]
    columns.append(Column("equal to\nreference", "vectors_equal", _equal, rank=4))
    for unit in units:
        columns += _count_columns(unit, rows)
    return [
        *columns,
        Column("speed-up", "speedup", lambda row: f"{row['speedup']:.1f}x", 1, optional=True),
        *energy_columns(rows),
        *_fallback_columns(rows),
        Column("MACs", "macs", lambda row: f"{row['macs']:,.0f}", 9, optional=True, below=True),
        *_per_mac_columns(units, beside_ideal=single_operators),
        _kib("arena", "arena_bytes", 5),
        _kib("weights", "weight_bytes", 8),
        _kib("flash\nits ops", NEEDED_FLASH, 6),
        _kib("flash", "firmware_flash_bytes", 6),
        _kib("RAM", "firmware_ram_bytes", 7),
    ]


def _count_columns(unit: Unit, rows: Sequence[Row]) -> list[Column]:
    name = unit.value
    columns = [Column(name, name, lambda row: f"{row[name]:,.0f}", 1)]
    if any(row[f"{name}_min"] != row[f"{name}_max"] for row in rows if known(row[name])):
        columns.append(Column(f"{name}\n[min..max]", name, lambda row: _range(row, name), 10))
    if unit is Unit.CYCLES:
        columns.append(Column("ms", "latency_ms", lambda row: f"{row['latency_ms']:,.3f}", 2))
    return columns


def _fallback_columns(rows: Sequence[Row]) -> list[Column]:
    """The share that is not the library's, where any row has some."""
    name = FALLBACK_SHARE
    if not rows or name not in rows[0]:
        return []
    return [Column("fallback", name, lambda row: f"{100 * row[name]:.1f} %", 2)]


def _per_mac_columns(units: Sequence[Unit], *, beside_ideal: bool) -> list[Column]:
    """Counts per MAC; in a kernel benchmark they are what matters, beside the core's ideal."""
    rank, below = (2, False) if beside_ideal else (6, True)
    columns = [_per_mac(unit, rank, below) for unit in units]
    if beside_ideal:
        columns.append(
            Column(
                "ideal\nper MAC",
                "ideal_per_mac",
                lambda row: f"{row['ideal_per_mac']:.3g}",
                rank,
                optional=True,
            )
        )
    return columns


def _per_mac(unit: Unit, rank: int, below: bool) -> Column:
    value = f"{unit.value}_per_mac"
    title = f"{_SHORT[unit]}\nper MAC"
    return Column(title, value, lambda row: f"{row[value]:.2f}", rank, optional=True, below=below)


def _range(row: Row, name: str) -> str:
    low, high = row[f"{name}_min"], row[f"{name}_max"]
    return f"[{low:,.0f}..{high:,.0f}]" if low != high else ""


def _kib(title: str, value: str, rank: int) -> Column:
    return Column(
        f"{title}\nKiB",
        value,
        lambda row: f"{row[value] / 1024:,.1f}",
        rank,
        optional=True,
        below=True,
    )


def _target(row: Row) -> str:
    return f"{row['target_id']} ({str(row['core']).removeprefix('Cortex-')})"


def _kernels(row: Row) -> str:
    kernels = str(row.get("heading", row["kernel_set"]))
    if isinstance(row["aliases"], str):
        kernels += f"\n(= {row['aliases']})"
    if row["variant"] != PLAIN_VARIANT:
        kernels += f"\n+{row['variant']}"
    return f"{kernels}\n{ending_of(row['error_class'])}" if _failed(row) else kernels


def _inputs(row: Row) -> str:
    return f"{row['inputs']:,.0f} of {row['dataset']}" if known(row["inputs"]) else "-"


def _interval(row: Row) -> str:
    low, high = wilson(row["accuracy"], round(row["accuracy_n"]))
    return f"[{100 * low:.1f}..{100 * high:.1f}]"


def _equal(row: Row) -> str:
    text = f"{row['vectors_equal']:.0f}/{row['vectors_equal_n']:.0f}"
    largest = row["largest_difference"]
    return f"{text} (±{largest:.0f} LSB)" if known(largest) and largest else text


def _cell(row: Row, column: Column, notes: list[str]) -> str:
    if _present(row, column):
        return column.show(row)
    if _failed(row):
        return "-"  # the line about the failed case says why
    found = row.get(f"{column.value}_reason")
    reason = found if isinstance(found, str) else "not recorded"
    if reason not in notes:
        notes.append(reason)
    return f"-{_mark(notes.index(reason) + 1)}"


def _mark(number: int) -> str:
    return str(number).translate(_SUPERSCRIPT)


def _present(row: Row, column: Column) -> bool:
    return not column.value or known(row[column.value])


def _failed(row: Row) -> bool:
    return bool(row["status"] == CaseStatus.FAILED.value)
