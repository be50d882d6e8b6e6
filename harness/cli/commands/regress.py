"""`harness regress`: did anything get worse between two runs?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import OUTPUT, Json, Results
from harness.cli.presented import PANEL, require_known

JUDGED = "How to judge"
Thresholds = Annotated[
    Path | None,
    typer.Option(
        help="TOML file of limits per metric and of known steps.",
        show_default="those of the harness",
        rich_help_panel=JUDGED,
        dir_okay=False,
    ),
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FIELD",
        help="Condition that may differ, such as compiler or simulator; repeat for several.",
        rich_help_panel=JUDGED,
    ),
]
Save = Annotated[
    list[Path] | None,
    typer.Option(
        help="Also write the verdicts to FILE; its suffix chooses .json, .csv or .md.",
        rich_help_panel=OUTPUT,
        dir_okay=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(regress)


def regress(
    before: Annotated[
        str,
        typer.Argument(
            metavar="[A]",
            help="What was: a run (last~1, the beginning of an id, a tag), a git revision, a day, "
            "baseline or FILE.json.",
        ),
    ] = "baseline",
    after: Annotated[str, typer.Argument(metavar="[B]", help="What is, named alike.")] = "last",
    thresholds: Thresholds = None,
    allow: Allow = None,
    json: Json = False,
    save: Save = None,
    results: Results = None,
) -> None:
    """Judge every case of two runs: regression, improvement, same, known step or no result.

    Instructions, sizes and accuracy are deterministic: any change beyond their limit counts.
    Cycles and energy must also change significantly, and ask for a re-run. A case that failed, is
    missing, or was measured under other conditions has no result, and is never a regression. What
    moved inside a case is told by operator and kernel function.

    Exit codes: 0 nothing got worse, 1 a regression, 4 no regression but a case without a result.

    Example:

    `harness regress last~1 last`
    """
    from harness.cli.judging import conclude, verdicts_on

    require_known(save or [])
    title, verdicts = verdicts_on(
        before, after, results=results, thresholds=thresholds, allow=allow or ()
    )
    raise typer.Exit(conclude(title, verdicts, json=json, save=save or []))
