"""Progress of a run on the terminal: bars where somebody watches, a line per case elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness.bench.events import CaseFinished, CaseStarted, Event, InputsDone, Note, StageStarted
from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord, CaseStatus


class RunProgress:
    """Listens to a run's events and shows them on `console`."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._label = ""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._all = self._progress.add_task("cases", total=None)
        self._one = self._progress.add_task("", total=None, visible=False)

    def __enter__(self) -> RunProgress:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case CaseStarted(case, number, total):
                self._label = case.label
                self._progress.update(self._all, total=total, completed=number - 1)
                self._progress.reset(self._one, total=None, visible=True, description=case.label)
            case StageStarted(stage):
                self._progress.update(self._one, description=f"{self._label}: {stage}")
            case Note(text):
                self._progress.update(self._one, description=f"{self._label}: {text}")
            case InputsDone(done, total):
                self._progress.update(self._one, completed=done, total=total)
            case CaseFinished(record):
                self._progress.update(self._all, advance=1)
                if not self._quiet:
                    self._console.print(case_line(self._label, record))


def case_line(label: str, record: CaseRecord) -> str:
    """One line of rich markup that says how a case ended."""
    seconds = (record.finished - record.started).total_seconds()
    if record.status is CaseStatus.FAILED:
        first = (record.error_message or "").splitlines()[0:1]
        return f"[red]x[/] {label}: [red]{record.error_class}[/] {' '.join(first)}"
    facts = []
    for quantity in ("instructions", "cycles"):
        reading = record.reading(quantity)
        if isinstance(reading, Measurement):
            facts.append(f"{reading.value:,.0f} {reading.unit}")
    facts.append(f"{record.inputs} inputs in {seconds:.1f} s")
    return f"[green]+[/] {label}: {', '.join(facts)}"
