"""A command that measures: plan, progress, and the table of what has ended, also after Ctrl-C."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from harness.bench.events import Event, Listener
    from harness.bench.run import Outcome
    from harness.bench.timings import StageTimes
    from harness.domain.plan import Case
    from harness.domain.record import CaseRecord

DOCUMENT_WIDTH = 140


def measure_and_present(
    plan: Callable[[Callable[[str], None] | None], list[Case]],
    measure: Callable[[list[Case], Listener], Outcome],
    kept: Callable[[], str],
    *,
    json: bool,
    save: Sequence[Path],
    quiet: bool,
    timings: bool = False,
    resumable: bool = False,
) -> int:
    """Measure the cases of `plan`, show their rows, and return the exit code.

    `plan` is given the listener of its notes; `kept` tells afterwards where the rows are. With
    `timings` the stages of each case are shown too. With `resumable` the command has `--resume`,
    which is told after Ctrl-C.

    Raises:
        HarnessError: as `plan` and `measure`; the rows that had ended are shown first.
    """
    from rich.console import Console

    from harness.bench.events import CaseFinished
    from harness.bench.timings import StageTimes
    from harness.cli.progress import RunProgress
    from harness.domain.record import CaseStatus
    from harness.report import require_writable

    require_writable(save)
    console = Console(stderr=True)
    cases = plan(None if quiet else lambda note: console.print(note, style="dim", soft_wrap=True))
    ended: list[CaseRecord] = []
    times = StageTimes() if timings else None

    def told_after(error: type[BaseException] | None) -> None:
        if ended and error is KeyboardInterrupt:
            well = sum(record.status is CaseStatus.OK for record in ended)
            text = f"{kept()}: {well} of {len(cases)} cases ended well"
            again = "; the same command with --resume goes on" if resumable else ""
            console.print(text + again, style="dim", soft_wrap=True)

    with contextlib.ExitStack() as finally_:
        if not quiet:
            finally_.push(lambda kind, *_: told_after(kind))
        # Also after Ctrl-C, and after an error that stops the run: what has ended is shown.
        finally_.callback(lambda: _present(ended, console, times, json=json, save=save))
        progress = finally_.enter_context(RunProgress(console, quiet=quiet))

        def listen(event: Event) -> None:
            if isinstance(event, CaseFinished):
                ended.append(event.record)
            if times is not None:
                times(event)
            progress(event)

        outcome = measure(cases, listen)
    if not quiet:
        console.print(kept(), style="dim")
    return outcome.exit_code


def _present(
    records: Sequence[CaseRecord],
    console: Console,
    times: StageTimes | None,
    *,
    json: bool,
    save: Sequence[Path],
) -> None:
    """Show `records` as a table (on `console` where JSON goes to stdout), and write the files.

    Raises:
        StoreError: a file cannot be written.
    """
    if not records:
        return
    from rich.console import Console

    from harness.report import (
        records_to_json,
        summary,
        summary_text,
        timings_table,
        write_report,
    )

    out = console if json else Console()
    if out.is_terminal:
        out.print(summary(records, width=out.width))
    else:  # a file or a log has no edge to keep within
        out.file.write(summary_text(records, width=DOCUMENT_WIDTH))
    if times is not None:
        out.print(timings_table(times.cases))
    if json:
        seconds = None if times is None else [of_case for _, of_case in times.cases]
        typer.echo(records_to_json(records, seconds))
    for path in save:
        write_report(path, records)
