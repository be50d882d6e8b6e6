"""Networks for kernel benchmarks whose outputs depend on one element of each input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from harness.bench.kernel_sweep_draft import IN_SCALE, IN_ZERO, OUT_ZERO, Draft


def _of_one(
    draft: Draft, scale: float = IN_SCALE, zero_point: int = OUT_ZERO, **options: Any
) -> bytes:
    return draft.finish(draft.shape.operator, [draft.x()], draft.y(scale, zero_point), **options)


def _of_two(draft: Draft, y_scale: float) -> bytes:
    model, sizes = draft.model, draft.x_shape
    a = model.tensor(sizes, "int8", IN_SCALE, IN_ZERO, name="a")
    b = model.tensor(sizes, "int8", IN_SCALE * 0.7, 9, draft.random("b", sizes), name="b")
    y = model.tensor(sizes, "int8", y_scale, OUT_ZERO, name="y")
    options = {"fused_activation_function": draft.shape.activation}
    return draft.finish(draft.shape.operator, [a, b], y, **options)


def _by_code(draft: Draft) -> bytes:
    sizes = draft.x_shape
    b = draft.model.tensor(sizes, "int8", IN_SCALE, IN_ZERO, draft.random("b", sizes), name="b")
    return draft.finish(draft.shape.operator, [draft.x(), b], draft.y())


ELEMENTWISE: Mapping[str, Callable[[Draft], bytes]] = {
    "ADD": partial(_of_two, y_scale=IN_SCALE * 1.3),
    "HARD_SWISH": _of_one,
    "LEAKY_RELU": partial(_of_one, alpha=0.25),
    "LOGISTIC": partial(_of_one, scale=1 / 256, zero_point=-128),
    "MAXIMUM": _by_code,
    "MINIMUM": _by_code,
    "MUL": partial(_of_two, y_scale=IN_SCALE * IN_SCALE * 60),
    "RELU": _of_one,
    "RELU6": _of_one,
    "SUB": partial(_of_two, y_scale=IN_SCALE * 1.3),
    "TANH": partial(_of_one, scale=1 / 128, zero_point=0),
}
