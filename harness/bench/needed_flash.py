"""The flash that a firmware would take with the kernels of one model's operators alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.domain.firmware import Firmware
from harness.domain.image import OperatorSummary
from harness.domain.kernel_code import NEEDED_FLASH, LinkedKernel
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.target import Region, Target
from harness.domain.units import Unit


def needed_flash(
    firmware: Firmware,
    linked: Sequence[LinkedKernel],
    operators: Iterable[OperatorSummary],
    target: Target,
) -> Reading:
    """Bytes of `firmware` without what only kernels of operators reach that are not in `operators`.

    Padding and the names of those kernels stay counted: a build without them is a little smaller.
    """
    if not any(kernel.flash for kernel in linked):
        return Missing(NEEDED_FLASH, "the firmware does not show what its kernels reach")
    wanted = {operator.opcode for operator in operators}
    kept = _union(kernel for kernel in linked if kernel.opcode in wanted)
    spared = sum(region.length for region in _union(linked) - kept)
    size = float(firmware.flash_bytes - spared)
    return Measurement(
        quantity=NEEDED_FLASH,
        value=size,
        unit=Unit.BYTES,
        n=1,
        minimum=size,
        maximum=size,
        fidelity=target.fidelity,
        instrument="symbols of the firmware",
        method="sections of the ELF, less what only kernels of other operators reach by its calls "
        "and addresses",
    )


def _union(kernels: Iterable[LinkedKernel]) -> set[Region]:
    return set[Region]().union(*(kernel.flash for kernel in kernels))
