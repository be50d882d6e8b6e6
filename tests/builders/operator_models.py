"""Random networks of one operator: shapes, quantisation and options drawn, contents from a seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from builders.compiled_operator import CompiledOperator
from builders.tflite_builder import ABSENT, TfliteModel
from hypothesis import strategies as st
from numpy.typing import NDArray

SIZES = st.integers(1, 7)
ZEROS = st.integers(-128, 127)
ACTIVATIONS = st.sampled_from(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
# Powers of two make exact ties, where one rounding tells from another.
SCALES = st.one_of(
    st.floats(2**-9, 0.5, width=32), st.integers(-9, -1).map(lambda exponent: 2.0**exponent)
)
Shape = tuple[int, ...]


class Draft:
    """A network under construction, with the draws of one example."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.model = TfliteModel()
        self.inputs: list[int] = []
        self.values: list[NDArray[np.int8]] = []

    def codes(self, shape: Sequence[int]) -> NDArray[np.int8]:
        """Any int8 values."""
        return self.rng.integers(-128, 128, tuple(shape)).astype(np.int8)

    def shape(self, rank: st.SearchStrategy[int] | None = None) -> Shape:
        """Sizes of rank 1 to 4."""
        return tuple(
            self.draw(SIZES) for _ in range(self.draw(st.integers(1, 4) if rank is None else rank))
        )

    def quantization(self) -> tuple[float, int]:
        """A scale and a zero point."""
        return float(np.float32(self.draw(SCALES))), self.draw(ZEROS)

    def activation(self, shape: Sequence[int], scale: float, zero: int) -> int:
        """An input of the network, with values."""
        self.inputs.append(
            self.model.tensor(shape, "int8", scale, zero, name=f"x{len(self.inputs)}")
        )
        self.values.append(self.codes(shape))
        return self.inputs[-1]

    def constant(self, shape: Sequence[int], scale: float, zero: int) -> int:
        """A quantised constant."""
        return self.model.tensor(shape, "int8", scale, zero, self.codes(shape))

    def integers(self, values: Any) -> int:
        """A constant of int32."""
        array = np.asarray(values, np.int32)
        return self.model.tensor(array.shape, "int32", data=array)

    def case(
        self,
        name: str,
        inputs: Sequence[int],
        shape: Sequence[int],
        y: tuple[float, int],
        **options: Any,
    ) -> CompiledOperator:
        """The network of one operator that writes a tensor of `shape`."""
        version = options.pop("version", 1)
        output = self.model.tensor(shape, "int8", *y, name="y")
        self.model.operator(name, inputs, [output], version=version, **options)
        label = f"{name} {[self.model.tensors[i] for i in inputs if i != ABSENT]} {options}"
        return CompiledOperator(self.model.build(self.inputs, [output]), self.values, label)


@st.composite
def lookups(draw: Any, name: str) -> CompiledOperator:
    """An operator of one input and no weights: all codes, once or more."""
    draft = Draft(draw)
    x = draft.quantization()
    y = (float(np.float32(x[0] * 2.0 ** draw(st.floats(-2, 2)))), draw(ZEROS))
    if name == "LOGISTIC":
        y = (1 / 256, -128)
    if name == "TANH":
        y = (1 / 128, 0) if draw(st.booleans()) else y
    if name == "HARD_SWISH":
        y = (max(y[0], float(np.float32(x[0] / 100))), y[1])
    shape = (1, 4, 4, 16)
    options = {"alpha": draw(st.floats(0, 2, width=32))} if name == "LEAKY_RELU" else {}
    source = draft.activation(shape, *x)
    draft.values[0] = draft.rng.permutation(np.arange(-128, 128)).astype(np.int8).reshape(shape)
    return draft.case(name, [source], shape, y, **options)


def _operands(draft: Draft) -> tuple[Shape, Shape, Shape]:
    """Shapes of two operands and of their output."""
    full = draft.shape(st.sampled_from([1, 2, 3, 4, 4, 4]))
    kind = draft.draw(st.sampled_from(["same", "channels", "scalar", "long", "some", "each"]))
    if kind == "channels":
        return full, full[-1:], full
    if kind == "scalar":
        return full, draft.draw(st.sampled_from([(), (1,), (1,) * len(full)])), full
    if kind == "long":  # beyond one buffer of 64
        full = (1, 1, draft.draw(st.integers(60, 140)), 3)[-len(full) :]
        return full, (*full[:-2], 1, 1)[-len(full) :], full
    if kind == "some":
        kept = full[draft.draw(st.integers(0, len(full) - 1)) :]
        return full, tuple(draft.draw(st.sampled_from([1, size])) for size in kept), full
    if kind == "each":  # one is repeated along an axis, or the other, or neither
        who = [draft.draw(st.integers(0, 2)) for _ in full]
        one, other = (
            tuple(1 if w == k else size for w, size in zip(who, full, strict=True)) for k in (0, 1)
        )
        return one, other, full
    return full, full, full


