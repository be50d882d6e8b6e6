"""Accuracy against multiply-accumulates; the area of a bubble is the size of the weights."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.bubble import Bubble
from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord
from harness.report.bubbles import LEAD, bubble_figure
from harness.report.case_name import kernels_of
from harness.report.content import ReportContent
from harness.report.section import Section

ORDER = 30

Answers = tuple[str, float, int]  # of a model: the share of right ones, and of how many


def sections(content: ReportContent) -> list[Section]:
    """One picture: a bubble for each model, more where its cases differ in accuracy."""
    found: dict[Answers, list[CaseRecord]] = {}
    for record in content.records:
        accuracy = record.reading("accuracy")
        if isinstance(accuracy, Measurement) and record.macs and record.weight_bytes:
            found.setdefault((record.model, accuracy.value, accuracy.n), []).append(record)
    if not found:
        return []
    figure = bubble_figure([_bubble(answers, same) for answers, same in found.items()])
    return [Section("Accuracy against operations", lead=LEAD, figures=(figure,))]


def _bubble(answers: Answers, same: Sequence[CaseRecord]) -> Bubble:
    model, share, n = answers
    kernels = ", ".join(dict.fromkeys(map(kernels_of, same)))
    targets = ", ".join(dict.fromkeys(record.target_id for record in same))
    return Bubble(
        name=model,
        macs=same[0].macs or 1,
        accuracy=share,
        n=n,
        weight_bytes=same[0].weight_bytes or 0,
        note=f"{kernels}\n{targets}",
    )
