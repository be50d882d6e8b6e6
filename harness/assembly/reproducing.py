"""Runs the rows of a published study from the files that a user has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.assembly.measuring import Bench
from harness.assembly.studies import StudyRow, Workbench, studies, study
from harness.bench.events import Listener, nobody
from harness.catalog.definitions import pick
from harness.domain.bubble import Bubble
from harness.domain.energy_asked import EnergyAsked
from harness.domain.study import Figure, NeededFile, RowResult
from harness.errors import BadDataset, HarnessError

DEFAULT_TARGET = "mps2-an500"


@dataclass(frozen=True)
class Reproduction:
    """How a study ended; `errors` are those of rows that failed, in their order."""

    title: str
    rows: tuple[RowResult, ...]
    errors: tuple[HarnessError, ...]
    kept: str

    @property
    def exit_code(self) -> int:
        """The exit code the first failure asks for; 0 where no row failed."""
        return self.errors[0].exit_code if self.errors else 0


def list_studies() -> list[tuple[str, str, Mapping[str, str]]]:
    """Names, titles, and options with what each takes."""
    return [
        (name, module.TITLE, getattr(module, "OPTIONS", {})) for name, module in studies().items()
    ]


def study_files(name: str) -> list[NeededFile]:
    """All files of a study, each once.

    Raises:
        UnknownName: there is no such study.
    """
    return list(dict.fromkeys(needed for row in study(name).rows() for needed in row.needs))


def reproduce(
    name: str,
    data: Path,
    on_event: Listener = nobody,
    *,
    targets: Sequence[str] | None = None,
    kernel_sets: Sequence[str] | None = None,
    limit: int | None = None,
    results: str | None = None,
    rig_file: Path | None = None,
    energy: EnergyAsked | None = None,
    options: Mapping[str, str] | None = None,
    on_row: Callable[[str], None] = lambda title: None,
) -> Reproduction:
    """Run every row of a study whose files are below `data`; a row that fails stops no other.

    `energy` is what is asked of a power meter for each case; None: the desk's own.

    Raises:
        UnknownName: there is no such study, or option of it.
        BadDataset: no row has all its files: nothing was run.
        KeyboardInterrupt: Ctrl-C; rows that ended are in the store.
    """
    chosen = study(name)
    for option in options or {}:
        pick("option", option, getattr(chosen, "OPTIONS", {}))
    rows = chosen.rows()
    missing = {row.title: _missing(row, data) for row in rows}
    if all(missing.values()):
        raise _nothing_there(name, data, study_files(name))
    bench = Bench(results, rig_file=rig_file, energy=energy)
    workbench = Workbench(
        data=data,
        bench=bench,
        targets=targets or [DEFAULT_TARGET],
        kernel_sets=kernel_sets or ["cmsis-nn"],
        limit=limit,
        rig_file=rig_file,
        on_event=on_event,
        options=options or {},
    )
    ended, errors = [], []
    for row in rows:
        if missing[row.title]:
            ended.append(RowResult(row.title, missing=missing[row.title]))
            continue
        on_row(row.title)
        result, error = _run(row, workbench)
        ended.append(result)
        if error is not None:
            errors.append(error)
    kept = bench.kept() if bench.run_id else ""
    return Reproduction(chosen.TITLE, tuple(ended), tuple(errors), kept)


def _missing(row: StudyRow, data: Path) -> tuple[NeededFile, ...]:
    return tuple(needed for needed in row.needs if not (data / needed.path).exists())


def _run(row: StudyRow, workbench: Workbench) -> tuple[RowResult, HarnessError | None]:
    result = RowResult(row.title)
    try:
        for figure in row.measure(workbench):
            result = _with(result, figure)
    except HarnessError as error:
        return replace(result, error=f"{type(error).__name__}: {error}"), error
    return result, None


def _with(result: RowResult, figure: Figure | Bubble) -> RowResult:
    if isinstance(figure, Bubble):
        return replace(result, bubbles=(*result.bubbles, figure))
    return replace(result, figures=(*result.figures, figure))


def _nothing_there(name: str, data: Path, needed: Sequence[NeededFile]) -> BadDataset:
    listed = "".join(f"\n  {one.path}  from {one.origin}" for one in needed)
    return BadDataset(
        f"no row of {name} has all its files; needed are:{listed}",
        where=str(data),
        hint="Put the files there, or name another folder with --data.",
    )