def broadcast(name: str, a: Shape, b: Shape, y: Shape) -> CompiledOperator:
    """ADD, SUB, MUL, MINIMUM or MAXIMUM of two inputs of these shapes, with nothing drawn."""
    draft = Draft(lambda _: 1)
    scale = (0.01, 3) if name == "MUL" else (0.1, 3)
    operands = [draft.activation(shape, 0.1, 3) for shape in (a, b)]
    return draft.case(name, operands, y, scale)


@st.composite
def binaries(draw: Any, name: str) -> CompiledOperator:
    """ADD, SUB, MUL, MINIMUM, MAXIMUM: of one shape or broadcast, activations or a constant."""
    draft = Draft(draw)
    *shapes, full = _operands(draft)
    a, b, y = draft.quantization(), draft.quantization(), draft.quantization()
    options: dict[str, Any] = {}
    if name in ("MINIMUM", "MAXIMUM"):
        a = b = y
    else:
        options["fused_activation_function"] = draw(ACTIVATIONS)
        size = a[0] * b[0] * 128 if name == "MUL" else max(a[0], b[0])
        y = (float(np.float32(size * draw(st.sampled_from([0.3, 0.5, 0.9, 1.0, 2.0, 3.7])))), y[1])
    operands = [draft.activation(shapes[0], *a)]
    constant = draw(st.booleans())
    operands.append((draft.constant if constant else draft.activation)(shapes[1], *b))
    if draw(st.booleans()):
        operands.reverse()
    return draft.case(name, operands, full, y, **options)


@st.composite
def paddings(draw: Any, name: str) -> CompiledOperator:
    """PAD, and PADV2 with a value of its own."""
    draft = Draft(draw)
    shape, x = draft.shape(), draft.quantization()
    each = [(draw(st.integers(0, 3)), draw(st.integers(0, 3))) for _ in shape]
    operands = [draft.activation(shape, *x), draft.integers(each)]
    if name == "PADV2":
        operands.append(draft.constant((1,), *x))
    padded = [before + size + after for (before, after), size in zip(each, shape, strict=True)]
    return draft.case(name, operands, padded, x, version=2)


@st.composite
def means(draw: Any) -> CompiledOperator:
    """MEAN over any axes, most often height and width."""
    draft = Draft(draw)
    shape = draft.shape(st.integers(1, 4))
    axes = draw(st.sets(st.integers(0, len(shape) - 1), min_size=1))
    if draw(st.booleans()):
        shape, axes = draft.shape(st.just(4)), {1, 2}
    keep = draw(st.booleans())
    kept = [size if i not in axes else 1 for i, size in enumerate(shape) if keep or i not in axes]
    x = draft.quantization()
    y = x if draw(st.booleans()) else (x[0] * draw(st.floats(0.2, 2)), draw(ZEROS))
    named = [axis - len(shape) * draw(st.integers(0, 1)) for axis in axes]
    operands = [draft.activation(shape, *x), draft.integers(named)]
    return draft.case("MEAN", operands, kept, y, keep_dims=keep)


@st.composite
def concatenations(draw: Any) -> CompiledOperator:
    """CONCATENATION of two to five tensors, some constant, along any axis."""
    draft = Draft(draw)
    shape, x = draft.shape(), draft.quantization()
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    sizes = draw(st.lists(SIZES, min_size=2, max_size=5))
    operands, at = [], axis % len(shape)
    for i, size in enumerate(sizes):
        own = (*shape[:at], size, *shape[at + 1 :])
        make = draft.constant if i and draw(st.booleans()) else draft.activation
        operands.append(make(own, *x))
    whole = (*shape[:at], sum(sizes), *shape[at + 1 :])
    return draft.case("CONCATENATION", operands, whole, x, axis=axis)


@st.composite
def transpositions(draw: Any) -> CompiledOperator:
    """TRANSPOSE by any permutation."""
    draft = Draft(draw)
    shape, x = draft.shape(), draft.quantization()
    order = draw(st.permutations(range(len(shape))))
    operands = [draft.activation(shape, *x), draft.integers(order)]
    return draft.case("TRANSPOSE", operands, [shape[i] for i in order], x)


