"""Makes the bundled models and their data set: `python -m harness.bundled.train_digits [FOLDER]`.

Needs the extra `train` (TensorFlow, scikit-learn). The data set and its split are bit-exact on any
machine; the weights are reproducible on one machine and TensorFlow version, because floating-point
sums depend on the vector unit. The script replaces the files beside it only after every bar holds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.bundled.digits import SIDE, DigitsSplit, augmented, load_split

SEED = 20
EPOCHS = 60
BATCH = 64
AUGMENTED_COPIES = 12
CALIBRATION_IMAGES = 300
HERE = Path(__file__).parent

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


@dataclass(frozen=True)
class Recipe:
    """A network to train: its name, its bar for held-out int8 accuracy, and its hidden layers."""

    id: str
    title: str
    bar: float
    layers: tuple[tuple[str, int], ...]


RECIPES = (
    Recipe(
        "lenet-digits",
        "LeNet-like network, handwritten digits",
        0.97,
        (("conv", 8), ("pool", 2), ("conv", 16), ("pool", 2), ("flatten", 0), ("dense", 32)),
    ),
    Recipe(
        "mlp-digits",
        "Two-layer perceptron, handwritten digits",
        0.95,
        (("flatten", 0), ("dense", 64)),
    ),
)


def main(folder: Path = HERE) -> None:
    """Train, quantise and judge every recipe, then write data set, models and definitions."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    split = load_split()
    models = []
    for recipe in RECIPES:
        tf.keras.utils.set_random_seed(SEED)
        network = train(tf, recipe, split)
        model = quantise(tf, network, split.train_x)
        float_accuracy = top1(network.predict(real(split.test_x), verbose=0), split.test_y)
        int8_accuracy = top1(run_int8(model, split.test_x), split.test_y)
        print(f"{recipe.id}: float {float_accuracy:.4f}, int8 {int8_accuracy:.4f}, {len(model)} B")
        if int8_accuracy < recipe.bar or abs(float_accuracy - int8_accuracy) > 0.01:
            sys.exit(f"{recipe.id}: misses its bar; nothing was written")
        text = definition(recipe, split, float_accuracy, int8_accuracy, tf.__version__)
        models.append((recipe.id, model, text))
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "digits.npz", x=split.test_x, y=split.test_y)
    for name, model, text in models:
        (folder / f"{name}.tflite").write_bytes(model)
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def train(tf: Any, recipe: Recipe, split: DigitsSplit) -> Any:
    """Return the Keras network of the epoch that was best on the validation images."""
    network = build(tf, recipe)
    steps = EPOCHS * len(split.train_y) * AUGMENTED_COPIES // BATCH
    network.compile(
        optimizer=tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(1e-3, steps)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    x, y = augmented(split.train_x, split.train_y, AUGMENTED_COPIES, SEED)
    network.fit(
        real(x),
        y,
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=(real(split.validation_x), split.validation_y),
        callbacks=[
            tf.keras.callbacks.EarlyStopping("val_loss", patience=15, restore_best_weights=True)
        ],
        verbose=2,
    )
    return network


def build(tf: Any, recipe: Recipe) -> Any:
    """Return an untrained Keras network: input (1, 28, 28, 1), output 10 probabilities."""
    layers = tf.keras.layers
    makers: dict[str, Callable[[int], list[Any]]] = {
        "conv": lambda n: [layers.Conv2D(n, 5, activation="relu")],
        "pool": lambda n: [layers.MaxPooling2D(n)],
        "flatten": lambda _: [layers.Flatten()],
        "dense": lambda n: [layers.Dense(n, activation="relu"), layers.Dropout(0.2)],
    }
    stack = [layers.Input((SIDE, SIDE, 1))]
    for kind, size in recipe.layers:
        stack += makers[kind](size)
    return tf.keras.Sequential([*stack, layers.Dense(10, activation="softmax")])


def quantise(tf: Any, network: Any, images: NDArray[np.uint8]) -> bytes:
    """Return a full-int8 `.tflite` with int8 input and output, calibrated on training `images`."""

    def calibration() -> Iterator[list[NDArray[np.float32]]]:
        for image in images[:CALIBRATION_IMAGES]:
            yield [real(image[np.newaxis])]

    # A fixed batch of one keeps shape arithmetic operators out of the file.
    fixed = [tf.keras.layers.Input((SIDE, SIDE, 1), batch_size=1), *network.layers]
    converter = tf.lite.TFLiteConverter.from_keras_model(tf.keras.Sequential(fixed))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = calibration
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    # The pinned CMSIS-NN has no FULLY_CONNECTED with a scale per output.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    return bytes(converter.convert())


def run_int8(model: bytes, images: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Return the outputs (n, 10) of LiteRT's reference kernels for `images`."""
    from ai_edge_litert.interpreter import (  # type: ignore[import-untyped]
        Interpreter,
        OpResolverType,
    )

    interpreter = Interpreter(
        model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero_point = source["quantization"]
    outputs = []
    for image in images:
        quantised = np.clip(np.round(real(image) / scale) + zero_point, -128, 127)
        interpreter.set_tensor(source["index"], quantised.astype(np.int8)[np.newaxis])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(sink["index"])[0])
    return np.array(outputs)


def real(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey values 0..255 as the real values 0..1 that the networks take."""
    return images.astype(np.float32) / np.float32(255)


def top1(outputs: NDArray[Any], labels: NDArray[np.int64]) -> float:
    """Fraction of rows of `outputs` (n, classes) whose largest value stands at the label."""
    return float(np.mean(np.argmax(outputs, axis=1) == labels))


def definition(
    recipe: Recipe, split: DigitsSplit, float_accuracy: float, int8_accuracy: float, version: str
) -> str:
    """Return the text of the model's definition file."""
    return f"""id = "{recipe.id}"
title = "{recipe.title}"
dataset = "digits"

[training]
script = "python -m harness.bundled.train_digits"
framework = "TensorFlow {version}"
seed = {SEED}
train_images = {len(split.train_y)}
validation_images = {len(split.validation_y)}
held_out_images = {len(split.test_y)}
float_accuracy = {float_accuracy:.6f}
int8_accuracy = {int8_accuracy:.6f}
license = "Apache-2.0; trained on optical handwritten digits, CC BY 4.0"
"""


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
