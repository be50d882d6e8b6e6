"""What is kept of a run: who started it, and one record per case with all its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from harness.domain.kernel_code import OperatorKernel
from harness.domain.measurement import Missing, Reading
from harness.domain.units import Fidelity

SESSION = "mlperf:"
"""How the `target_id` of an MLPerf Tiny session begins."""

POWER = "power:"
"""How the `target_id` of a measurement of power by hand begins: no case was run for it."""

SESSIONS = (SESSION, POWER)


class CaseStatus(StrEnum):
    """How a case ended."""

    OK = "ok"
    FAILED = "failed"


@dataclass(frozen=True)
class RunInfo:
    """One invocation of the harness; `id` is unique among all runs, `started` is UTC.

    `git_commit` is None outside a git checkout, and then `git_dirty` is None too.
    """

    id: str
    started: datetime
    command_line: str
    git_commit: str | None
    git_dirty: bool | None
    host: str
    harness_version: str

    def __post_init__(self) -> None:
        _require_aware("started", self.started)


@dataclass(frozen=True)
class CaseRecord:
    """One row: a model on a target with a kernel set, its numbers and their provenance.

    What stands before `error_class` is known before a case starts; the rest may be None in a failed
    case that did not come so far. `aliases` are the other kernel sets asked for that are the same
    build on this target, joined with ", ". A failed case has `error_class` (the error's name in
    `harness.errors`) and `error_message` (what, where and hint); an ok one has neither.
    `frames_repeated` were sent again because they or their answers were lost; `incidents` says what
    else happened while inputs were streamed, joined with "; ", None where nothing did.
    Times are UTC, sizes bytes. `counter_resolution` is in the unit of the counted quantity.
    `operator_kernels` has one entry per operator of the model, in order, and none in records older
    than that field. Quantities of `readings`: `instructions` or `cycles` per inference, `accuracy`,
    `vectors_equal` (of n), `largest_difference`, `fallback_share` where a library is called, and
    those of `domain.quantities` where a power meter was at work.
    `board_serial` is what tells one board of a kind from another: the unique id of its probe, or
    the USB serial number of its port; None for a simulator. `caches` is "on" or "off" as the
    firmware was built, None where there are none to switch. `protocol_version` is that of the link
    protocol, as the device told it.
    `raw` names what else is kept of the case, by kind (`answers`, `profile`, `current`,
    `power-trace`): the SHA-256 by which the store's raw data has it.
    """

    status: CaseStatus
    target_id: str
    target_title: str
    core: str
    fidelity: Fidelity
    kernel_set: str
    variant: str
    model: str
    warmup: int
    repeats: int
    started: datetime
    finished: datetime
    error_class: str | None = None
    error_message: str | None = None
    model_sha256: str | None = None
    image_crc32: int | None = None
    image_bytes: int | None = None
    dataset: str | None = None
    dataset_sha256: str | None = None
    inputs: int | None = None
    build_id: str | None = None
    compiler: str | None = None
    flags: str | None = None
    library_name: str | None = None
    library_version: str | None = None
    library_tree_hash: str | None = None
    tool_versions: tuple[tuple[str, str], ...] = ()
    clock_hz: int | None = None
    counter_name: str | None = None
    counter_resolution: float | None = None
    readings: tuple[Reading, ...] = ()
    arena_bytes: int | None = None
    arena_lower_bound: int | None = None
    weight_bytes: int | None = None
    firmware_flash_bytes: int | None = None
    firmware_ram_bytes: int | None = None
    macs: int | None = None
    link_interrupts: int | None = None
    aliases: str | None = None
    operator_kernels: tuple[OperatorKernel, ...] = ()
    frames_repeated: int | None = None
    incidents: str | None = None
    raw: tuple[tuple[str, str], ...] = ()
    board_serial: str | None = None
    caches: str | None = None
    protocol_version: int | None = None

    def __post_init__(self) -> None:
        """Refuse a record that contradicts itself."""
        _require_aware("started", self.started)
        _require_aware("finished", self.finished)
        if (self.status is CaseStatus.FAILED) != (self.error_class is not None):
            raise ValueError("a failed case names its error class, and only a failed one does")

    @property
    def is_session(self) -> bool:
        """Whether this is no case but a session: in no table of runs, compared with nothing."""
        return self.target_id.startswith(SESSIONS)

    def reading(self, quantity: str) -> Reading:
        """Return the reading of `quantity`, or a Missing that says why there is none."""
        for reading in self.readings:
            if reading.quantity == quantity:
                return reading
        if self.status is CaseStatus.FAILED:
            return Missing(quantity, f"the case failed: {self.error_class}")
        return Missing(quantity, "not recorded")


def _require_aware(name: str, moment: datetime) -> None:
    if moment.utcoffset() is None:
        raise ValueError(f"`{name}` needs a time zone")
