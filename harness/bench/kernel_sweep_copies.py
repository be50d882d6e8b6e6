"""Networks for kernel benchmarks whose outputs are codes of the input, or their mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.bench.kernel_sweep_draft import IN_SCALE, IN_ZERO, OUT_ZERO, Draft


def _concatenation(draft: Draft) -> bytes:
    sizes = (*draft.x_shape[:-1], draft.shape.output - draft.x_shape[-1])
    b = draft.model.tensor(sizes, "int8", IN_SCALE, IN_ZERO, draft.random("b", sizes), name="b")
    return draft.finish("CONCATENATION", [draft.x(), b], draft.y(), axis=-1)


def _mean(draft: Draft) -> bytes:
    operands = [draft.x(), draft.integers((1, 2))]
    return draft.finish("MEAN", operands, draft.y(IN_SCALE / 6, OUT_ZERO), keep_dims=True)


def _pad(draft: Draft) -> bytes:
    lost = [(0, 0), *(((kernel - 1) // 2, kernel // 2) for kernel in draft.shape.kernel), (0, 0)]
    return draft.finish("PAD", [draft.x(), draft.integers(lost)], draft.y())


def _resize(draft: Draft) -> bytes:
    operands = [draft.x(), draft.integers(draft.y_shape[1:3])]
    return draft.finish("RESIZE_NEAREST_NEIGHBOR", operands, draft.y())


def _strided_slice(draft: Draft) -> bytes:
    constants = ((0, 0, 0, 0), draft.x_shape, (1, *draft.shape.stride, 1))
    operands = [draft.x(), *(draft.integers(values) for values in constants)]
    return draft.finish("STRIDED_SLICE", operands, draft.y())


def _transpose(draft: Draft) -> bytes:
    *others, rows, columns = range(len(draft.x_shape))
    operands = [draft.x(), draft.integers((*others, columns, rows))]
    return draft.finish("TRANSPOSE", operands, draft.y())


COPIES: Mapping[str, Callable[[Draft], bytes]] = {
    "CONCATENATION": _concatenation,
    "MEAN": _mean,
    "PAD": _pad,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "STRIDED_SLICE": _strided_slice,
    "TRANSPOSE": _transpose,
}
