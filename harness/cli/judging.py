"""Judging kept runs for a command: the verdicts, how they are shown, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.domain.verdict import exit_code

if TYPE_CHECKING:
    from harness.domain.verdict import CaseVerdict


def verdicts_on(
    before: str,
    after: str,
    *,
    results: str | None,
    thresholds: Path | None,
    allow: Sequence[str] = (),
) -> tuple[str, list[CaseVerdict]]:
    """What is compared in words, and a verdict for each case of the two.

    Raises:
        BadDefinition: of the thresholds or a baseline.
        ConfigError, StoreError: a run is not there, or the database cannot be read.
    """
    from harness import assembly
    from harness.cli.kept import cases_called
    from harness.results.judged import judge_beside_history
    from harness.results.kept import is_kept, open_kept

    limits = assembly.thresholds(thresholds)
    limits = replace(limits, may_change=(*limits.may_change, *assembly.free_fields(allow)))
    (label, first), (other, second) = (cases_called(name, results) for name in (before, after))
    store = open_kept(results) if is_kept(results) else None
    verdicts = judge_beside_history(
        first, second, limits, store, contains=assembly.history_contains
    )
    return f"{other} against {label}", verdicts


def conclude(
    title: str, verdicts: Sequence[CaseVerdict], *, json: bool, save: Sequence[Path]
) -> int:
    """Show the verdicts and return the exit code: 0 fine, 1 regression, 4 no result.

    Raises:
        StoreError: a file cannot be written.
    """
    from harness.cli.presented import present
    from harness.report.verdicts import verdict_section

    present(
        title,
        [verdict_section(title, verdicts)],
        [_row(one) for one in verdicts],
        json=json,
        save=save,
        flat=[row for one in verdicts for row in _flat(one)],
    )
    return exit_code(verdicts)


def _flat(verdict: CaseVerdict) -> list[dict[str, Any]]:
    """A row for each metric, one without where there is none."""
    case = {"case": verdict.key.label, "case_judgement": verdict.judgement.value}
    reason = {"case_reason": verdict.reason}
    return [{**case, **reason, **asdict(metric)} for metric in verdict.metrics] or [
        {**case, **reason}
    ]


def _row(verdict: CaseVerdict) -> dict[str, Any]:
    plain = asdict(verdict)
    return {
        "case": verdict.key.label,
        **{name: plain[name] for name in ("judgement", "reason", "metrics")},
        "operators": [str(one) for one in verdict.operators],
        "kernels": [str(one) for one in verdict.kernels],
        "changed": [str(one) for one in verdict.changed],
        "key": plain["key"],
    }
