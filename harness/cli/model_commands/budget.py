"""`harness models budget`: RAM, flash and MACs of every node of a model beside a budget."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.completion import complete_model
from harness.cli.options import Json, Save


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(budget)


def budget(
    model: Annotated[
        str,
        typer.Argument(
            help="Bundled model, or path of a model file with its options.",
            autocompletion=complete_model,
        ),
    ],
    limits: Annotated[
        str,
        typer.Option(
            "--budget",
            help="Limits: flash=250KB,ram=250KiB,macs=60M, any of them. A KB has 1000 bytes.",
            show_default="none",
        ),
    ] = "",
    bits: Annotated[
        int,
        typer.Option(help="Bits of a weight that flash is judged with: 8, 4 or 2.", min=2, max=8),
    ] = 8,
    json: Json = False,
    save: Save = None,
) -> None:
    """Tell what each node takes while it runs, and whether the network keeps a budget.

    RAM is what the planner makes of it, beside what no plan can undercut, and what another order of
    branches would need. Exits with 1 where the budget is not kept.

    Example:

    `harness models budget lenet-digits --budget flash=250KB,ram=250KB,macs=60M`
    """
    from harness import assembly
    from harness.cli.budget_option import parsed_budget
    from harness.cli.presented import present, require_known
    from harness.domain.budget import Budget, overruns
    from harness.report.budget import budget_rows, budget_sections

    require_known(save or [])
    _require_width(bits)
    wanted = parsed_budget(limits) if limits else Budget()
    cost = assembly.model_cost(model)
    present(
        cost.name,
        budget_sections(cost, wanted, bits),
        budget_rows(cost, wanted, bits),
        json=json,
        save=save or [],
    )
    if overruns(cost, wanted, bits):
        raise typer.Exit(1)


def _require_width(bits: int) -> None:
    from harness.domain.budget import WIDTHS
    from harness.errors import ConfigError

    if bits not in WIDTHS:
        raise ConfigError(
            f"weights of {bits} bits are not told", where="--bits", hint="Take 8, 4 or 2."
        )
