"""Makes the bundled models and their data set: `python -m harness.bundled.train_digits [ID ...]`.

Needs the extra `train` (TensorFlow, scikit-learn). The data set and its split are bit-exact on any
machine; the weights are reproducible on one machine and TensorFlow version, because floating-point
sums depend on the vector unit. The script replaces the files beside it only after every bar holds.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.bundled.digits import DigitsSplit, augmented, load_split
from harness.bundled.layout import laid_out
from harness.bundled.recipes import RECIPES, Recipe

SEED = 20
BATCH = 64
CALIBRATION_IMAGES = 300
HERE = Path(__file__).parent

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


def main(names: Sequence[str] = (), folder: Path = HERE) -> None:
    """Train, quantise and judge the named recipes (all, if none), then write the results."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    split = load_split()
    models = []
    for recipe in RECIPES:
        if names and recipe.id not in names:
            continue
        tf.keras.utils.set_random_seed(SEED)
        network = train(tf, recipe, split)
        model = quantise(tf, recipe, network, split.train_x)
        stated = judged(recipe, network, model, split)
        print(f"{recipe.id}: {stated}, {len(model)} B")
        if fault := missed(recipe, stated):
            sys.exit(f"{recipe.id}: {fault}; nothing was written")
        models.append((recipe.id, model, definition(recipe, split, stated, tf.__version__)))
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "digits.npz", x=split.test_x, y=split.test_y)
    for name, model, text in models:
        (folder / f"{name}.tflite").write_bytes(model)
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def train(tf: Any, recipe: Recipe, split: DigitsSplit) -> Any:
    """Return the Keras network of the epoch that was best on the validation images."""
    inputs = tf.keras.layers.Input(recipe.shape)
    network = tf.keras.Model(inputs, recipe.network(tf.keras.layers, inputs))
    steps = recipe.epochs * len(split.train_y) * recipe.copies // BATCH
    network.compile(
        optimizer=tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(1e-3, steps)),
        loss="sparse_categorical_crossentropy" if recipe.labelled else "mean_squared_error",
        metrics=["accuracy"] if recipe.labelled else [],
    )
    x, y = augmented(split.train_x, split.train_y, recipe.copies, SEED)
    taught, checked = real(recipe, x), real(recipe, split.validation_x)
    network.fit(
        taught,
        y if recipe.labelled else taught,
        batch_size=BATCH,
        epochs=recipe.epochs,
        validation_data=(checked, split.validation_y if recipe.labelled else checked),
        callbacks=[
            tf.keras.callbacks.EarlyStopping("val_loss", patience=15, restore_best_weights=True)
        ],
        verbose=2,
    )
    return network


def quantise(tf: Any, recipe: Recipe, network: Any, images: NDArray[np.uint8]) -> bytes:
    """Return a full-int8 `.tflite` with int8 input and output, calibrated on training `images`."""

    def calibration() -> Iterator[list[NDArray[np.float32]]]:
        for image in images[:CALIBRATION_IMAGES]:
            yield [real(recipe, image[np.newaxis])]

    # A fixed batch of one keeps shape arithmetic operators out of the file.
    inputs = tf.keras.layers.Input(recipe.shape, batch_size=1)
    fixed = tf.keras.Model(inputs, recipe.network(tf.keras.layers, inputs))
    fixed.set_weights(network.get_weights())
    converter = tf.lite.TFLiteConverter.from_keras_model(fixed)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = calibration
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    # The pinned CMSIS-NN has no FULLY_CONNECTED with a scale per output.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    return bytes(converter.convert())


