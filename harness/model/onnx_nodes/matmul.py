"""MatMul with constant weights, or of two activations."""

from __future__ import annotations

from harness.model.onnx_dense import dense
from harness.model.onnx_use import NodeUse
from harness.model.onnx_values import Constant, natural

KIND = "MatMul"


def convert(use: NodeUse) -> None:
    """FULLY_CONNECTED with weights [in, out], else BATCH_MATMUL."""
    other = use.either(1)
    if isinstance(other, Constant) and other.array.ndim == 2:
        dense(use, transposed=False, bias=None)
        return
    a, b = (use.activation(i) for i in (0, 1))
    a, b = (use.laid_out(x, natural(len(x.shape))) for x in (a, b))
    use.write("BATCH_MATMUL", [a.index, b.index], order=natural(len(use.shape())))
