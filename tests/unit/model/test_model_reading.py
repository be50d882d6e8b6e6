"""Reading `.tflite` files: what is in them, and every way in which they can be wrong."""

from __future__ import annotations

import importlib
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
import small_models as small
import tflite
from builders.tflite_builder import TfliteModel

from harness.domain.network import DType, Quantization
from harness.errors import BadModel
from harness.model import read_tflite
from harness.model.tflite_file import LARGEST_FILE, parse_tflite

AGAIN = "Copy or convert the model again."
SOURCE = Path("model.tflite")


def refusal(content: bytes) -> BadModel:
    with pytest.raises(BadModel) as caught:
        parse_tflite(content, SOURCE)
    error: BadModel = caught.value
    assert error.where == "model.tflite"
    return error


def test_a_whole_model(tmp_path: Path) -> None:
    network = small.network_of(small.chain(), tmp_path, "small chain.tflite")
    assert network.name == "small chain"
    assert network.source == str(tmp_path / "small chain.tflite")
    assert [o.name for o in network.operators] == [
        "CONV_2D",
        "RESHAPE",
        "FULLY_CONNECTED",
        "SOFTMAX",
    ]
    assert [o.opcode for o in network.operators] == [3, 22, 9, 25]
    conv, reshape, fc, _ = network.operators
    options = dict(conv.options)
    assert (options["padding"], options["stride_w"], options["stride_h"]) == (0, 2, 2)
    assert (options["dilation_w_factor"], options["fused_activation_function"]) == (1, 1)
    assert reshape.options["new_shape"] == (1, 36)
    assert fc.inputs[2] == -1
    image, filters, bias = (network.tensors[i] for i in conv.inputs)
    assert (image.name, image.dtype, image.shape) == ("image", DType.INT8, (1, 6, 6, 1))
    assert (image.data, image.quantization) == (None, Quantization((0.5,), (-3,)))
    scales = tuple(float(np.float32(s)) for s in (0.1, 0.2, 0.3, 0.4))
    assert filters.quantization == Quantization(scales, (0, 0, 0, 0))
    assert len(filters.data or b"") == 36
    assert (bias.dtype, len(bias.data or b"")) == (DType.INT32, 16)
    assert (network.inputs, network.outputs) == ((0,), (len(network.tensors) - 1,))
    assert len(network.source_sha256) == 64


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "not a TensorFlow Lite model: bytes 4 to 7 of 0 are b'', not b'TFL3'"),
        (b"TFL3", "not a TensorFlow Lite model: bytes 4 to 7 of 4 are b'', not b'TFL3'"),
        (b"\x89PNG\r\n\x1a\n" * 9, "not a TensorFlow Lite model: bytes 4 to 7 of 72 are"),
        (small.add()[:4] + b"TFL2" + small.add()[8:], "are b'TFL2', not b'TFL3'"),
    ],
)
def test_not_a_model(content: bytes, what: str, tmp_path: Path) -> None:
    with pytest.raises(BadModel) as caught:
        small.network_of(content, tmp_path)
    assert what in caught.value.what
    assert caught.value.where == str(tmp_path / "model.tflite")
    assert caught.value.hint == "Give a `.tflite` file, as TFLiteConverter writes it."


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "absent.tflite", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (Path("nul\0.tflite"), "embedded null byte"),
    ):
        with pytest.raises(BadModel) as caught:
            read_tflite(path)
        assert caught.value.what == f"the model file cannot be read: {reason}"
        assert caught.value.where == str(path)
        assert caught.value.hint == "Correct the path, or name a bundled model (`harness models`)."


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.tflite"
    with path.open("wb") as file:
        os.truncate(file.fileno(), LARGEST_FILE + 1)
    with pytest.raises(BadModel) as caught:
        read_tflite(path)
    assert caught.value.what == (
        "the file has 268,435,457 bytes; models up to 268,435,456 are read"
    )
    assert caught.value.hint == "Choose a model that a microcontroller can hold."


def changed(content: bytes, find: Callable[[Any], tuple[Any, int]], form: str, value: Any) -> bytes:
    """`content` with a scalar field of a table overwritten; `find` gives table and vtable slot."""
    table, slot = find(tflite.Model.GetRootAs(content, 0))
    offset = table._tab.Offset(slot)
    assert offset, "the field is not stored"
    mended = bytearray(content)
    struct.pack_into(form, mended, table._tab.Pos + offset, value)
    return bytes(mended)


def slot(number: int) -> int:
    return 4 + 2 * number


def tensor_field(tensor: int, number: int) -> Callable[[Any], tuple[Any, int]]:
    return lambda model: (model.Subgraphs(0).Tensors(tensor), slot(number))


