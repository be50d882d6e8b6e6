"""`harness models`: the bundled models."""

from __future__ import annotations

import typer

from harness import assembly
from harness.cli.listing import AsJson, show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(models)


def models(json: AsJson = False) -> None:
    """List the bundled models; `--model` also takes the path of any int8 .tflite."""
    show(
        [
            {
                "id": model.name,
                "input": " x ".join(str(size) for size in image.inputs[0].shape),
                "MACs": image.macs,
                "weights (B)": image.weight_bytes,
                "image (B)": len(image.data),
                "data set": model.dataset or "-",
                "title": model.title,
            }
            for model, image in assembly.list_models()
        ],
        json=json,
    )
