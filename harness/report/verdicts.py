"""Verdicts on cases as one section: what is not the same in detail, the rest as a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.domain.comparability import in_words
from harness.domain.verdict import WORST_FIRST, CaseVerdict, Judgement, MetricVerdict, worst
from harness.report.section import Cell, Section, TableView, number, words

_COLUMNS = ("verdict", "case", "metric", "before", "after", "change", "why")
_NUMERIC = (False, False, False, True, True, True, False)


def verdict_section(title: str, verdicts: Sequence[CaseVerdict]) -> Section:
    """The worst first; below the table which operators and kernel functions moved."""
    judged = [one.judgement for one in verdicts]
    numbers = Counter(judged)
    told = ", ".join(f"{numbers[one]} {one.value}" for one in WORST_FIRST if numbers[one])
    ordered = sorted(verdicts, key=lambda one: WORST_FIRST.index(one.judgement))
    rows = tuple(row for one in ordered for row in _rows(one))
    outcome = worst(judged)
    return Section(
        f"Verdict: {'no change' if outcome is Judgement.SAME else outcome.value}",
        lead=f"{title}: {told or 'no case'}",
        state=outcome.value,
        tables=(TableView("verdicts", _COLUMNS, _NUMERIC, rows),) if rows else (),
        notes=tuple(dict.fromkeys(note for one in ordered for note in _notes(one))),
    )


def _rows(verdict: CaseVerdict) -> Iterator[tuple[Cell, ...]]:
    case = words(verdict.key.label)
    telling = [one for one in verdict.metrics if one.judgement is not Judgement.SAME or one.reason]
    if verdict.reason and not telling:
        yield (words(verdict.judgement), case, *map(words, ("", "", "", "", verdict.reason)))
    for one in telling:
        yield (words(one.judgement), case, words(one.metric), *_numbers(one), words(_why(one)))


def _numbers(one: MetricVerdict) -> tuple[Cell, ...]:
    values = (one.before, one.after)
    shown = tuple(number(value, f"{value:,.10g}", "no number") for value in values)
    if one.change is None:
        return (*shown, words(""))
    return (*shown, number(one.change, f"{100 * one.change:+.2f} %"))


def _why(one: MetricVerdict) -> str:
    parts = [one.reason] if one.reason else []
    if one.p_value is not None and one.judgement is not Judgement.SAME:
        parts.append(f"p = {one.p_value:.2g}")
    parts += ["to be confirmed by an immediate re-run"] * one.needs_confirmation
    return "; ".join(parts)


def _notes(verdict: CaseVerdict) -> Iterator[str]:
    label = verdict.key.label
    if verdict.changed:
        yield f"{label}: changed meanwhile: {in_words(verdict.changed)}"
    if verdict.operators:
        yield f"{label}: moved: {'; '.join(map(str, verdict.operators))}"
    if verdict.kernels:
        yield f"{label}: by kernel function: {'; '.join(map(str, verdict.kernels))}"
