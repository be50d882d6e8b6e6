"""A nightly as it is shown: lines for a log while it runs, then its verdict and its files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from harness.bench.events import CaseFinished, Event, Note
from harness.cli.progress import case_line
from harness.domain.plan import Case
from harness.errors import StoreError

if TYPE_CHECKING:
    from harness.domain.nightly import Night, ReportFiles

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
WIDTH = 160


class NightLines:
    """Listens to the events of a nightly and prints a line for each case and each long step."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet

    def begin(self, cases: Sequence[Case]) -> None:
        """Say how much there is to do."""
        targets = len({case.target.id for case in cases})
        self._print(f"{len(cases)} cases on {targets} targets")

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, CaseFinished):
            record = event.record
            build = "" if record.variant == "O2" else f" · {record.variant}"
            label = f"{record.model} · {record.target_id} · {record.kernel_set}{build}"
            if not self._quiet:
                self._console.print(case_line(label, record, event.taken_over))
        elif isinstance(event, Note):
            self._print(f"  {event.text}")

    def _print(self, text: str) -> None:
        if not self._quiet:
            self._console.print(text, style="dim", markup=False)


def show(night: Night) -> None:
    """Print the verdict and the health of the rig."""
    from harness.report.night import night_sections
    from harness.report.section_text import sections_shown, sections_text

    console = Console()
    if console.is_terminal:
        console.print(sections_shown(night_sections(night)))
    else:  # a file or a log has no edge to keep within
        console.file.write(sections_text(night_sections(night), WIDTH))


def write(night: Night, files: ReportFiles, results: str | None) -> None:
    """Write the reports that are wanted, and the summary of a step of GitHub Actions.

    Raises:
        StoreError: a file cannot be written, or the database not be read.
    """
    from harness.report.files import write_text
    from harness.report.junit import junit_xml
    from harness.report.night import night_title, summary_markdown
    from harness.report.openmetrics import openmetrics_text

    if files.junit:
        write_text(files.junit, junit_xml(night))
    if files.openmetrics:
        write_text(files.openmetrics, openmetrics_text(night))
    if files.summary:
        write_text(files.summary, summary_markdown(night))
    if step := os.environ.get(STEP_SUMMARY):
        _append(Path(step), summary_markdown(night))
    if files.html:
        from harness import assembly
        from harness.report.html import render

        content = assembly.night_content(night, results)
        write_text(files.html, render(content, night_title(night)))


def _append(path: Path, text: str) -> None:
    """Add to a file that other steps write to as well.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise StoreError(
            f"the step summary cannot be written: {error.strerror or error}",
            where=str(path),
            hint=f"Name a file that can be written in {STEP_SUMMARY}, or unset it.",
        ) from error
