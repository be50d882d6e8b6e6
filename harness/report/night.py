"""A nightly as sections: the verdict first, then the health of the rig and what could not be."""

from __future__ import annotations

from collections.abc import Iterator

from harness.domain.nightly import Night, is_rig_failure
from harness.domain.record import CaseRecord
from harness.report.document import sections_markdown
from harness.report.section import Cell, Section, TableView, number, words
from harness.report.verdicts import verdict_section

_COLUMNS = ("target", "cases", "ended well", "rig failures", "after another try", "at last with")


def night_title(night: Night) -> str:
    """The heading of all of a nightly's reports."""
    return f"Nightly of {night.run.started:%Y-%m-%d}"


def night_sections(night: Night) -> list[Section]:
    """The verdict, and a table of the rig's health: a bad bench is not a bad commit."""
    return [verdict_section(f"this run against {night.against}", night.verdicts), _health(night)]


def summary_markdown(night: Night) -> str:
    """The sections in GitHub's Markdown, as a step summary takes it."""
    return sections_markdown(night_sections(night), night_title(night)) + "\n"


def _health(night: Night) -> Section:
    targets = dict.fromkeys(record.target_id for record in night.records)
    return Section(
        "Rig",
        lead=f"run {night.run.id[:8]} on {night.run.host}, "
        f"commit {(night.run.git_commit or 'not known')[:12]}",
        tables=(
            TableView(
                "health of the rig",
                _COLUMNS,
                (False, True, True, True, True, False),
                tuple(tuple(_row(night, target)) for target in targets),
            ),
        ),
        notes=(*_failures(night), *night.left_out),
    )


def _row(night: Night, target: str) -> Iterator[Cell]:
    mine = [record for record in night.records if record.target_id == target]
    well = [record for record in mine if record.error_class is None]
    replaced = [record for record in night.retried if record.target_id == target]
    failures = [record for record in mine if is_rig_failure(record)]
    mended = {_case(record) for record in replaced} & {_case(record) for record in well}
    last = [*replaced, *failures][-1:]
    yield words(target)
    for count in (len(mine), len(well), len(failures) + len(replaced), len(mended)):
        yield number(float(count), str(count))
    yield words(last[0].error_class or "" if last else "")


def _failures(night: Night) -> Iterator[str]:
    for record in night.records:
        if record.error_class is not None:
            case = f"{record.model} · {record.target_id} · {record.kernel_set}"
            yield f"{case}: {record.error_class}: {record.error_message}"


def _case(record: CaseRecord) -> tuple[str, ...]:
    return (record.model, record.target_id, record.kernel_set, record.variant)
