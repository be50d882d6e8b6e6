"""CONCATENATION of the input and a constant along the last axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.domain.operator_shape import OperatorShape, ShapeRule

if TYPE_CHECKING:
    from harness.bench.kernel_sweep_draft import Draft
    from harness.bench.kernel_sweep_found import Found


def _faults(shape: OperatorShape) -> list[str]:
    if shape.output > shape.input[-1]:
        return []
    return [f"output {shape.output} leaves nothing beside {shape.input[-1]} channels"]


RULE = ShapeRule("CONCATENATION", needed=("output",), faults=_faults)
BUILT_IN = (  # both directions that CMSIS-NN has a function for
    OperatorShape(RULE, (16, 16, 16), 32),
    OperatorShape(RULE, (256,), 512),
)


def found(use: Found) -> OperatorShape | None:
    """See `Sweep`."""
    return use.whole(use.shape(RULE, output=use.y.shape[-1]))


def network(draft: Draft) -> bytes:
    """See `Sweep`."""
    sizes = (*draft.x_shape[:-1], draft.shape.output - draft.x_shape[-1])
    b = draft.codes("b", sizes)
    return draft.finish([draft.x(), b], draft.y(), axis=-1)
