"""Whether the parts of an inference, each in a window of its own, are those of the whole."""

from __future__ import annotations

from harness.domain.device import ProfileReply
from harness.errors import MeasurementError, WindowMissed


def closure_bound(profile: ProfileReply) -> int:
    """Ticks by which the sum over operators may differ from the whole.

    Each window reads less than a tick too little, and all but one of them cost, beyond those of the
    whole, what an empty window costs: less than a tick more than it reads.
    """
    return len(profile.ticks) * (1 + profile.empty_window)


def require_closure(whole: int, outputs: bytes, profile: ProfileReply, where: str) -> None:
    """Refuse a profile that is not of the inference that took `whole` ticks and gave `outputs`.

    Raises:
        WindowMissed: link interrupts fell into the profile's windows.
        MeasurementError: the parts do not add up to the whole, or give another output.
    """
    if profile.link_interrupts:
        raise WindowMissed(
            f"{profile.link_interrupts} link interrupts fell into the measured windows",
            where=where,
            hint="Let nothing else talk to the device's port while it is measured.",
        )
    if b"".join(profile.outputs) != outputs:
        raise MeasurementError(
            "the profiled inference gave another output than the one measured as a whole",
            where=where,
            hint="Run it with `harness run` to see which of both is right.",
        )
    total, bound = sum(profile.ticks), closure_bound(profile)
    if abs(total - whole) > bound:
        raise MeasurementError(
            f"the operators add up to {total:,} ticks, the whole inference took {whole:,}; they "
            f"may differ by {bound:,} (1 tick of the counter and {profile.empty_window:,} of an "
            f"empty window for each of {len(profile.ticks)} operators)",
            where=where,
            hint="Profile again with more --warmup; if it stays, the counter is disturbed.",
        )
