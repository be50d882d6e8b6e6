"""What the host takes over: real and uint8 edges, constants, and uint8 inside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from builders.tflite_builder import TfliteModel
from image_interpreter import run_all
from small_models import network_of

from harness.catalog.input_tensor import InputTensor
from harness.domain.network import DType
from harness.errors import UnsupportedOperator
from harness.model import HostReference, compile_image, decode_image, on_device

SCALE, ZERO = 0.3, -7
EVERY = np.arange(-128, 128, dtype=np.int8).reshape(64, 1, 4)


def between(first: str, last: str, y: tuple[float, int] = (0.5, 3)) -> bytes:
    """QUANTIZE from `first`, a SQUEEZE, a QUANTIZE to other scales, and DEQUANTIZE to `last`."""
    model = TfliteModel()
    unsigned = (SCALE, ZERO + 128)
    x = model.tensor((1, 4), first, *((None,) if first == "float32" else unsigned), name="x")
    a = model.tensor((1, 4), "int8", SCALE, ZERO)
    s = model.tensor((4,), "int8", SCALE, ZERO)
    b = model.tensor((4,), "int8", *y)
    out = (y[0], y[1] + 128)
    z = model.tensor((4,), last, *((None,) if last == "float32" else out), name="z")
    model.operator("QUANTIZE", [x], [a])
    model.operator("SQUEEZE", [a], [s], squeeze_dims=[0])
    model.operator("QUANTIZE", [s], [b])
    model.operator("DEQUANTIZE" if last == "float32" else "QUANTIZE", [b], [z])
    return model.build([x], [z])


@pytest.mark.parametrize("first", ["float32", "uint8"])
@pytest.mark.parametrize("last", ["float32", "uint8"])
def test_edges_are_int8_on_the_device(first: str, last: str, tmp_path: Path) -> None:
    network = network_of(between(first, last), tmp_path)
    image = compile_image(network)
    assert [operator.opcode for operator in image.operators] == [22, 114]
    (x,), (y,) = image.inputs, image.outputs
    assert (x.dtype, x.zero_point, y.dtype, y.zero_point) == (DType.INT8, ZERO, DType.INT8, 3)
    found = [run_all(decode_image(image.data), [value])[0] for value in EVERY]
    answers = HostReference(Path(network.source)).outputs(EVERY)
    assert answers.dtype == np.int8
    assert np.array_equal(np.array(found).reshape(64, 4), answers)
    # 0.3 (q + 7) / 0.5 + 3, by hand for four codes.
    assert answers.ravel()[[128 - 7, 128 - 2, 128 + 3, 128 + 13]].tolist() == [3, 6, 9, 15]


def test_rewriting_twice_changes_nothing(tmp_path: Path) -> None:
    once = on_device(network_of(between("uint8", "uint8"), tmp_path))
    assert on_device(once) == once


def test_real_inputs_become_codes_as_litert_makes_them(tmp_path: Path) -> None:
    """Halves, their neighbours and values out of range; LiteRT gives the codes back as int8."""
    model = TfliteModel()
    x = model.tensor((1, 4096), "float32", name="x")
    y = model.tensor((1, 4096), "int8", 0.1, 5, name="y")
    model.operator("QUANTIZE", [x], [y])
    (tmp_path / "m.tflite").write_bytes(model.build([x], [y]))
    rng = np.random.default_rng(8)
    halves = (rng.integers(-140, 140, 2048) + 0.5).astype(np.float32) * np.float32(0.1)
    real = np.concatenate([halves, np.nextafter(halves, np.float32(np.inf))]).astype(np.float32)

    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        str(tmp_path / "m.tflite"), experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(0, real.reshape(1, -1))
    interpreter.invoke()
    scale = float(np.float32(0.1))
    codes = InputTensor((1, 4096), DType.INT8, scale, 5).quantised(real, "test")
    assert np.array_equal(codes.ravel(), interpreter.get_tensor(1).ravel())


def test_a_real_tensor_that_goes_elsewhere_is_refused(tmp_path: Path) -> None:
    model = TfliteModel()
    x = model.tensor((1, 4), "float32", name="x")
    y, z = (model.tensor((1, 4), "int8", scale) for scale in (0.5, 0.25))
    model.operator("QUANTIZE", [x], [y])
    model.operator("QUANTIZE", [x], [z])
    with pytest.raises(UnsupportedOperator, match="the model is float32 at tensor `x` float32"):
        compile_image(network_of(model.build([x], [y, z]), tmp_path))


def test_a_state_of_zeros_is_made_on_the_host(tmp_path: Path) -> None:
    """SHAPE, STRIDED_SLICE, PACK and FILL, as Keras makes the first state of an LSTM."""
    model = TfliteModel()
    x = model.tensor((2, 3), "int8", 0.5, 3, name="x")
    sizes = model.tensor((2,), "int32", name="sizes")
    first = model.tensor((), "int32", name="first")
    both = model.tensor((2,), "int32", name="both")
    state = model.tensor((2, 3), "int8", 0.5, 3, name="state")
    bounds = [model.tensor((1,), "int32", data=[value]) for value in (0, 1, 1)]
    three = model.tensor((), "int32", data=np.int32(3))
    seven = model.tensor((), "int8", 0.5, 3, data=np.int8(7))
    y = model.tensor((2, 2, 3), "int8", 0.5, 3, name="y")
    model.operator("SHAPE", [x], [sizes])
    model.operator("STRIDED_SLICE", [sizes, *bounds], [first], shrink_axis_mask=1)
    model.operator("PACK", [first, three], [both], values_count=2, axis=0)
    model.operator("FILL", [both, seven], [state])
    model.operator("PACK", [x, state], [y], values_count=2, axis=0)
    network = network_of(model.build([x], [y]), tmp_path)
    image = compile_image(network)
    assert [operator.name for operator in image.operators] == ["PACK"]
    (found,) = run_all(decode_image(image.data), [np.arange(6, dtype=np.int8)])
    assert found.ravel().tolist() == [*range(6), *[7] * 6]


def unsigned_conv(zero: int, filters: np.ndarray) -> bytes:  # type: ignore[type-arg]
    """One uint8 CONV_2D, 1x1 over two channels."""
    model = TfliteModel()
    x = model.tensor((1, 1, 4, 2), "uint8", 0.5, 131, name="x")
    w = model.tensor((3, 1, 1, 2), "uint8", 0.25, zero, filters.reshape(3, 1, 1, 2), name="w")
    b = model.tensor((3,), "int32", 0.125, 0, [1, -2, 300], name="b")
    y = model.tensor((1, 1, 4, 3), "uint8", 2.0, 120, name="y")
    model.operator("CONV_2D", [x, w, b], [y], padding="SAME", stride_w=1, stride_h=1)
    return model.build([x], [y])


@pytest.mark.parametrize(
    ("zero", "filters", "opcode"),
    [(128, [0, 1, 127, 128, 200, 255], 3), (110, [0, 40, 99, 150, 200, 237], 3)],
)
def test_weights_that_fit_lose_their_zero_point(
    zero: int, filters: list[int], opcode: int, tmp_path: Path
) -> None:
    network = network_of(unsigned_conv(zero, np.array(filters)), tmp_path)
    image = compile_image(network)
    assert image.operators[0].opcode == opcode
    decoded = decode_image(image.data)
    (conv,) = decoded.operators
    stored = np.frombuffer(decoded.tensors[conv.inputs[1] or 0].data or b"", np.int8)
    assert stored.tolist() == [code - zero for code in filters]
    values = np.random.default_rng(2).integers(-128, 128, (20, 8)).astype(np.int8)
    found = [run_all(decoded, [value])[0].ravel() for value in values]
    assert np.array_equal(np.array(found), HostReference(Path(network.source)).outputs(values))
