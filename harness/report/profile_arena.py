"""The arena over time as lines of text: one for each tenant, one column for each step."""

from __future__ import annotations

from harness.domain.profile import Profile, Tenant

_TENSOR, _SCRATCH, _FREE = "█", "▒", "·"
_NAME_LENGTH = 36


def arena_lines(profile: Profile) -> list[str]:
    """Return the map, lowest offset first.

    A column is an operator by its last digit, between the writing of the inputs (`i`) and the
    reading of the outputs (`o`).
    """
    steps = len(profile.operators) + 2
    header = "i" + "".join(str(n % 10) for n in range(steps - 2)) + "o"
    size = max(len(f"{profile.arena_bytes:,}"), len("bytes"))
    return [
        f"arena over time: {profile.arena_bytes:,} bytes (lower bound "
        f"{profile.arena_lower_bound:,})",
        f"{'from':>{size}} {'to':>{size}} {'bytes':>{size}}  {header}  tensor",
        *(_line(tenant, steps, size) for tenant in profile.arena),
        f"{_TENSOR} tensor  {_SCRATCH} scratch; i inputs are written, digits: operator, "
        "o outputs are read",
    ]


def _line(tenant: Tenant, steps: int, size: int) -> str:
    mark = _SCRATCH if tenant.scratch else _TENSOR
    live = "".join(mark if tenant.first <= n <= tenant.last else _FREE for n in range(steps))
    end = tenant.offset + tenant.nbytes
    numbers = f"{tenant.offset:>{size},} {end:>{size},} {tenant.nbytes:>{size},}"
    return f"{numbers}  {live}  {' = '.join(short_name(name) for name in tenant.names)}"


def short_name(name: str) -> str:
    """A tensor's name as people know it: the first of those fused into it, cut at the front."""
    first = name.split(";")[0]
    return first if len(first) <= _NAME_LENGTH else f"…{first[1 - _NAME_LENGTH :]}"
