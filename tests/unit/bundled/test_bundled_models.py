"""The bundled models are as good as their definitions say, on images they never saw."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from harness import bundled

FOLDER = Path(bundled.__file__).parent
BARS = {"lenet-digits": 0.97, "mlp-digits": 0.95}
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


def int8_winners(model: Path, images: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(
        str(model), experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
    )
    interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    assert source["dtype"] is sink["dtype"] is np.int8
    assert source["quantization"] == (pytest.approx(1 / 255), -128)
    winners = []
    for image in images:
        interpreter.set_tensor(
            source["index"], (image.astype(np.int16) - 128).astype(np.int8)[None]
        )
        interpreter.invoke()
        winners.append(int(interpreter.get_tensor(sink["index"]).argmax()))
    return np.array(winners)


@pytest.mark.parametrize("name", sorted(BARS))
def test_int8_accuracy_is_the_stated_one_and_meets_its_bar(name: str) -> None:
    training = tomllib.loads((FOLDER / f"{name}.toml").read_text())["training"]
    images, labels = held_out()
    accuracy = float(np.mean(int8_winners(FOLDER / f"{name}.tflite", images) == labels))
    assert accuracy == pytest.approx(training["int8_accuracy"], abs=1e-6)
    assert accuracy >= BARS[name]
    assert abs(accuracy - training["float_accuracy"]) <= 0.01


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
    assert seen == 2


def test_bundled_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 320_000