@st.composite
def slices(draw: Any) -> CompiledOperator:
    """STRIDED_SLICE: begins, ends, strides of both signs, and masks."""
    draft = Draft(draw)
    shape, x = draft.shape(), draft.quantization()
    masks = {"begin_mask": 0, "end_mask": 0, "shrink_axis_mask": 0}
    begins, ends, steps, sizes = [], [], [], []
    for axis, size in enumerate(shape):
        first, step = draw(st.integers(0, size - 1)), draw(st.sampled_from([1, 1, 2, 3, -1, -2]))
        last = draw(st.integers(first, size - 1) if step > 0 else st.integers(0, first))
        if draw(st.integers(0, 4)) == 0:
            masks["shrink_axis_mask"] |= 1 << axis
            begins.append(first - size * draw(st.integers(0, 1)))
            ends.append(first + 1)
            steps.append(1)
            continue
        end = last + (1 if step > 0 else -1)
        if draw(st.integers(0, 3)) == 0:
            masks["begin_mask"] |= 1 << axis
            first = 0 if step > 0 else size - 1
        if draw(st.integers(0, 3)) == 0 or end < 0:
            masks["end_mask"] |= 1 << axis
            last = size - 1 if step > 0 else 0
        begins.append(first)
        ends.append(end)
        steps.append(step)
        sizes.append(abs(last - first) // abs(step) + 1)
    operands = [draft.activation(shape, *x), *(draft.integers(v) for v in (begins, ends, steps))]
    return draft.case("STRIDED_SLICE", operands, sizes, x, **masks)


@st.composite
def resizes(draw: Any) -> CompiledOperator:
    """RESIZE_NEAREST_NEIGHBOR, larger and smaller, in each of LiteRT's ways."""
    draft = Draft(draw)
    n, h, w, c = draft.shape(st.just(4))
    size = (draw(st.integers(1, 20)), draw(st.integers(1, 20)))
    x = draft.quantization()
    align, half = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    operands = [draft.activation((n, h, w, c), *x), draft.integers(size)]
    return draft.case(
        "RESIZE_NEAREST_NEIGHBOR", operands, (n, *size, c), x,
        align_corners=align, half_pixel_centers=half, version=3,
    )  # fmt: skip


def _output_scale(draft: Draft, product: float, taps: int) -> float:
    """A scale that spreads the outputs over their range, now and then much too small."""
    return float(np.float32(product * taps**0.5 * 59.3 * 2.0 ** draft.draw(st.integers(-6, 1))))


@st.composite
def transposed_convolutions(draw: Any) -> CompiledOperator:
    """TRANSPOSE_CONV of all strides and paddings, with and without bias, per tensor or channel."""
    draft = Draft(draw)
    n, h, w, c = draft.shape(st.just(4))
    channels, taps = draw(SIZES), (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    padding, strides = draw(st.sampled_from(["SAME", "VALID"])), (draw(st.integers(1, 3)),) * 2
    size = []
    for inputs, k, s in zip((h, w), taps, strides, strict=True):
        spare = draw(st.integers(0, s - 1))
        size.append(inputs * s - spare if padding == "SAME" else (inputs - 1) * s + k + spare)
    x = draft.quantization()
    per_channel = draw(st.booleans())
    scales = [float(np.float32(draw(SCALES))) for _ in range(channels if per_channel else 1)]
    weights = np.maximum(draft.codes((channels, *taps, c)), np.int8(-127))
    filters = draft.model.tensor(weights.shape, "int8", scales, 0, weights, 0, "w")
    operands = [draft.integers((n, *size, channels)), filters, draft.activation((n, h, w, c), *x)]
    bias = draw(st.booleans())
    if bias:
        values = draft.rng.integers(-9000, 9000, channels).astype(np.int32)
        each = [float(np.float32(x[0]) * np.float32(s)) for s in scales]
        operands.append(draft.model.tensor((channels,), "int32", each, 0, values))
    y = (_output_scale(draft, x[0] * max(scales), c * taps[0] * taps[1]), draw(ZEROS))
    return draft.case(
        "TRANSPOSE_CONV", operands, (n, *size, channels), y, padding=padding,
        stride_h=strides[0], stride_w=strides[1], version=3 if bias else 1,
    )  # fmt: skip


@st.composite
def matrix_products(draw: Any) -> CompiledOperator:
    """BATCH_MATMUL of activations, each transposed or not, with batches broadcast."""
    draft = Draft(draw)
    rows, depth, columns = draw(SIZES), draw(st.integers(1, 40)), draw(SIZES)
    batches = tuple(draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 2))))
    adj_x, adj_y = draw(st.booleans()), draw(st.booleans())
    own = [tuple(1 if draw(st.integers(0, 3)) == 0 else size for size in batches) for _ in range(2)]
    whole = tuple(max(pair) for pair in zip(*own, strict=True))
    a, b = draft.quantization(), draft.quantization()
    make = draft.constant if draw(st.booleans()) else draft.activation
    operands = [
        draft.activation((*own[0], *((depth, rows) if adj_x else (rows, depth))), *a),
        make((*own[1], *((columns, depth) if adj_y else (depth, columns))), *b),
    ]
    y = (_output_scale(draft, a[0] * b[0], depth), draw(ZEROS))
    return draft.case(
        "BATCH_MATMUL", operands, (*whole, rows, columns), y, adj_x=adj_x, adj_y=adj_y, version=2
    )


MODELS: dict[str, st.SearchStrategy[CompiledOperator]] = {
    **{name: lookups(name) for name in ("RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH")},
    **{name: lookups(name) for name in ("LOGISTIC", "TANH")},
    **{name: binaries(name) for name in ("ADD", "SUB", "MUL", "MINIMUM", "MAXIMUM")},
    **{name: paddings(name) for name in ("PAD", "PADV2")},
    "MEAN": means(),
    "CONCATENATION": concatenations(),
    "TRANSPOSE": transpositions(),
    "STRIDED_SLICE": slices(),
    "RESIZE_NEAREST_NEIGHBOR": resizes(),
    "TRANSPOSE_CONV": transposed_convolutions(),
    "BATCH_MATMUL": matrix_products(),
}
