"""Profiles as tables: operators, the arena over time, parts of the firmware, and kernel sets."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.domain.fallback import heading
from harness.domain.measurement import Missing
from harness.domain.profile import Profile
from harness.report.profile_arena import arena_lines
from harness.report.profile_compare import comparable, comparison
from harness.report.profile_operators import (
    FEWEST_TICKS,
    NONE,
    coarse,
    dashed,
    operator_table,
    plain_table,
)


def profile_summary(profiles: Sequence[Profile], width: int) -> RenderableType:
    """Return the tables of each profile, and those that compare kernel sets where there are two.

    Columns of the operators' tables that do not fit into `width` are left out and named.
    """
    parts: list[RenderableType] = []
    for profile in profiles:
        parts += [*_one(profile, width), Text()]
    for group in comparable(profiles):
        parts += [_title(f"{group[0].model} on {group[0].target_id}: operators x kernel sets")]
        parts += [comparison(group, FEWEST_TICKS), Text()]
    return Group(*parts[:-1])


def profile_text(profiles: Sequence[Profile], width: int) -> str:
    """Return what `profile_summary` shows as text of `width` columns."""
    file = io.StringIO()
    Console(file=file, width=width, color_system=None, legacy_windows=False).print(
        profile_summary(profiles, width)
    )
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def _one(profile: Profile, width: int) -> list[RenderableType]:
    variant = "" if profile.variant == "O2" else f", {profile.variant}"
    core = profile.core.removeprefix("Cortex-")
    headed = heading(profile.kernel_set, profile.fallback_share)
    table, dropped = operator_table(profile, width)
    notes = _notes(profile)
    if dropped:
        notes.append(f"not shown in {width} columns: {', '.join(dropped)}")
    return [
        _title(f"{profile.model} on {profile.target_id} ({core}) with {headed}{variant}"),
        table,
        *(Text(line, style="dim") for line in notes),
        Text(),
        *(Text(line, no_wrap=True, overflow="ellipsis") for line in arena_lines(profile)),
        Text(),
        _memory(profile),
    ]


def _title(text: str) -> Text:
    return Text(text, style="bold")


def _notes(profile: Profile) -> list[str]:
    unit = profile.unit.value
    apart = abs(profile.total - profile.whole)
    notes = [
        f"the whole in one window, measured apart: {profile.whole:,.0f} {unit}; the sum is "
        f"{apart:,.0f} off, at most {profile.bound:,.0f} is allowed",
        f"resolution {profile.resolution:,g} {unit}, one tick of {profile.counter}; a window "
        f"without operators shows {profile.empty_window:,.0f}",
    ]
    if fallen := profile.fallback_share:
        notes.append(f"fallback: {100 * fallen:.1f} % of the {unit} are not in {profile.library}")
    if any(map(coarse, profile.operators)):
        notes.append(f"¹ fewer than {FEWEST_TICKS} ticks: too coarse to divide")
    return notes


def _memory(profile: Profile) -> Table:
    table = plain_table()
    table.add_column("firmware", overflow="fold")
    table.add_column("flash B", justify="right", no_wrap=True)
    table.add_column("RAM B", justify="right", no_wrap=True)
    for part in profile.parts:
        table.add_row(part.name, dashed(part.flash_bytes), dashed(part.ram_bytes))
    used = profile.stack_used
    if isinstance(used, Missing):
        stack, said = NONE, f"not measured: {used.reason}"
    else:
        stack, said = f"{used:,}", "high-water mark, measured"
    table.add_row(f"stack ({said}; {profile.stack_reserved:,} reserved)", "", stack)
    table.add_row("arena", "", f"{profile.arena_bytes:,}")
    table.add_section()
    flash = sum(part.flash_bytes for part in profile.parts)
    ram = sum(part.ram_bytes for part in profile.parts) + profile.arena_bytes
    table.add_row("sum", f"{flash:,}", NONE if isinstance(used, Missing) else f"{ram + used:,}")
    return table
