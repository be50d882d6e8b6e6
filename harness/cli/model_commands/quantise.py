"""`harness models quantise`: a Caffe model made 8 bits wide, with the table of the search."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.completion import complete_dataset
from harness.cli.listing import AsJson, show

if TYPE_CHECKING:
    from harness.assembly.caffe import QuantisedCaffe


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(quantise)


def quantise(
    weights: Annotated[
        Path, typer.Argument(help="NAME.caffemodel or NAME.caffemodel.h5.", dir_okay=False)
    ],
    dataset: Annotated[
        str,
        typer.Option(
            "--dataset",
            "-d",
            help="Labelled images by which formats are chosen, as for `harness run`.",
            autocompletion=complete_dataset,
        ),
    ],
    prototxt: Annotated[
        Path | None,
        typer.Option(
            help="Definition of the network.",
            show_default="NAME_train_test.prototxt beside it, or the only one there",
            dir_okay=False,
        ),
    ] = None,
    mean: Annotated[
        str | None,
        typer.Option(
            metavar="M|R:G:B",
            help="Means that are taken off the pixels.",
            show_default="mean_value of the definition",
        ),
    ] = None,
    side: Annotated[
        int | None,
        typer.Option(
            min=1, max=1024, help="Side of the square images.", show_default="told by the layers"
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first inputs.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="File to write.", show_default="NAME.network", dir_okay=False
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Make a Caffe model 8 bits wide, for `harness run`: q7, with a Qm.n format for each layer.

    As published with CMSIS-NN: formats by the ranges of values, then, where labelled inputs tell a
    loss, up to three fraction bits more. Weights first, then activations, then biases.

    Example:

    `harness models quantise cifar10_iter_1000.caffemodel -d cifar:data --mean 125:123:114`
    """
    from harness import assembly

    made = assembly.quantise_caffe(
        weights, dataset, prototxt=prototxt, means=_means(mean), side=side, limit=limit
    )
    path = output or Path(f"{weights.name.partition('.caffemodel')[0]}.network")
    made.write(path)
    show(_rows(made), json=json)
    if not json:
        typer.echo(
            f"\nimages of {made.side}x{made.side} less {':'.join(map(str, made.means))}; "
            f"accuracy on these {made.inputs:,} inputs, by which the formats were chosen: "
            f"float {made.formats.float_accuracy:.2%}, 8 bits {made.simulated_accuracy:.2%} "
            f"(integer simulation)\nwritten: {path}"
        )


def _means(text: str | None) -> list[int] | None:
    from harness.errors import ConfigError

    if text is None:
        return None
    parts = text.split(":")
    if not all(part.isdecimal() for part in parts):
        raise ConfigError(
            f"{text} are no means",
            where="--mean",
            hint="Write a number, or R:G:B with whole numbers from 0 to 255.",
        )
    return [int(part) for part in parts]


def _rows(made: QuantisedCaffe) -> list[dict[str, object]]:
    return [
        {
            "what": one.what,
            "layer": one.layer,
            "largest": f"{one.largest:.4g}",
            "format": one.format,
            "accuracy": f"{one.accuracy:.2%}",
            "kept": "yes" if one.kept else "",
        }
        for one in made.formats.tries
    ]
