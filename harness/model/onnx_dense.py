"""Matrices of weights times rows of activations."""

from __future__ import annotations

from harness.model.onnx_use import NodeUse
from harness.model.onnx_values import natural
from harness.model.onnx_weighted import bias_tensor, optional_bias, weight_tensor


def dense(use: NodeUse, *, transposed: bool, bias: int | None) -> None:
    """FULLY_CONNECTED of input 0 and the weights at 1.

    Args:
        use: the node.
        transposed: weights are [out, in] rather than [in, out].
        bias: at which input it is, if any.

    Raises:
        UnsupportedOperator: weights of another rank.
    """
    x = use.activation(0)
    codes, quantization = use.weights(1, "weights")
    if codes.ndim != 2:
        raise use.refused(f"weights have {codes.ndim} dimensions", "Build the model of matrices.")
    along = 1 if transposed else 0
    if x.columns is not None:
        codes = codes.take(x.columns, axis=along)
    else:
        x = use.laid_out(x, natural(len(x.shape)))
    outputs = codes.shape[1 - along]
    weights, kept = weight_tensor(use, codes, quantization, (0, 1) if transposed else (1, 0))
    given = None if bias is None else optional_bias(use, bias)
    added = bias_tensor(use, given, x.quantization, kept, outputs)
    rank = len(use.shape())
    use.write(
        "FULLY_CONNECTED",
        [x.index, weights, added],
        order=natural(rank),
        fuses=True,
        keep_num_dims=rank > 2,
    )
