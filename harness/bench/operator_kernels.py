"""Which code each operator of a network runs, by what the firmware links for its opcode."""

from __future__ import annotations

from collections.abc import Iterable

from harness.domain.image import OperatorSummary
from harness.domain.kernel_code import LinkedKernel, OperatorKernel


def operator_kernels(
    operators: Iterable[OperatorSummary], linked: Iterable[LinkedKernel]
) -> tuple[OperatorKernel, ...]:
    """One entry per operator in order; its source is empty where the firmware has no kernel."""
    by_opcode = {kernel.opcode: kernel for kernel in linked}
    return tuple(
        _kernel(operator.index, operator.name, by_opcode.get(operator.opcode))
        for operator in operators
    )


def _kernel(index: int, name: str, linked: LinkedKernel | None) -> OperatorKernel:
    if linked is None:
        return OperatorKernel(index, name, "")
    return OperatorKernel(
        index=index,
        operator=name,
        source=linked.source,
        calls=linked.calls,
        path=next(iter(linked.paths), None),
        fallback=linked.fallback,
    )
