"""What the report comes to: the verdict beside a baseline, or how many cases ended well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harness.domain.comparability import in_words
from harness.domain.measurement import Measurement
from harness.domain.record import CaseStatus
from harness.domain.verdict import WORST_FIRST, CaseVerdict, Judgement, MetricVerdict, worst
from harness.report.content import Comparison, ReportContent
from harness.report.footer import failure_lines
from harness.report.section import Cell, Section, TableView, number, words

ORDER = 0

_COLUMNS = ("judgement", "case", "metric", "before", "after", "change", "reason", "what moved")
_NUMERIC = (False, False, False, True, True, True, False, False)
_PLURAL = {Judgement.SAME: "unchanged", Judgement.NEW: "new", Judgement.NO_RESULT: "without result"}


def sections(content: ReportContent) -> list[Section]:
    """The verdict where there is one, and the summary of the cases."""
    summary = _summary(content)
    return [_verdict(content.comparison), summary] if content.comparison else [summary]


def _verdict(comparison: Comparison) -> Section:
    judgements = [verdict.judgement for verdict in comparison.verdicts]
    outcome = worst(judgements)
    numbers = Counter(judgements)
    told = ", ".join(_counted(one, numbers[one]) for one in WORST_FIRST if numbers[one])
    every = comparison.verdicts
    telling = [one for one in every if one.judgement is not Judgement.SAME or _why(one)]
    ordered = sorted(telling, key=lambda one: WORST_FIRST.index(one.judgement))
    rows = tuple(row for verdict in ordered for row in _rows(verdict))
    return Section(
        f"Verdict: {'no change' if outcome is Judgement.SAME else outcome.value}",
        lead=f"{told or 'no case'}; compared with {comparison.against}.",
        state=outcome.value,
        tables=(TableView("verdicts", _COLUMNS, _NUMERIC, rows),) if rows else (),
        notes=comparison.notes,
    )


def _counted(judgement: Judgement, n: int) -> str:
    plain = _PLURAL.get(judgement)
    if plain:
        return f"{n:,} {plain}"
    return f"{n:,} {judgement.value}{'s' if n > 1 else ''}"


def _rows(verdict: CaseVerdict) -> Iterator[tuple[Cell, ...]]:
    moved = "; ".join(map(str, (*verdict.operators, *verdict.kernels)))
    case = words(verdict.key.label)
    if not verdict.metrics:
        dashes = tuple(number(None, "", verdict.reason or "no metric") for _ in range(3))
        reason = verdict.reason or in_words(verdict.changed)
        yield (_judged(verdict.judgement), case, words(""), *dashes, words(reason), words(moved))
    same = verdict.judgement is Judgement.SAME
    for metric in _why(verdict) if same else verdict.metrics:
        inside = moved if metric.judgement is not Judgement.SAME else ""
        yield (
            _judged(metric.judgement),
            case,
            words(metric.metric),
            *_numbers(metric),
            words(metric.reason),
            words(inside),
        )


def _why(verdict: CaseVerdict) -> list[MetricVerdict]:
    """The metrics of which something is told, whatever became of them."""
    return [metric for metric in verdict.metrics if metric.reason]


def _judged(judgement: Judgement) -> Cell:
    return Cell(judgement.value, float(WORST_FIRST.index(judgement)))


def _numbers(metric: MetricVerdict) -> tuple[Cell, Cell, Cell]:
    unit = "" if metric.unit == "fraction" else f" {metric.unit}"
    absent = metric.reason or "no such number"
    before, after, change = metric.before, metric.after, metric.change
    return (
        number(before, "" if before is None else f"{before:,.10g}{unit}", absent),
        number(after, "" if after is None else f"{after:,.10g}{unit}", absent),
        number(change, "" if change is None else f"{100 * change:+.2f} %", absent),
    )


def _summary(content: ReportContent) -> Section:
    ok = [record for record in content.records if record.status is CaseStatus.OK]
    failed = len(content.records) - len(ok)
    facts = [f"{len(ok):,} of {len(content.records):,} cases ended well"]
    readings = [record.reading("vectors_equal") for record in ok]
    equal = [one for one in readings if isinstance(one, Measurement)]
    if equal:
        facts.append(
            f"{sum(round(one.value) for one in equal):,} of {sum(one.n for one in equal):,} output "
            "vectors equal LiteRT's reference kernels byte for byte"
        )
    kinds = sorted({record.fidelity.value for record in content.records})
    facts.append(f"numbers are {' and '.join(kinds)}" if kinds else "there is nothing to show")
    outcome = Judgement.NO_RESULT if failed else Judgement.SAME
    return Section(
        "Summary",
        lead="; ".join(facts) + ".",
        state="" if content.comparison else outcome.value,
        notes=tuple(f"failed: {line}" for line in failure_lines(content.records)),
    )
