"""`harness kernels`: kernel sets and the build variants they can be compiled in."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Annotated

import typer

from harness.cli import kernel_commands
from harness.cli.completion import complete_target
from harness.cli.listing import PANEL, AsJson, show


def register(app: typer.Typer) -> None:
    """Add the commands; those below `kernels` are modules of `kernel_commands`."""
    group = typer.Typer(invoke_without_command=True, rich_markup_mode="markdown")
    group.callback()(kernels)
    for module in pkgutil.iter_modules(kernel_commands.__path__):
        importlib.import_module(f"{kernel_commands.__name__}.{module.name}").register(group)
    app.add_typer(group, name="kernels", rich_help_panel=PANEL)
    app.command(rich_help_panel=PANEL)(builds)


def kernels(
    ctx: typer.Context,
    target: Annotated[
        str | None,
        typer.Option(
            *("--target", "-t"),
            help="Tell which of them this target runs.",
            autocompletion=complete_target,
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """List the kernel sets; measure single kernels, and read from a build what they call."""
    if ctx.invoked_subcommand is not None:
        return
    from harness import assembly

    found = (
        [(known, None) for known in assembly.list_kernel_sets()]
        if target is None
        else assembly.kernel_sets_on(target)
    )
    show(
        [
            {"id": kernel_set.id}
            | ({} if state is None else {f"on {target}": state})
            | {"library": kernel_set.library or None, "title": kernel_set.title}
            for kernel_set, state in found
        ],
        json=json,
    )


def builds(json: AsJson = False) -> None:
    """List the build variants: optimisation and compiler; in JSON also macros of single files."""
    from harness import assembly

    rows: list[dict[str, object]] = [
        {
            "id": variant.id,
            "optimisation": variant.optimisation,
            "compiler": variant.compiler or "arm-none-eabi-gcc",
            "title": variant.title,
        }
        for variant in assembly.list_build_variants()
    ]
    if json:  # too wide for most terminals; the title says what they are for
        for row, variant in zip(rows, assembly.list_build_variants(), strict=True):
            row["file_macros"] = [
                f"{file}: {' '.join(macros)}" for file, macros in variant.file_defines.items()
            ]
    show(rows, json=json)
