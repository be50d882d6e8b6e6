"""`harness compare`: kept cases side by side, where they may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import OUTPUT, Json, Results
from harness.cli.presented import PANEL, present, require_known
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.domain.comparison import ComparisonTable
    from harness.domain.observation import Observation
    from harness.results.pivot import Pivot

WHAT = "What to compare"
RUNS = (
    "a run (last, last~1, the beginning of an id, a tag), a git revision, a day, baseline or "
    "FILE.json"
)
_METRICS = ("accuracy", "flash", "ram")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(compare)


def compare(
    first: Annotated[
        str, typer.Argument(metavar="[A]", help=f"The cases: {RUNS}.", show_default=True)
    ] = "last",
    second: Annotated[
        str | None, typer.Argument(metavar="[B]", help="What to set beside them, named alike.")
    ] = None,
    across: Annotated[
        str | None,
        typer.Option(
            help="Columns: targets, kernels, models or builds.",
            show_default="kernels, unless B is given",
            rich_help_panel=WHAT,
        ),
    ] = None,
    pivot: Annotated[
        str | None,
        typer.Option(
            metavar="LAYOUT",
            help="Any table that pandas can pivot: 'rows=A,B columns=C values=D "
            "aggregate=median', in short A+B,C,D. A to D are any columns of the kept cases (a "
            "wrong one is answered with the list), or target, kernels, build, library, flash, "
            "ram, arena, weights; run is what the cases compared are called. Aggregates: median, "
            "mean, min, max, sum, count, std, first, last.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="Metric: instructions, cycles, accuracy, vectors_equal, flash, ram, arena...; "
            "repeat for several.",
            show_default="the counts, accuracy, flash and ram",
            rich_help_panel=WHAT,
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Compare what was measured under different conditions too; the table is marked.",
            rich_help_panel=WHAT,
        ),
    ] = False,
    estimate_cycles: Annotated[
        bool,
        typer.Option(
            "--estimate-cycles",
            help="Below, in a table of its own: cycles worked out from simulated instructions.",
            rich_help_panel=WHAT,
        ),
    ] = False,
    json: Json = False,
    save: Annotated[
        list[Path] | None,
        typer.Option(
            help="Also write the table to FILE; its suffix chooses .json, .csv or .md.",
            rich_help_panel=OUTPUT,
            dir_okay=False,
        ),
    ] = None,
    results: Results = None,
) -> None:
    """Set kept cases side by side: two runs, or one run across its kernel sets, targets, builds.

    A row holds only cases whose conditions are equal but for what is compared: board, clock,
    counter, compiler, flags, model, data set, library and more. Others are left out, with what
    differs; where nothing is left, that is an error. Simulated and measured numbers never share a
    table.

    Examples:

    - `harness compare --across kernels` shows the speed-up of cmsis-nn over reference, per model
      and core.
    - `harness compare last~1 last` shows what changed since the run before.
    - `harness compare last --pivot model,target,ram` tells the RAM of each model on each target.
    - `harness compare last --pivot 'rows=core columns=kernels values=instructions aggregate=mean'`
    tells the mean count over all models on each core. A cell aggregates only cases that every
    cell of its row has the like of.
    """
    from harness.report.compared import comparison_rows, comparison_sections

    require_known(save or [])
    if pivot is not None:
        names = [first, *([second] if second else [])]
        tables, observations = _pivoted(names, results, across, pivot, metric, force)
    else:
        observations, base = _observations(first, second, results)
        layout = _layout(observations, base, across)
        tables = _compared(observations, layout, metric, force)
    if not tables:
        raise _nothing(observations, metric or [])
    sections = comparison_sections(tables)
    if estimate_cycles:
        from harness.cli.estimating import estimated

        sections.append(estimated(observations)[0])
    rows = comparison_rows(tables)
    title = f"{first} and {second}" if second else first
    present(f"Comparison of {title}", sections, rows, json=json, save=save or [])


def _observations(
    first: str, second: str | None, results: str | None
) -> tuple[list[Observation], str | None]:
    """The cases, and the label of the first ones where there are two."""
    from harness.cli.kept import cases_called
    from harness.results.comparison import labelled

    label, found = cases_called(first, results)
    if second is None:
        return found, None
    other, more = cases_called(second, results)
    other = f"{other} (B)" if other == label else other
    return [*labelled(found, label), *labelled(more, other)], label


def _layout(observations: Sequence[Observation], base: str | None, across: str | None) -> Pivot:
    from harness.results.pivot import pivot_across, pivot_of_runs

    if base is not None and across is None:
        return pivot_of_runs(observations, base)
    return pivot_across(across or "kernels", observations)


def _compared(
    observations: Sequence[Observation],
    layout: Pivot,
    metric: Sequence[str] | None,
    force: bool,
) -> list[ComparisonTable]:
    """The tables of every metric that has one; where none has, the first error is raised."""
    from harness.results.comparison import compare as compared

    tables: list[ComparisonTable] = []
    left_out: list[ConfigError] = []
    for name in metric or (None, *_METRICS):
        try:
            found = compared(observations, layout, name, force=force)
            tables += [table for table in found if table.unit]  # a metric that no case has
        except ConfigError as error:
            left_out.append(error)
    if left_out and not tables:
        raise left_out[0]
    return tables


def _nothing(observations: Sequence[Observation], metrics: Sequence[str]) -> ConfigError:
    """Why there is no table at all."""
    what = "there is nothing to compare"
    known = sorted({name for one in observations for name in one.metrics})
    if known and metrics:
        what += f": no case has {', '.join(metrics)}"
        return ConfigError(what, hint=f"Use one of {', '.join(known)}.")
    failed = {one.key.label: one.trouble for one in observations if one.trouble}
    if failed:
        what += ": every case failed" + "".join(f"\n  {one}: {why}" for one, why in failed.items())
    return ConfigError(what, hint="Name a run with cases that ended well (`harness results list`).")


def _pivoted(
    names: Sequence[str],
    results: str | None,
    across: str | None,
    pivot: str,
    metric: Sequence[str] | None,
    force: bool,
) -> tuple[list[ComparisonTable], Sequence[Observation]]:
    from harness import assembly
    from harness.results.pivot_request import ALIASES, pivot_request

    if across is not None:
        raise ConfigError("--across and --pivot are two ways to say one thing", hint="Use one.")
    asked = pivot_request(pivot)  # before pandas, which takes long to import
    if metric:
        if asked.values:
            raise ConfigError(
                "--metric and the values of --pivot are two ways to say one thing", hint="Use one."
            )
        asked = replace(asked, values=tuple(ALIASES.get(name, name) for name in metric))
    from harness.results.case_table import case_table
    from harness.results.kept import open_kept
    from harness.results.pivot_any import pivoted

    table = case_table(names, lambda: open_kept(results), commit_of=assembly.git_commit)
    return pivoted(table, asked, force=force), table.observations
