"""What fell back in a case: its share, what that makes of the row's heading, and a note."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.fallback import FALLBACK_SHARE, MOST, heading
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.record import CaseRecord, CaseStatus

NO_LIBRARY = "the kernel set calls no library: nothing stands in for a kernel of one"


def fell_back(record: CaseRecord) -> bool:
    """Whether an operator of a case that ended well ran without a kernel of the set's library."""
    return record.status is CaseStatus.OK and any(one.fallback for one in record.operator_kernels)


def share_of(record: CaseRecord) -> Reading:
    """The share of counts in fallback operators, or why there is none."""
    share = record.reading(FALLBACK_SHARE)
    if isinstance(share, Missing) and record.status is CaseStatus.OK and not record.library_name:
        return Missing(FALLBACK_SHARE, NO_LIBRARY)
    return share


def heading_of(record: CaseRecord) -> str:
    """What the row is headed by: the kernel set, unless most of the counts are not its library's.

    A share that should have been measured and was not counts as the most.
    """
    share = record.reading(FALLBACK_SHARE)
    if isinstance(share, Measurement):
        return heading(record.kernel_set, share.value)
    return heading(record.kernel_set, 1.0 if fell_back(record) else 0.0)


def fallback_lines(records: Sequence[CaseRecord]) -> list[str]:
    """What a fallback is; then for each case that has some: which operators, and what share."""
    fallen = [record for record in records if fell_back(record)]
    if not fallen:
        return []
    return [
        "fallback: share of the counts in operators for which the kernel set has no kernel of its "
        f"library; a row above {100 * MOST:g} % is not headed by its kernel set alone",
        *map(_line, fallen),
    ]


def _line(record: CaseRecord) -> str:
    share = record.reading(FALLBACK_SHARE)
    told = f"{100 * share.value:.1f} %" if isinstance(share, Measurement) else share.reason
    case = f"{record.model} · {record.target_id} · {record.kernel_set} ({record.variant})"
    return f"fallback in {case}: {_operators(record)}: {told}"


def _operators(record: CaseRecord) -> str:
    """The operators that fell back, each with the file that stood in for the library."""
    fallen = [one for one in record.operator_kernels if one.fallback]
    times: dict[str, int] = {}
    for one in fallen:
        text = f"{one.operator} ({one.source.removesuffix('.c')})"
        times[text] = times.get(text, 0) + 1
    return ", ".join(f"{n} x {text}" if n > 1 else text for text, n in times.items())
