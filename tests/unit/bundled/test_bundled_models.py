"""The bundled models are as good as their definitions say, on images they never saw."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from harness import bundled
from harness.bundled.layout import image_shape, laid_out

FOLDER = Path(bundled.__file__).parent
BARS = {
    "ds-cnn-digits": 0.95,
    "lenet-digits": 0.97,
    "mlp-digits": 0.95,
    "mobilenet-digits": 0.95,
    "resnet8-digits": 0.95,
}
AUTOENCODER = "autoencoder-digits"
DENSE_LAYERS = {"lenet-digits": 2, "mlp-digits": 2, AUTOENCODER: 10}
OPERATORS = {
    tflite.BuiltinOperator.ADD,
    tflite.BuiltinOperator.AVERAGE_POOL_2D,
    tflite.BuiltinOperator.CONV_2D,
    tflite.BuiltinOperator.DEPTHWISE_CONV_2D,
    tflite.BuiltinOperator.FULLY_CONNECTED,
    tflite.BuiltinOperator.MAX_POOL_2D,
    tflite.BuiltinOperator.RESHAPE,
    tflite.BuiltinOperator.SOFTMAX,
}

every_model = pytest.mark.parametrize("name", sorted(p.stem for p in FOLDER.glob("*.tflite")))


def held_out() -> tuple[np.ndarray, np.ndarray]:
    with np.load(FOLDER / "digits.npz", allow_pickle=False) as archive:
        return archive["x"], archive["y"]


def training(name: str) -> dict[str, float]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())["training"]


def int8_outputs(model: Path, images: np.ndarray) -> np.ndarray:
    """The real outputs (n, ...) of LiteRT's reference kernels."""
    interpreter = Interpreter(
        str(model), experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
    )
    interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    assert source["dtype"] is sink["dtype"] is np.int8
    assert source["quantization"] == (pytest.approx(1 / 255), -128)
    shape = image_shape(tuple(source["shape"][1:].tolist()))
    assert shape is not None
    outputs = []
    for image in laid_out(images, shape):
        quantised = (image.astype(np.int16) - 128).astype(np.int8)
        interpreter.set_tensor(source["index"], quantised.reshape(source["shape"]))
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(sink["index"])[0])
    scale, zero_point = sink["quantization"]
    return (np.array(outputs).astype(np.float64) - zero_point) * scale


@pytest.mark.parametrize("name", sorted(BARS))
def test_int8_accuracy_is_the_stated_one_and_meets_its_bar(name: str) -> None:
    stated = training(name)
    images, labels = held_out()
    winners = int8_outputs(FOLDER / f"{name}.tflite", images).argmax(axis=1)
    accuracy = float(np.mean(winners == labels))
    assert accuracy == pytest.approx(stated["int8_accuracy"], abs=1e-6)
    assert accuracy >= BARS[name]
    assert abs(accuracy - stated["float_accuracy"]) <= 0.01


def test_reconstruction_error_is_the_stated_one_and_meets_its_bar() -> None:
    stated = training(AUTOENCODER)
    images, _ = held_out()
    wanted = laid_out(images, (20, 32, 1)).reshape(-1, 640) / 255
    error = float(np.mean((int8_outputs(FOLDER / f"{AUTOENCODER}.tflite", images) - wanted) ** 2))
    assert error == pytest.approx(stated["int8_mean_squared_error"], abs=1e-6)
    assert error <= 0.01
    # Quantisation costs little, and the digit itself is rebuilt, not a mean of all digits.
    assert error <= 1.1 * stated["float_mean_squared_error"]
    assert error <= stated["mean_image_mean_squared_error"] / 4
    # The mean of what is judged is at least as near to it as the mean of the training images.
    assert wanted.var(axis=0).mean() <= stated["mean_image_mean_squared_error"]


def test_every_model_is_judged() -> None:
    assert {*BARS, AUTOENCODER} == {path.stem for path in FOLDER.glob("*.tflite")}


def test_data_set_is_what_its_readme_says() -> None:
    images, labels = held_out()
    assert images.shape == (450, 28, 28, 1)
    assert images.dtype == np.uint8
    assert (labels.shape, labels.dtype) == ((450,), np.int64)
    assert sorted(set(labels)) == list(range(10))
    assert np.bincount(labels).min() >= 40


@every_model
def test_models_use_only_operators_with_kernels(name: str) -> None:
    model = tflite.Model.GetRootAsModel((FOLDER / f"{name}.tflite").read_bytes(), 0)
    codes = [model.OperatorCodes(i) for i in range(model.OperatorCodesLength())]
    assert {max(c.BuiltinCode(), c.DeprecatedBuiltinCode()) for c in codes} <= OPERATORS


@every_model
def test_fully_connected_weights_have_one_scale(name: str) -> None:
    model = tflite.Model.GetRootAsModel((FOLDER / f"{name}.tflite").read_bytes(), 0)
    graph = model.Subgraphs(0)
    seen = 0
    for operator in (graph.Operators(i) for i in range(graph.OperatorsLength())):
        code = model.OperatorCodes(operator.OpcodeIndex())
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if kind == tflite.BuiltinOperator.FULLY_CONNECTED:
            assert graph.Tensors(operator.Inputs(1)).Quantization().ScaleLength() == 1
            seen += 1
    assert seen == DENSE_LAYERS.get(name, 1)


def test_bundled_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 1_120_000
