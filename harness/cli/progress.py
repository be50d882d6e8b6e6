"""Progress of a run: bars where somebody watches, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

from harness.bench.events import (
    CaseFinished,
    CaseStarted,
    Event,
    Flashing,
    InputsDone,
    Note,
    StageStarted,
)
from harness.domain.fallback import FALLBACK_SHARE
from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord, CaseStatus
from harness.report.case_name import ending_of

HEARTBEAT_S = 15.0
_SPEED_OVER_S = 600.0


class RunProgress:
    """Listens to a run's events and shows them on `console`.

    On a terminal two bars: the cases of the run, and the inputs of the running case. Elsewhere a
    line for each step that takes long, and one at least every `HEARTBEAT_S` seconds of flashing
    and streaming.
    """

    def __init__(
        self, console: Console, *, quiet: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._quiet = quiet
        self._clock = clock
        self._last_line = clock()
        self._label = ""
        self._bars = Progress(
            TextColumn(
                "{task.description}",
                table_column=Column(min_width=40, no_wrap=True, overflow="ellipsis"),
            ),
            BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=8)),
            TextColumn("{task.fields[done]}", justify="right"),
            TimeElapsedColumn(),
            _TimeLeft(),
            console=console,
            transient=True,
            expand=True,
            speed_estimate_period=_SPEED_OVER_S,
            disable=quiet or not console.is_terminal,
        )
        self._run = self._bars.add_task("checking models and data sets", total=None, done="")
        self._case = self._bars.add_task("", total=None, visible=False, done="")

    def __enter__(self) -> RunProgress:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case CaseStarted(case, number, total):
                self._label = case.label
                self._bars.update(
                    self._run,
                    description=f"case {number} of {total}: {case.label}",
                    total=total,
                    completed=number - 1,
                    done=f"{number - 1}/{total} cases",
                )
            case StageStarted(stage):
                self._step(stage.value)
            case Note(text):
                self._step(text)
                self._line(Text(f"  {text}"))
            case Flashing(phase, fraction):
                self._flashing(phase, fraction)
            case InputsDone(done, total):
                self._inputs(done, total)
            case CaseFinished(record, taken_over):
                self._bars.update(self._run, advance=1)
                self._bars.update(self._case, visible=False)
                self._line(case_line(self._label, record, taken_over), always=True)

    def _step(self, text: str) -> None:
        self._bars.reset(self._case, total=None, visible=True, description=f"  {text}", done="")

    def _flashing(self, phase: str, fraction: float) -> None:
        self._bars.update(self._case, completed=fraction, total=1, done=f"{phase} {fraction:.0%}")
        if self._clock() - self._last_line >= HEARTBEAT_S:
            self._line(Text(f"  {self._label}: {phase} {fraction:.0%}"))

    def _inputs(self, done: int, total: int) -> None:
        self._bars.update(self._case, completed=done, total=total, done=f"{done}/{total} inputs")
        if self._clock() - self._last_line >= HEARTBEAT_S:
            self._line(Text(f"  {self._label}: {done} of {total} inputs"))

    def _line(self, text: Text, *, always: bool = False) -> None:
        """Print a line; one that the bars tell too only where there are none."""
        self._last_line = self._clock()
        if not self._quiet and (always or not self._console.is_terminal):
            self._console.print(text, soft_wrap=True)


class _TimeLeft(ProgressColumn):
    """What remains at the pace so far, where that can be told."""

    def render(self, task: Task) -> Text:
        if not task.total or task.time_remaining is None or task.finished:
            return Text("")
        minutes, seconds = divmod(int(task.time_remaining), 60)
        hours, minutes = divmod(minutes, 60)
        return Text(f"{hours}:{minutes:02}:{seconds:02} left", style="progress.remaining")


def case_line(label: str, record: CaseRecord, taken_over: bool = False) -> Text:
    """One line that says how a case ended."""
    if record.status is CaseStatus.FAILED:
        first = next(iter((record.error_message or "").splitlines()), "")
        name = ending_of(record.error_class)
        why = (name if first in ("", name) else f"{name} {first}", "red")
        return Text.assemble(("x", "red"), f" {label}: ", why)
    facts = []
    for quantity in ("instructions", "cycles"):
        reading = record.reading(quantity)
        if isinstance(reading, Measurement):
            facts.append(f"{reading.value:,.0f} {reading.unit}")
    share = record.reading(FALLBACK_SHARE)
    if isinstance(share, Measurement) and share.value:
        facts.append(f"{100 * share.value:.1f} % of them fallback")
    seconds = (record.finished - record.started).total_seconds()
    inputs = "input" if record.inputs == 1 else "inputs"
    facts.append(f"{record.inputs} {inputs}, {seconds:.1f} s in all")  # its build too
    if record.frames_repeated:
        facts.append(f"{record.frames_repeated} frames repeated")
    if taken_over:
        return Text.assemble(("=", "green"), f" {label}: {', '.join(facts)}, taken over")
    return Text.assemble(("+", "green"), f" {label}: {', '.join(facts)}")
