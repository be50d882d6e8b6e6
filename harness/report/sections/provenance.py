"""Where every number comes from: runs, firmware, models, inputs, tools and instruments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord
from harness.report.case_name import case_of
from harness.report.content import ReportContent
from harness.report.section import Cell, Section, TableView, words

ORDER = 90

_RUN = ("run", "started", "commit", "host", "harness", "command line")
_CASE = (
    *("case", "fidelity", "ended", "build id", "compiler", "flags", "library", "model SHA-256"),
    *("image CRC-32", "data set", "inputs SHA-256", "inputs", "warm-up", "repeats", "clock MHz"),
    *("counter", "resolution", "tools", "link", "board", "caches", "protocol"),
)
_READING = (
    "case",
    "quantity",
    "value",
    "unit",
    "n",
    "min",
    "max",
    "fidelity",
    "instrument",
    "method",
)


def sections(content: ReportContent) -> list[Section]:
    """Three folded tables: runs, cases, readings."""
    runs = [
        _words(
            run.id,
            _moment(run.started),
            _commit(run.git_commit, run.git_dirty),
            run.host,
            run.harness_version,
            run.command_line,
        )
        for run in content.runs
    ]
    return [
        Section(
            "Provenance",
            lead="What was run, on what, with which tools; every reading with its instrument.",
            tables=(
                _table("runs", _RUN, runs),
                _table("cases", _CASE, [_case(record) for record in content.records]),
                _table(
                    "readings", _READING, [r for one in content.records for r in _readings(one)]
                ),
            ),
            notes=(f"made {_moment(content.made)} from {content.source or 'records'}",),
            folded=True,
        )
    ]


def _case(record: CaseRecord) -> tuple[Cell, ...]:
    library = " ".join(
        part[:24] for part in (record.library_name, record.library_version) if part is not None
    )
    tree = f" (tree {record.library_tree_hash[:12]})" if record.library_tree_hash else ""
    return _words(
        case_of(record),
        record.fidelity.value,
        _moment(record.finished),
        record.build_id,
        record.compiler,
        record.flags,
        f"{library}{tree}" or None,
        record.model_sha256,
        None if record.image_crc32 is None else f"{record.image_crc32:08x}",
        record.dataset,
        record.dataset_sha256,
        record.inputs,
        record.warmup,
        record.repeats,
        None if record.clock_hz is None else f"{record.clock_hz / 1e6:g}",
        record.counter_name,
        record.counter_resolution,
        "; ".join(f"{name} {version}" for name, version in record.tool_versions),
        _link(record),
        record.board_serial,
        record.caches,
        record.protocol_version,
    )


def _link(record: CaseRecord) -> str:
    facts = [f"{record.frames_repeated:,} frames repeated"] if record.frames_repeated else []
    return "; ".join([*facts, *([record.incidents] if record.incidents else [])]) or "undisturbed"


def _readings(record: CaseRecord) -> list[tuple[Cell, ...]]:
    rows = []
    for one in record.readings:
        if isinstance(one, Measurement):
            facts = (one.value, one.unit.value, one.n, one.minimum, one.maximum)
            more = (one.fidelity.value, one.instrument, one.method)
            rows.append(_words(case_of(record), one.quantity, *facts, *more))
        else:
            dash = (Cell("-", None, one.reason),)
            rows.append((*_words(case_of(record), one.quantity), *dash, *_words(*(7 * [""]))))
    return rows


def _table(caption: str, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> TableView:
    return TableView(caption, columns, tuple(False for _ in columns), tuple(rows))


def _words(*values: object) -> tuple[Cell, ...]:
    return tuple(_cell(value) for value in values)


def _cell(value: object) -> Cell:
    if value is None:
        return Cell("-", None, "not known")
    if isinstance(value, int | float):
        return Cell(f"{value:,.10g}", float(value))
    return words(str(value))


def _commit(commit: str | None, dirty: bool | None) -> str | None:
    if commit is None:
        return None
    return f"{commit[:12]}{' with changes' if dirty else ''}"


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
