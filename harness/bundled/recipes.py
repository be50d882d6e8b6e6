"""Which networks are trained, how long, and how good they have to be to be written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.bundled import networks
from harness.bundled.layout import image_shape


@dataclass(frozen=True)
class Recipe:
    """A network to train on digits laid out as `shape`, in `epochs` over `copies` of each image.

    `bar` is the least held-out int8 accuracy; for an autoencoder (`labelled` is False) the largest
    mean squared error. `demo`: whether `harness run` takes the model when none is named.
    `compares` says which published network has the same layers.
    """

    id: str
    title: str
    network: Callable[[Any, Any], Any]
    bar: float
    shape: tuple[int, ...] = (28, 28, 1)
    epochs: int = 60
    copies: int = 12
    labelled: bool = True
    demo: bool = True
    compares: str = ""

    @property
    def dataset(self) -> str:
        """The data set specification of the definition file."""
        return "digits" if self.labelled else "digits:unlabelled"

    @property
    def image(self) -> tuple[int, int, int]:
        """Rows, columns and channels of the digit in the input.

        Raises:
            ValueError: no digit can be laid out in it.
        """
        image = image_shape(self.shape)
        if image is None:
            raise ValueError(f"{self.id}: no digit fits an input of shape {self.shape}")
        return image


RECIPES = (
    Recipe("lenet-digits", "LeNet-like network, handwritten digits", networks.lenet, 0.97),
    Recipe("mlp-digits", "Two-layer perceptron, handwritten digits", networks.mlp, 0.95),
    Recipe(
        "ds-cnn-digits",
        "DS-CNN as in MLPerf Tiny KWS, digits",
        networks.ds_cnn,
        0.95,
        shape=(49, 10, 1),
        epochs=20,
        copies=8,
        demo=False,
        compares="latency with MLPerf Tiny keyword spotting (2,656,768 MACs; "
        "128 fewer here: 10 classes instead of 12); not accuracy: other data",
    ),
    Recipe(
        "resnet8-digits",
        "ResNet-8 as in MLPerf Tiny IC, digits",
        networks.resnet8,
        0.95,
        shape=(32, 32, 3),
        epochs=12,
        copies=6,
        demo=False,
        compares="latency with MLPerf Tiny image classification (12,501,632 MACs; "
        "as many here: 10 classes in both); not accuracy: other data",
    ),
    Recipe(
        "mobilenet-digits",
        "MobileNetV1 0.25 as in MLPerf Tiny VWW, digits",
        networks.mobilenet,
        0.95,
        shape=(96, 96, 3),
        epochs=12,
        copies=6,
        demo=False,
        compares="latency with MLPerf Tiny visual wake words (7,489,664 MACs; "
        "2,048 more here: 10 classes instead of 2); not accuracy: other data",
    ),
    Recipe(
        "autoencoder-digits",
        "Autoencoder as in MLPerf Tiny AD, digits",
        networks.autoencoder,
        0.01,
        shape=(640,),
        epochs=60,
        copies=12,
        labelled=False,
        demo=False,
        compares="latency with MLPerf Tiny anomaly detection (264,192 MACs; "
        "as many here); not detection: other data",
    ),
)
