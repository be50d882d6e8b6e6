"""A nightly: what is planned, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness import errors
from harness.domain.energy_asked import EnergyAsked
from harness.domain.record import CaseRecord, RunInfo
from harness.domain.verdict import CaseVerdict, Judgement, exit_code
from harness.errors import BoardBroken, BoardNotFound, HarnessError, LinkError, RigError

PREVIOUS = "previous"
_HOPELESS = (BoardBroken, BoardNotFound)  # a second try meets the same


@dataclass(frozen=True)
class ReportFiles:
    """Where a nightly's reports go; None is not written."""

    html: Path | None = None
    junit: Path | None = None
    summary: Path | None = None
    openmetrics: Path | None = None

    @property
    def wanted(self) -> tuple[Path, ...]:
        """Those that are written."""
        every = (self.html, self.junit, self.summary, self.openmetrics)
        return tuple(path for path in every if path is not None)


@dataclass(frozen=True)
class NightlyPlan:
    """What a nightly measures, and what it is held to.

    Empty `targets`, `kernels`, `models` and `builds` mean what they mean to `harness run`. Finished
    runs get the name `tag`. `baseline` is `PREVIOUS` (for each case, the last time it ended well
    in a run of that name), or what `harness regress` takes: a run, a tag, or a baseline file. A
    case is given up after `case_timeout_s` seconds; one that the rig failed is tried up to
    `retries` times more. Up to `jobs` targets are measured at once. `energy` is what is asked of
    power meters.
    """

    targets: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()
    dataset: str | None = None
    limit: int | None = None
    repeat: int = 1
    warmup: int = 1
    tag: str = "nightly"
    baseline: str = PREVIOUS
    thresholds: Path | None = None
    case_timeout_s: float = 1800.0
    retries: int = 1
    jobs: int = 1
    files: ReportFiles = ReportFiles()
    energy: EnergyAsked = field(default_factory=EnergyAsked)


@dataclass(frozen=True)
class Night:
    """How a nightly ended.

    `records` has the last record of each case, in the order of the plan; `retried` the failed ones
    that another try took the place of. `left_out` says which parts of the matrix cannot be.
    """

    run: RunInfo
    against: str
    records: tuple[CaseRecord, ...]
    verdicts: tuple[CaseVerdict, ...]
    retried: tuple[CaseRecord, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 for a regression, else that of a failed build or device, 4 for the rig, 0 for none."""
        if any(one.judgement is Judgement.REGRESSION for one in self.verdicts):
            return 1
        kinds = [kind for record in self.records if (kind := error_kind(record))]
        own = [kind.exit_code for kind in kinds if not issubclass(kind, RigError | LinkError)]
        return own[0] if own else RigError.exit_code if kinds else exit_code(self.verdicts)


def error_kind(record: CaseRecord) -> type[HarnessError] | None:
    """The error that a case ended with; None where it ended well."""
    if record.error_class is None:
        return None
    kind = getattr(errors, record.error_class, None)
    return kind if isinstance(kind, type) and issubclass(kind, HarnessError) else HarnessError


def is_rig_failure(record: CaseRecord) -> bool:
    """Whether the bench, and neither the build nor the device's answer, is why a case failed."""
    kind = error_kind(record)
    return kind is not None and issubclass(kind, RigError | LinkError)


def worth_a_retry(record: CaseRecord) -> bool:
    """Whether the same case may end otherwise: the rig failed it, and its board is in use."""
    kind = error_kind(record)
    return is_rig_failure(record) and kind is not None and not issubclass(kind, _HOPELESS)
