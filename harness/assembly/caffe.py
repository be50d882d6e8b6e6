"""Caffe models made 8 bits wide: formats by labelled inputs, and what they cost in accuracy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness import catalog
from harness.domain.network import DType
from harness.errors import BadDataset, ConfigError

# The rest is imported where it is used: shell completion must not wait for it.
if TYPE_CHECKING:
    from harness.domain.dataset import Dataset
    from harness.model.caffe.network import CaffeNetwork
    from harness.model.caffe.search import Formats


_SUFFIX = ".network"


@dataclass(frozen=True)
class QuantisedCaffe:
    """A network of 8 bits, as the bytes of a `.network` file, and how it came about.

    Accuracies are shares of the same inputs: `formats.float_accuracy` in real numbers,
    `simulated_accuracy` of the integers that a device computes.
    """

    content: bytes
    side: int
    means: tuple[int, ...]
    inputs: int
    formats: Formats
    simulated_accuracy: float

    @property
    def out_shifts(self) -> list[int]:
        """By how much the sums of each layer with weights are shifted right."""
        from harness.model.openmv_file import parse_openmv

        layers = parse_openmv(self.content, "")
        return [getattr(layer, "out_shift") for layer in layers if hasattr(layer, "out_shift")]  # noqa: B009

    def write(self, path: Path) -> None:
        """Write the `.network` file.

        Raises:
            ConfigError: it cannot be written, or its name would not tell what it is.
        """
        if path.suffix != _SUFFIX:
            raise ConfigError(
                f"a network of 8 bits is a {_SUFFIX} file",
                where=str(path),
                hint=f"End the name in {_SUFFIX}.",
            )
        try:
            path.write_bytes(self.content)
        except OSError as error:
            raise ConfigError(
                f"it cannot be written: {error.strerror}",
                where=str(path),
                hint="Name a file in a folder that is there and can be written to.",
            ) from error


def quantise_caffe(
    weights: Path,
    dataset: str,
    *,
    prototxt: Path | None = None,
    means: Sequence[int] | None = None,
    side: int | None = None,
    limit: int | None = None,
) -> QuantisedCaffe:
    """Search formats for a Caffe model and convert it; the same inputs give the same bytes.

    Args:
        weights: `.caffemodel` or `.caffemodel.h5`.
        dataset: labelled images, as `--dataset` takes them, for an input of uint8 pixels.
        prototxt: its definition; None for the one beside it.
        means: one for each channel; None for those in the definition.
        side: of the square images; None for the one that fits the layers and halves most often.
        limit: inputs at most.

    Raises:
        BadModel, UnsupportedOperator, ToolMissing: the model.
        BadDataset: inputs that do not fit, or without labels.
        ConfigError: means or a side that nothing tells.
    """
    import numpy as np

    from harness.model.caffe.convert import q7_layers
    from harness.model.caffe.files import read_caffe
    from harness.model.caffe.network import sized
    from harness.model.caffe.search import search_formats
    from harness.model.openmv_file import encode_openmv, parse_openmv
    from harness.model.openmv_layers import BlobShape
    from harness.model.q7_network import q7_network
    from harness.model.q7_reference import Q7Reference

    network = read_caffe(weights, prototxt)
    chosen_means = _means(network, means, weights)
    chosen_side = side or _side(network, weights)
    network, shapes = sized(network, chosen_side, chosen_side)
    found = _labelled(dataset, (1, chosen_side, chosen_side, network.channels), limit)
    assert found.labels is not None  # as _labelled says
    pixels = found.inputs.reshape(-1, chosen_side, chosen_side, network.channels)
    scale = np.float32(2.0**-network.scale_bits)
    real = (pixels.astype(np.float32) - np.array(chosen_means, np.float32)) * scale
    formats = search_formats(network, shapes, real, found.labels)
    image = BlobShape(1, network.channels, chosen_side, chosen_side)
    content = encode_openmv(q7_layers(network, shapes, image, chosen_means, formats))
    made = q7_network(
        parse_openmv(content, str(weights)),  # what was written must be readable
        name=weights.stem,
        source=str(weights),
        source_sha256=hashlib.sha256(content).hexdigest(),
    )
    answers = Q7Reference(made).outputs(found.inputs)
    return QuantisedCaffe(
        content=content,
        side=chosen_side,
        means=chosen_means,
        inputs=len(found),
        formats=formats,
        simulated_accuracy=float((answers.argmax(1) == found.labels).mean()),
    )


def _labelled(dataset: str, shape: tuple[int, ...], limit: int | None) -> Dataset:
    found = catalog.load_dataset(
        dataset, shape=shape, dtype=DType.UINT8, scale=1.0, zero_point=0, limit=limit
    )
    if found.labels is None:
        raise BadDataset(
            f"formats are searched by accuracy, and there is none: {found.no_labels}",
            where=dataset,
            hint="Name a data set with labels.",
        )
    return found


def _means(network: CaffeNetwork, told: Sequence[int] | None, weights: Path) -> tuple[int, ...]:
    if told is None and network.means is None:
        raise ConfigError(
            f"the definition takes its means from the file {Path(network.mean_file).name}, which "
            "is not part of the model",
            where=str(weights),
            hint="Give the mean of each channel, as in --mean 125:123:114.",
        )
    means = tuple(told if told is not None else network.means or ())
    if len(means) == 1:
        means *= network.channels
    if len(means) != network.channels or not all(0 <= mean <= 255 for mean in means):
        raise ConfigError(
            f"{len(means)} means for {network.channels} channels, or one that is no byte",
            where=str(weights),
            hint="Give one number from 0 to 255, or one for each channel.",
        )
    return means


def _side(network: CaffeNetwork, weights: Path) -> int:
    from harness.model.caffe.network import fitting_sizes

    # Several sides fit where sizes are rounded; images have one that can be halved most often.
    fitting = fitting_sizes(network)
    if not fitting:
        raise ConfigError(
            "the layers do not tell how large images are: no side up to 256 fits",
            where=str(weights),
            hint="Name the side of the square images with --side.",
        )
    return max(fitting, key=lambda side: side & -side)
