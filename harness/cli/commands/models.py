"""`harness models`: the bundled models."""

from __future__ import annotations

import typer

from harness.cli.listing import PANEL, AsJson, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=PANEL)(models)


def models(json: AsJson = False) -> None:
    """List the bundled models; `--model` also takes the path of any int8 .tflite."""
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