def vector_entry(content: bytes, vector: tuple[int, ...], value: tuple[int, ...]) -> bytes:
    """`content` with the one stored vector of int32 that equals `vector` replaced."""
    old, new = (struct.pack(f"<I{len(v)}i", len(v), *v) for v in (vector, value))
    assert content.count(old) == 1
    return content.replace(old, new)


CHAIN = small.chain()
FIELDS = {
    "type": (
        changed(CHAIN, tensor_field(0, 1), "<b", 99),
        "tensor 0 `image` has the unknown element type 99",
        AGAIN,
    ),
    "buffer": (
        changed(CHAIN, tensor_field(1, 2), "<I", 77),
        "tensor 1 `tensor_1` names buffer 77 of 5",
        AGAIN,
    ),
    "size of a constant": (
        vector_entry(CHAIN, (4, 3, 3, 1), (4, 3, 3, 2)),
        "tensor 1 `tensor_1` of shape [4, 3, 3, 2] and type int8 takes 72 bytes, its buffer "
        "holds 36",
        AGAIN,
    ),
    "dynamic shape": (
        vector_entry(CHAIN, (1, 6, 6, 1), (-1, 6, 6, 1)),
        "tensor 0 `image` has the shape [-1, 6, 6, 1]: a size below 0 is not known before it runs",
        "Convert the model with fixed input shapes.",
    ),
    "operator code": (
        changed(CHAIN, lambda m: (m.Subgraphs(0).Operators(1), slot(0)), "<I", 9),
        "operator 1 names operator code 9 of 4",
        AGAIN,
    ),
    "input of an operator": (
        vector_entry(CHAIN, (0, 1, 2), (0, 1, 22)),
        "operator 0 (CONV_2D) names tensor 22 of 9",
        AGAIN,
    ),
}


@pytest.mark.parametrize("case", FIELDS)
def test_fields_that_cannot_be(case: str) -> None:
    content, what, hint = FIELDS[case]
    error = refusal(content)
    assert (error.what, error.hint) == (what, hint)


def scales(*values: float, zero_points: tuple[int, ...] = (0,)) -> bytes:
    model = TfliteModel()
    x = model.tensor((1, 4), "int8", values, zero_points, name="x")
    return model.build([x], [x])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (scales(float("nan")), "tensor 0 `x` has the scale nan"),
        (scales(float("inf")), "tensor 0 `x` has the scale inf"),
        (scales(-1.0), "tensor 0 `x` has the scale -1.0"),
        (
            scales(1.0, 2.0, 3.0, zero_points=(0, 0)),
            "tensor 0 `x` has 3 scales and 2 zero points",
        ),
    ],
)
def test_scales_that_cannot_be(content: bytes, what: str) -> None:
    assert refusal(content).what == what


def test_missing_zero_points_are_0() -> None:
    model = TfliteModel()
    x = model.tensor((1, 4), "int8", (1.0, 2.0), (), name="x")
    model.tensors[x] = type(model.tensors[x])((1, 4), "int8", (1.0, 2.0), (), None, 1, "x")
    (tensor,) = parse_tflite(model.build([x], [x]), SOURCE).tensors
    assert tensor.quantization == Quantization((1.0, 2.0), (0, 0), 1)


@pytest.mark.parametrize(
    ("inputs", "outputs", "what"),
    [
        ([], [0], "the model has no input"),
        ([0], [], "the model has no output"),
        ([5], [0], "input tensor 5 is not one of its 1 tensors"),
        ([0], [-1], "output tensor -1 is not one of its 1 tensors"),
    ],
)
def test_inputs_and_outputs(inputs: list[int], outputs: list[int], what: str) -> None:
    model = TfliteModel()
    model.tensor((1, 4), "int8", 1.0)
    assert refusal(model.build(inputs, outputs)).what == what


