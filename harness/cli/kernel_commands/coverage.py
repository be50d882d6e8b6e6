"""`harness kernels coverage`: which functions of CMSIS-NN our kernels reach, which not and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.listing import AsJson, show

if TYPE_CHECKING:
    from harness.domain.library_function import LibraryFunction


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(coverage)


def coverage(
    left_out: Annotated[
        bool, typer.Option("--left-out", help="Only functions that no kernel reaches.")
    ] = False,
    json: AsJson = False,
) -> None:
    """List CMSIS-NN's functions: the operators whose kernels reach them, or why none does.

    Read from the library's header and sources, so what is reached may be so on some cores or for
    some shapes only; `harness kernels calls` tells of one build.
    """
    from harness import assembly

    library, functions = assembly.kernel_coverage()
    shown = [one for one in functions if not (left_out and one.reached)]
    show([_facts(one) if json else _row(one) for one in shown], json=json)
    if not json:
        measured = set(assembly.list_benchmarked_operators())
        reached = [{name.lower() for name in one.operators} for one in functions if one.reached]
        typer.echo(
            f"{len(reached)} of {len(functions)} functions of {library.name} {library.version} are "
            f"reached by our kernels, {sum(bool(each & measured) for each in reached)} of them by "
            "one that `harness kernels bench` measures"
        )


def _facts(function: LibraryFunction) -> dict[str, object]:
    return {
        "function": function.name,
        "operators": list(function.operators),
        "called_from": function.caller or None,
        "reason": function.reason or None,
    }


def _row(function: LibraryFunction) -> dict[str, object]:
    operators = ", ".join(function.operators).lower()
    return {"function": function.name, "reached from": operators or f"no: {function.reason or '?'}"}
