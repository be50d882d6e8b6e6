"""`harness kernels calls`: which functions of the library each operator's code calls."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.completion import complete_build, complete_kernels, complete_target
from harness.cli.listing import AsJson, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(calls)


def calls(
    target: Annotated[
        str, typer.Option("--target", "-t", help="Target id.", autocompletion=complete_target)
    ],
    kernels: Annotated[
        str, typer.Option("--kernels", "-k", help="Kernel set.", autocompletion=complete_kernels)
    ] = "cmsis-nn",
    build: Annotated[
        str | None,
        typer.Option(
            *("--build", "-b"),
            help="Build variant.",
            show_default="O2",
            autocompletion=complete_build,
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Read from the firmware which functions each operator calls, and by which path.

    The firmware is built if need be. `calls` are the functions that an operator's own code
    branches to, `reaches` those that these can lead to: which of them runs depends on shapes, but
    no other does. A path is what a function's machine code holds: `mve` vector instructions, `dsp`
    instructions on several halfwords or bytes at once (SMLAD and its like), `scalar` neither.

    Example:

    `harness kernels calls --target mps2-an500 --kernels cmsis-nn-scalar`
    """
    from rich.console import Console

    from harness import assembly

    console = Console(stderr=True)
    kernel_set, linked = assembly.linked_kernels(
        target, kernels, build, on_note=lambda text: console.print(text, style="dim")
    )
    rows = []
    for kernel in linked:
        rows.append(
            {
                "operator": kernel.operator,
                "from": f"{kernel.origin} (fallback)" if kernel.fallback else kernel.origin,
                "calls": [f"{one.name} ({one.path})" for one in kernel.functions if one.direct],
                "reaches": [
                    f"{one.name} ({one.path})" for one in kernel.functions if not one.direct
                ],
            }
        )
    show(rows, json=json)
    if not json:
        for operator, reason in kernel_set.exempt.items():
            typer.echo(f"{operator} is no fallback: {reason}")
