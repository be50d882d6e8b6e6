"""`harness models`: the bundled models, and what can be told of any model before a build."""

from __future__ import annotations

import importlib
import pkgutil

import typer

from harness.cli import model_commands
from harness.cli.listing import PANEL, AsJson, show


def register(app: typer.Typer) -> None:
    """Add the command; those below `models` are modules of `model_commands`."""
    group = typer.Typer(invoke_without_command=True, rich_markup_mode="markdown")
    group.callback()(models)
    for module in pkgutil.iter_modules(model_commands.__path__):
        importlib.import_module(f"{model_commands.__name__}.{module.name}").register(group)
    app.add_typer(group, name="models", rich_help_panel=PANEL)


def models(ctx: typer.Context, json: AsJson = False) -> None:
    """List the bundled models, which `--model` takes beside the path of any; check a model."""
    if ctx.invoked_subcommand is not None:
        return
    from harness import assembly

    show(
        [
            {
                "id": model.name,
                "input": "x".join(str(size) for size in image.inputs[0].shape),
                "MACs": image.macs,
                "weights_bytes": image.weight_bytes,
                **({"image_bytes": len(image.data)} if json else {}),
                "dataset": model.dataset,
                "title": model.title,
            }
            for model, image in assembly.list_models()
        ],
        json=json,
    )
