"""STRIDED_SLICE: each axis from a first to a last index by a step."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model.broadcast import trailing_dims
from harness.model.constant_values import constant_integers
from harness.model.lowered import Lowered
from harness.model.operator_use import OperatorUse
from harness.model.strided_copy import lower_strided_copy, steps_of
from harness.model.unchanged import refuse_requantization

_REFUSED = ("ellipsis_mask", "new_axis_mask", "offset")


def lower(use: OperatorUse) -> Lowered:
    """STRIDED_SLICE by constants, also backwards; see `lower_strided_copy`.

    `begin_mask`, `end_mask` and `shrink_axis_mask` count, as TensorFlow defines them.
    """
    x, y = use.activation(0), use.output()
    refuse_requantization(use, y, x)
    for option in _REFUSED:
        if use.option(option, 0):
            raise use.unsupported(
                f"`{option}` is set", "Convert the model with a begin, an end and a step per axis."
            )
    ranges = [_range(use, axis, size, _given(use, axis)) for axis, size in enumerate(x.shape)]
    sizes = [len(each) for each in ranges]
    kept = [size for axis, size in enumerate(sizes) if not _bit(use, "shrink_axis_mask", axis)]
    if tuple(kept) != y.shape:
        raise use.broken(f"the slice has the shape {kept}")
    steps = steps_of(trailing_dims(use, x))[4 - len(x.shape) :]
    first = sum(each.start * step for each, step in zip(ranges, steps, strict=True))
    strides = [each.step * step for each, step in zip(ranges, steps, strict=True)]
    return lower_strided_copy(use, x, y, sizes, first, strides)


@dataclass(frozen=True)
class _Given:
    """What the operator's constants say of one axis."""

    begin: int
    end: int
    step: int


def _given(use: OperatorUse, axis: int) -> _Given:
    begins, ends = (constant_integers(use, i, name) for i, name in ((1, "begins"), (2, "ends")))
    steps = constant_integers(use, 3, "strides")
    if not len(begins) == len(ends) == len(steps) <= len(use.input(0).shape) or 0 in steps:
        raise use.broken(f"begins {begins}, ends {ends} and strides {steps} do not fit")
    if axis >= len(begins):
        return _Given(0, use.input(0).shape[axis], 1)
    return _Given(begins[axis], ends[axis], steps[axis])


def _bit(use: OperatorUse, mask: str, axis: int) -> bool:
    return bool(use.option(mask, 0) >> axis & 1)


def _range(use: OperatorUse, axis: int, size: int, given: _Given) -> range:
    """The indices that are taken of an axis, as Python's own slices, but for the masks."""
    begin = None if _bit(use, "begin_mask", axis) else given.begin
    end = None if _bit(use, "end_mask", axis) else given.end
    if _bit(use, "shrink_axis_mask", axis):
        index = given.begin % size if begin is not None else 0
        if not -size <= given.begin < size:
            raise use.broken(f"index {given.begin} lies outside axis {axis} of size {size}")
        return range(index, index + 1)
    return range(size)[begin : end : given.step]


def macs(use: OperatorUse) -> int:
    """None: nothing is computed."""
    return 0
