"""What silicon, simulated and model mean: the last word of every report."""

from __future__ import annotations

from harness.report.content import ReportContent
from harness.report.section import Section

ORDER = 95


def sections(content: ReportContent) -> list[Section]:
    """Always one."""
    return [
        Section(
            "What the numbers are",
            notes=(
                "silicon: counted or measured on a real board: cycles, time, current, energy",
                "simulated: counted by a simulator: instructions, the same in every run, no time",
                "model: worked out from counts or data sheets: an interval with its basis, never a "
                "measurement, and never beside one in a chart",
                "a dash is a number that is missing; its reason is told on it and below the table",
            ),
        )
    ]
