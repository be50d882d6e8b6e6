"""Where the instructions, the flash and the RAM of one inference go."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.domain.kernel_code import OperatorKernel
from harness.domain.measurement import Missing
from harness.domain.target import Region
from harness.domain.units import Fidelity, Unit

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """What one part of the firmware takes, in bytes; `ram_bytes` is static data without stack."""

    name: str
    flash_bytes: int
    ram_bytes: int


@dataclass(frozen=True)
class FirmwareParts:
    """A firmware taken apart.

    The flash of the parts sums to that of the ELF. `stack` is where the stack may grow (downwards,
    from the end of the region) before it meets data.
    """

    parts: tuple[Part, ...]
    stack: Region


@dataclass(frozen=True)
class OperatorProfile:
    """One operator in a window of its own.

    `count` is in the profile's unit, `share` a fraction of all operators' counts. `arena_in` and
    `arena_out` are bytes of activations read and written. `kernel` is None where the ELF has none.
    """

    index: int
    name: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    kernel: OperatorKernel | None
    ticks: int
    count: float
    share: float
    macs: int
    weight_bytes: int
    arena_in: int
    arena_out: int
    scratch_bytes: int


@dataclass(frozen=True)
class Tenant:
    """Bytes of the arena that one or more tensors, or an operator's scratch, hold for a time.

    Step 0 writes the inputs, step i + 1 runs operator i, the last step reads the outputs; `first`
    and `last` are both included.
    """

    names: tuple[str, ...]
    offset: int
    nbytes: int
    first: int
    last: int
    scratch: bool = False


@dataclass(frozen=True)
class Profile:
    """A model on a target with a kernel set, taken apart.

    `whole` is the count of a RUN of the same input, in `unit`, and `total` the sum over operators;
    they differ by no more than `bound`. `resolution` is one tick of the counter, `empty_window`
    what it showed for a window without operators. `stack_used` is the high-water mark since reset.
    """

    target_id: str
    core: str
    fidelity: Fidelity
    kernel_set: str
    variant: str
    model: str
    model_sha256: str
    build_id: str
    compiler: str
    flags: str
    library: str
    counter: str
    unit: Unit
    resolution: float
    whole: float
    empty_window: float
    bound: float
    operators: tuple[OperatorProfile, ...]
    arena_bytes: int
    arena_lower_bound: int
    arena: tuple[Tenant, ...] = field(repr=False)
    parts: tuple[Part, ...]
    flash_bytes: int
    stack_reserved: int
    stack_used: int | Missing

    @property
    def total(self) -> float:
        """The sum over operators, in `unit`."""
        return sum(operator.count for operator in self.operators)

    @property
    def fallback_share(self) -> float:
        """The share of all counts that is spent in fallback operators, a fraction."""
        return sum(one.share for one in self.operators if one.kernel and one.kernel.fallback)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(operator.macs for operator in self.operators)