def judged(recipe: Recipe, network: Any, model: bytes, split: DigitsSplit) -> dict[str, float]:
    """What is stated of a model: top-1 accuracies, or mean squared errors of reconstruction.

    All on the held-out images; errors are of real values, grey being 0..1. The mean training image
    as the answer to every input is what an autoencoder is compared with.
    """
    wanted = real(recipe, split.test_x)
    by_float, by_int8 = network.predict(wanted, verbose=0), run_int8(model, wanted)
    if recipe.labelled:
        return {
            "float_accuracy": top1(by_float, split.test_y),
            "int8_accuracy": top1(by_int8, split.test_y),
        }
    return {
        "float_mean_squared_error": squared(by_float, wanted),
        "int8_mean_squared_error": squared(by_int8, wanted),
        "int8_from_float_mean_squared_error": squared(by_int8, by_float),
        "mean_image_mean_squared_error": squared(
            real(recipe, split.train_x).mean(axis=0, keepdims=True), wanted
        ),
    }


def missed(recipe: Recipe, stated: dict[str, float]) -> str:
    """Say which bar the model misses; empty where it meets all of them."""
    if not recipe.labelled:
        error = stated["int8_mean_squared_error"]
        return f"mean squared error {error:.4f} is over {recipe.bar}" if error > recipe.bar else ""
    if stated["int8_accuracy"] < recipe.bar:
        return f"int8 accuracy is below {recipe.bar}"
    apart = abs(stated["float_accuracy"] - stated["int8_accuracy"])
    return "int8 and float accuracy are more than 0.01 apart" if apart > 0.01 else ""


def run_int8(model: bytes, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the real outputs (n, ...) of LiteRT's reference kernels for real `inputs`."""
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
    for image in inputs:
        quantised = np.clip(np.round(image / scale) + zero_point, -128, 127)
        interpreter.set_tensor(source["index"], quantised.astype(np.int8)[np.newaxis])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(sink["index"])[0])
    scale, zero_point = sink["quantization"]
    dequantised: NDArray[np.float64] = (np.array(outputs, np.float64) - zero_point) * scale
    return dequantised


def real(recipe: Recipe, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey values 0..255 of `images` (n, 28, 28, 1) as the real values 0..1 a network takes."""
    enlarged = laid_out(images, recipe.image).reshape(-1, *recipe.shape)
    return enlarged.astype(np.float32) / np.float32(255)


def top1(outputs: NDArray[Any], labels: NDArray[np.int64]) -> float:
    """Fraction of rows of `outputs` (n, classes) whose largest value stands at the label."""
    return float(np.mean(np.argmax(outputs, axis=1) == labels))


def squared(outputs: NDArray[Any], wanted: NDArray[Any]) -> float:
    """Mean squared difference over all elements of all samples."""
    return float(np.mean((outputs.astype(np.float64) - wanted) ** 2))


def definition(recipe: Recipe, split: DigitsSplit, stated: dict[str, float], version: str) -> str:
    """Return the text of the model's definition file."""
    numbers = "\n".join(f"{name} = {value:.6f}" for name, value in stated.items())
    compares = f'compares = "{recipe.compares}"\n' if recipe.compares else ""
    return f"""id = "{recipe.id}"
title = "{recipe.title}"
dataset = "{recipe.dataset}"
{"" if recipe.demo else "demo = false" + chr(10)}
[training]
script = "python -m harness.bundled.train_digits {recipe.id}"
framework = "TensorFlow {version}"
seed = {SEED}
train_images = {len(split.train_y)}
validation_images = {len(split.validation_y)}
held_out_images = {len(split.test_y)}
{numbers}
{compares}license = "Apache-2.0; trained on optical handwritten digits, CC BY 4.0"
"""


def arguments() -> argparse.Namespace:
    """The command line: which models, and where to."""
    parser = argparse.ArgumentParser(description="Train the bundled models.")
    names = [recipe.id for recipe in RECIPES]
    parser.add_argument("names", nargs="*", metavar="ID", help=f"default: all ({', '.join(names)})")
    parser.add_argument("--folder", type=Path, default=HERE, help="default: beside this script")
    chosen = parser.parse_args()
    if unknown := sorted(set(chosen.names) - set(names)):
        parser.error(f"there is no model {', '.join(unknown)}")
    return chosen


if __name__ == "__main__":
    given = arguments()
    main(given.names, given.folder)
