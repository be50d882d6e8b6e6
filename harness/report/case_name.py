"""What a case is called in a plot or a line of text."""

from __future__ import annotations

from harness.domain.profile import Profile
from harness.domain.record import CaseRecord
from harness.report.fallback import heading_of

PLAIN_VARIANT = "O2"


def kernels_of(record: CaseRecord) -> str:
    """The kernel set as the row is headed by, with the build variant where it is no plain one."""
    return _with_variant(heading_of(record), record.variant)


def case_of(record: CaseRecord) -> str:
    """Model, target and kernels."""
    return f"{record.model} · {record.target_id} · {kernels_of(record)}"


def ending_of(error_class: str | None) -> str:
    """What ended a failed case: the name of its error, or `interrupted` for Ctrl-C."""
    return "interrupted" if error_class == KeyboardInterrupt.__name__ else str(error_class)


def failure_of(record: CaseRecord) -> str:
    """What ended a failed case, and the error's own words on one line."""
    told = " ".join((record.error_message or "").split())
    name = ending_of(record.error_class)
    return name if told in ("", name) else f"{name}: {told}"


def profile_case(profile: Profile) -> str:
    """Target and kernels of a profile."""
    return f"{profile.target_id} · {_with_variant(profile.kernel_set, profile.variant)}"


def _with_variant(kernels: str, variant: str) -> str:
    return kernels if variant == PLAIN_VARIANT else f"{kernels} +{variant}"
