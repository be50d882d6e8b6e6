"""Operators x kernel sets: where one set is faster than another, and where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from harness.domain.fallback import heading
from harness.domain.profile import OperatorProfile, Profile
from harness.report.profile_operators import plain_table

BASE = "reference"


def comparable(profiles: Sequence[Profile]) -> Iterator[list[Profile]]:
    """Groups of two and more profiles of one model on one target, the base of ratios first."""

    def key(profile: Profile) -> tuple[str, str]:
        return profile.model_sha256, profile.target_id

    for _, members in groupby(sorted(profiles, key=key), key):
        group = sorted(members, key=lambda profile: profile.kernel_set != BASE)
        if len(group) > 1:
            yield group


def comparison(group: Sequence[Profile], fewest_ticks: int) -> Table:
    """Return counts side by side; from the second column on with the ratio to the first.

    A ratio is a dash where one of its counts has fewer than `fewest_ticks`.
    """
    table = plain_table()
    table.add_column("#")
    table.add_column("operator", overflow="fold")
    base, *others = group
    table.add_column(Text(_label(base)), justify="right", no_wrap=True)
    for profile in others:
        table.add_column(Text(_label(profile)), justify="right", no_wrap=True)
        table.add_column(Text(f"x {_label(base)}"), justify="right", no_wrap=True)
    for operators in zip(*(profile.operators for profile in group), strict=True):
        first = operators[0]
        cells = [str(first.index), first.name, f"{first.count:,.0f}"]
        for operator in operators[1:]:
            cells += [f"{operator.count:,.0f}", _ratio(first, operator, fewest_ticks)]
        table.add_row(*cells)
    table.add_section()
    cells = ["", "sum", f"{base.total:,.0f}"]
    for profile in others:
        cells += [f"{profile.total:,.0f}", f"{base.total / profile.total:.1f}x"]
    table.add_row(*cells)
    return table


def _label(profile: Profile) -> str:
    headed = heading(profile.kernel_set, profile.fallback_share)
    return headed + ("" if profile.variant == "O2" else f"\n+{profile.variant}")


def _ratio(base: OperatorProfile, operator: OperatorProfile, fewest_ticks: int) -> str:
    if min(base.ticks, operator.ticks) < fewest_ticks:
        return "-"
    return f"{base.count / operator.count:.1f}x"
