"""ONNX models in Q/DQ form for tests, and onnxruntime's answers to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

INPUT = (1, 3, 12, 12)
TYPES = {"int8": np.int8, "uint8": np.uint8, "int32": np.int32, "int16": np.int16}


class OnnxModel:
    """A graph under construction; values between operators are the outputs of DequantizeLinear."""

    def __init__(self, opset: int = 17) -> None:
        self.opset = opset
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.count = 0

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}_{self.count}"

    def constant(self, array: Any, stem: str = "c") -> str:
        name = self.fresh(stem)
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        outputs = attributes.pop("outputs", None) or [self.fresh(kind.lower())]
        name = self.fresh(f"/{kind}")
        self.nodes.append(helper.make_node(kind, inputs, outputs, name=name, **attributes))
        return outputs[0]

    def quantized(self, x: str, scale: Any, zero: Any = 0, dtype: str = "int8", axis: int = 1):
        """Q and DQ of a value; the name of the codes, and of what they stand for."""
        by = [
            self.constant(np.asarray(scale, np.float32)),
            self.constant(np.asarray(zero, TYPES[dtype])),
        ]
        along = {"axis": axis} if self.opset >= 13 else {}
        codes = self.node("QuantizeLinear", [x, *by], **along)
        return codes, self.node("DequantizeLinear", [codes, *by], **along)

    def real_input(self, shape: Any, name: str = "x") -> str:
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def input(
        self, shape: Any, scale: float = 0.05, zero: int = 0, dtype: str = "int8", name: str = "x"
    ) -> str:
        return self.quantized(self.real_input(shape, name), scale, zero, dtype)[1]

    def codes(self, array: Any, scale: Any, zero: Any = 0, axis: int = 0) -> str:
        """A constant behind DequantizeLinear."""
        array = np.asarray(array)
        scale = np.asarray(scale, np.float32)
        zeros = np.broadcast_to(np.asarray(zero, array.dtype), scale.shape)
        inputs = [self.constant(array), self.constant(scale), self.constant(zeros)]
        return self.node("DequantizeLinear", inputs, axis=axis)

    def model(self, *outputs: str) -> Any:
        values = [helper.make_empty_tensor_value_info(name) for name in outputs]
        graph = helper.make_graph(self.nodes, "net", self.inputs, values, self.constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        made.ir_version = 8
        return onnx.shape_inference.infer_shapes(made)

    def build(self, *outputs: str) -> bytes:
        content: bytes = self.model(*outputs).SerializeToString()
        return content


def answers(content: bytes, **inputs: Any) -> list[Any]:
    """What onnxruntime computes in single precision, no operators fused."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    found: list[Any] = session.run(None, inputs)
    return found


def real_network() -> bytes:
    """A small residual network of images, INPUT to 10 classes, as exporters of PyTorch write it."""
    rng = np.random.default_rng(4)

    def real(*shape: int) -> Any:
        return rng.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape).astype(np.float32)

    model = OnnxModel()

    def conv(x: str, *shape: int, **options: Any) -> str:
        inputs = [x, model.constant(real(*shape)), model.constant(real(shape[0]))]
        return model.node("Conv", inputs, **options)

    x = model.real_input(INPUT)
    x = model.node("Relu", [conv(x, 16, 3, 3, 3, pads=[1] * 4, strides=[2, 2])])
    y = model.node("Relu", [conv(x, 16, 1, 3, 3, pads=[1] * 4, group=16)])
    x = model.node("Relu", [model.node("Add", [conv(y, 16, 16, 1, 1), x])])
    x = model.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
    x = model.node("Flatten", [x])
    inputs = [x, model.constant(real(10, 144)), model.constant(real(10))]
    x = model.node("Gemm", inputs, transB=1)
    return model.build(model.node("Softmax", [x], axis=-1))


def quantised_by_onnxruntime(folder: Path) -> Path:
    """`real_network` quantised by `quantize_static`, as harness/model/ONNX.md says."""
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Samples(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            rng = np.random.default_rng(5)
            drawn = rng.uniform(-1, 1, (20, *INPUT)).astype(np.float32)
            self.samples = iter([{"x": sample} for sample in drawn])

        def get_next(self) -> Any:
            return next(self.samples, None)

    before, after = folder / "real.onnx", folder / "int8.onnx"
    before.write_bytes(real_network())
    quantize_static(
        before,
        after,
        Samples(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
    )
    return after
