"""`harness kernels`: kernel sets and the build variants they can be compiled in."""

from __future__ import annotations

import typer

from harness.cli.listing import PANEL, AsJson, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(kernels)
    app.command(rich_help_panel=PANEL)(builds)


def kernels(json: AsJson = False) -> None:
    """List the kernel sets."""
    from harness import assembly

    show(
        [
            {
                "id": kernel_set.id,
                "library": kernel_set.library or None,
                "title": kernel_set.title,
            }
            for kernel_set in assembly.list_kernel_sets()
        ],
        json=json,
    )


def builds(json: AsJson = False) -> None:
    """List the build variants: optimisation level and macros of single source files."""
    from harness import assembly

    show(
        [
            {
                "id": variant.id,
                "optimisation": variant.optimisation,
                "file_macros": [
                    f"{file}: {' '.join(macros)}" for file, macros in variant.file_defines.items()
                ],
                "title": variant.title,
            }
            for variant in assembly.list_build_variants()
        ],
        json=json,
    )
