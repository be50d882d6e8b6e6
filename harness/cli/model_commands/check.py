"""`harness models check`: what runs a model, what does not and why, and where it fits."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.completion import complete_model
from harness.cli.listing import AsJson, show
from harness.cli.options import kernels_option, target_option

if TYPE_CHECKING:
    from harness.domain.model_check import CheckedOperator, Fit, ModelCheck, RunsBy

_TOO_LARGE = 3  # ImageTooLarge's exit code


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(check)


def check(
    model: Annotated[
        str,
        typer.Argument(
            help="Model file, or name of a bundled model.",
            autocompletion=complete_model,
            show_default=False,
        ),
    ],
    target: Annotated[list[str] | None, target_option("every target")] = None,
    kernels: Annotated[list[str] | None, kernels_option()] = None,
    json: AsJson = False,
) -> None:
    """Tell, before any build, which kernel runs each operator, what is refused, and where it fits.

    Ends with 0 where the model runs on every --target (without one, on any target), else with the
    exit code that a run would end with. Needs no compiler.
    """
    from harness import assembly

    found = assembly.check_model(model, targets=target, kernel_sets=kernels)
    if json:
        typer.echo(json_format.dumps(_facts(found), indent=2, default=str))
    else:
        _tell(found)
    code = exit_code(found, asked=bool(target))
    if code:
        raise typer.Exit(code)


def exit_code(found: ModelCheck, *, asked: bool) -> int:
    """0, or that of the first error of a run; all targets count where they were `asked` for."""
    if found.problems:
        return min(problem.exit_code for problem in found.problems)
    missing = [bool(found.short(fit)) for fit in found.targets]
    return _TOO_LARGE if (any(missing) if asked else all(missing)) else 0


def _tell(found: ModelCheck) -> None:
    size = "" if found.macs is None else f", {found.macs:,} MACs"
    typer.echo(f"{found.name}: {len(found.operators)} operators{size}")
    for kind, tensors in (("input", found.inputs), ("output", found.outputs)):
        for tensor in tensors:
            typer.echo(f"{kind:6} {tensor}")
    typer.echo()
    if found.operators:
        show([_operator_row(one) for one in found.operators], json=False)
        typer.echo()
    for note in found.notes:
        typer.echo(f"note: {note}")
    if found.problems:
        _tell_problems(found)
        return
    show([_fit_row(found, fit) for fit in found.targets], json=False)
    typer.echo()
    if any(map(found.short, found.targets)):
        typer.echo("where it is too large: choose a smaller model, or a target with more memory")
    typer.echo(
        "arena without the scratch of kernels, which the firmware tells when it first runs"
        if found.scratch_bytes is None
        else f"arena with the scratch that kernels asked for in earlier runs "
        f"({found.scratch_bytes:,} bytes at most)"
    )
    typer.echo("the firmware has a region of its own, and its size is known after a build")


def _tell_problems(found: ModelCheck) -> None:
    count = len(found.problems)
    typer.echo(f"refused for {count} reason{'s' * (count > 1)}; sizes are open until it is mended")
    for problem in found.problems:
        typer.echo(f"\n{problem.where}: {problem.what}\n  -> {problem.hint}")


def _operator_row(operator: CheckedOperator) -> dict[str, object]:
    shapes = " → ".join("x".join(map(str, shape)) or "-" for shape in operator.shapes)
    return {
        "#": operator.index,
        "operator": operator.name,
        "type": operator.dtype.name.lower(),
        "shapes": shapes,
    } | {name: _kernel(by) for name, by in operator.by.items()}


def _kernel(by: RunsBy) -> str:
    from harness.domain.model_check import Runs

    file = by.source.removesuffix(".c")
    return f"{file} (fallback)" if by.runs is Runs.FALLBACK else file or "refused"


def _fit_row(found: ModelCheck, fit: Fit) -> dict[str, object]:
    short = found.short(fit)
    verdict = "; ".join(f"{region} is {by:,} bytes too small" for region, by in short.items())
    return {
        "target": fit.target,
        "image_bytes": found.image_bytes,
        "of_slot_bytes": fit.model_slot,
        "activations_bytes": found.arena_bytes,
        "of_arena_bytes": fit.arena,
        "fits": verdict or "yes",
    }


def _facts(found: ModelCheck) -> dict[str, object]:
    facts = asdict(found)
    for operator in facts["operators"]:
        operator["dtype"] = operator["dtype"].name.lower()
    for row, fit in zip(facts["targets"], found.targets, strict=True):
        row["fits"] = not found.problems and not found.short(fit)
        row["too_small_by"] = found.short(fit)
    return facts