class Writer:
    """Writes what the tests' builder does not: flags of tensors, several subgraphs, odd codes."""

    def __init__(self) -> None:
        self.b = flatbuffers.Builder(256)

    def table(self, kind: str, **fields: Any) -> int:
        module = importlib.import_module(f"tflite.{kind}")
        module.Start(self.b)
        for name, value in fields.items():
            getattr(module, f"Add{name}")(self.b, value)
        return int(module.End(self.b))

    def ints(self, *values: int) -> int:
        return int(self.b.CreateNumpyVector(np.asarray(values, np.int32)))

    def tables(self, *offsets: int) -> int:
        self.b.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.b.PrependUOffsetTRelative(offset)
        return int(self.b.EndVector())

    def model(
        self,
        *,
        tensor: dict[str, Any] | None = None,
        subgraphs: int = 1,
        buffer: dict[str, Any] | None = None,
        code: dict[str, Any] | None = None,
        behind: bytes = b"",
    ) -> bytes:
        buffers = self.tables(self.table("Buffer"), self.table("Buffer", **(buffer or {})))
        x = self.table("Tensor", Type=tflite.TensorType.INT8, Shape=self.ints(4), **(tensor or {}))
        tensors, io = self.tables(x), self.ints(0)
        graph: dict[str, Any] = {"Tensors": tensors, "Inputs": io, "Outputs": io}
        if code is not None:
            operator = self.table("Operator", OpcodeIndex=0, Inputs=io, Outputs=io)
            graph["Operators"] = self.tables(operator)
        graphs = self.tables(*(self.table("SubGraph", **graph) for _ in range(subgraphs)))
        codes = self.tables(*([] if code is None else [self.table("OperatorCode", **code)]))
        root = self.table(
            "Model", Version=3, Subgraphs=graphs, Buffers=buffers, OperatorCodes=codes
        )
        self.b.Finish(root, b"TFL3")
        return bytes(self.b.Output()) + behind


def test_several_subgraphs() -> None:
    error = refusal(Writer().model(subgraphs=3))
    assert error.what == (
        "the model has 3 subgraphs; control flow between several is not supported"
    )
    assert error.hint == "Convert the model without IF, WHILE or CALL."
    assert refusal(Writer().model(subgraphs=0)).hint == AGAIN


def test_sparse_tensors() -> None:
    writer = Writer()
    sparsity = writer.table("SparsityParameters")
    error = refusal(writer.model(tensor={"Sparsity": sparsity}))
    assert error.what == "tensor 0 `` is stored sparse"
    assert error.hint == "Convert the model without sparsity."


def test_variables() -> None:
    content = Writer().model(tensor={"IsVariable": True})
    assert parse_tflite(content, SOURCE).tensors[0].variable
    assert not parse_tflite(Writer().model(), SOURCE).tensors[0].variable


def test_constants_behind_the_flatbuffer() -> None:
    place = len(Writer().model(tensor={"Buffer": 1}, buffer={"Offset": 2, "Size": 4}))
    outside = {"Offset": place, "Size": 4}
    content = Writer().model(tensor={"Buffer": 1}, buffer=outside, behind=b"\1\2\3\4")
    assert parse_tflite(content, SOURCE).tensors[0].data == b"\1\2\3\4"
    assert refusal(content[:-1]).what == (
        f"the file is damaged or incomplete: buffer 1 ends at byte {place + 4} of {place + 3}"
    )


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ({"BuiltinCode": 3}, "CONV_2D"),
        ({"DeprecatedBuiltinCode": 3}, "CONV_2D"),  # files before 2020
        ({"DeprecatedBuiltinCode": 127, "BuiltinCode": 150}, "GELU"),
        ({"BuiltinCode": 9999}, "BUILTIN_9999"),
    ],
)
def test_operator_codes(code: dict[str, int], name: str) -> None:
    (operator,) = parse_tflite(Writer().model(code=code), SOURCE).operators
    assert operator.name == name
    assert operator.opcode == max(code.values())


def test_custom_operators_carry_their_own_name() -> None:
    writer = Writer()
    own = writer.b.CreateString("TFLite_Detection_PostProcess")
    content = writer.model(code={"BuiltinCode": 32, "CustomCode": own})
    assert parse_tflite(content, SOURCE).operators[0].name == "CUSTOM:TFLite_Detection_PostProcess"


def test_a_long_vector_that_many_tables_share_does_not_take_quadratic_time() -> None:
    writer = Writer()
    shared = writer.ints(*([1] * 16))
    tensor = writer.table("Tensor", Type=9, Shape=shared)
    tensors, io = writer.tables(*([tensor] * 20_000)), writer.ints(0)
    graph = writer.table("SubGraph", Tensors=tensors, Inputs=io, Outputs=io)
    buffers = writer.tables(writer.table("Buffer"))
    root = writer.table("Model", Subgraphs=writer.tables(graph), Buffers=buffers)
    writer.b.Finish(root, b"TFL3")
    content = bytes(writer.b.Output())
    assert "entries, more than its" in refusal(content).what


def test_a_rank_beyond_reason() -> None:
    model = TfliteModel()
    x = model.tensor((1,) * 17, "int8", 1.0)
    assert refusal(model.build([x], [x])).what == "tensor 0 `tensor_0` claims 17 dimensions"
