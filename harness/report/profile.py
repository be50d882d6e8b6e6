"""Profiles as tables: operators, the arena over time, parts of the firmware, and kernel sets."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.domain.measurement import Missing
from harness.domain.profile import KernelCode, OperatorProfile, Profile, Shape
from harness.domain.units import Unit
from harness.report.profile_arena import arena_lines
from harness.report.profile_compare import comparable, comparison

# Below this many ticks a count is off by more than 4 percent, and what is divided by it with it.
FEWEST_TICKS = 25
_SHORT = {Unit.INSTRUCTIONS: "instr.", Unit.CYCLES: "cycles"}
_COARSE = "-¹"
_NONE = "-"


def profile_summary(profiles: Sequence[Profile]) -> RenderableType:
    """Return the tables of each profile, and those that compare kernel sets where there are two."""
    parts: list[RenderableType] = []
    for profile in profiles:
        parts += [*_one(profile), Text()]
    for group in comparable(profiles):
        parts += [_title(f"{group[0].model} on {group[0].target_id}: operators x kernel sets")]
        parts += [comparison(group, FEWEST_TICKS), Text()]
    return Group(*parts[:-1])


def profile_text(profiles: Sequence[Profile], width: int) -> str:
    """Return what `profile_summary` shows as text of `width` columns."""
    file = io.StringIO()
    Console(file=file, width=width, color_system=None, legacy_windows=False).print(
        profile_summary(profiles)
    )
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def _one(profile: Profile) -> list[RenderableType]:
    variant = "" if profile.variant == "O2" else f", {profile.variant}"
    core = profile.core.removeprefix("Cortex-")
    return [
        _title(
            f"{profile.model} on {profile.target_id} ({core}) with {profile.kernel_set}{variant}"
        ),
        _operators(profile),
        *(Text(line, style="dim") for line in _notes(profile)),
        Text(),
        *(Text(line, no_wrap=True, overflow="ellipsis") for line in arena_lines(profile)),
        Text(),
        _memory(profile),
    ]


def _title(text: str) -> Text:
    return Text(text, style="bold")


def _table(left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )
    for title in left:
        table.add_column(Text(title), overflow="fold")
    for title in right:
        table.add_column(Text(title), justify="right", no_wrap=True)
    return table


def _operators(profile: Profile) -> Table:
    unit, short = profile.unit.value, _SHORT[profile.unit]
    table = _table(
        ["#", "operator", "shapes", "kernel"],
        [
            unit,
            "share",
            "MACs",
            f"{short}\nper MAC",
            "weights\nB",
            "arena\nin B",
            "out B",
            "scratch\nB",
        ],
    )
    for operator in profile.operators:
        table.add_row(
            str(operator.index),
            operator.name,
            f"{shapes(operator.inputs)} → {shapes(operator.outputs)}",
            kernel_name(operator.kernel),
            f"{operator.count:,.0f}",
            f"{100 * operator.share:.1f} %",
            _count(operator.macs),
            _per_mac(operator),
            _count(operator.weight_bytes),
            f"{operator.arena_in:,}",
            f"{operator.arena_out:,}",
            _count(operator.scratch_bytes),
        )
    table.add_section()
    table.add_row(
        *("", "sum", "", ""),
        f"{profile.total:,.0f}",
        f"{100 * sum(operator.share for operator in profile.operators):.1f} %",
        _count(profile.macs),
        f"{profile.total / profile.macs:.2f}" if profile.macs else _NONE,
        _count(sum(operator.weight_bytes for operator in profile.operators)),
    )
    return table


def shapes(of: Sequence[Shape]) -> str:
    """Shapes of activations without their batch of one: `28x28x1`."""
    return " + ".join(
        "x".join(map(str, shape[1:] if len(shape) > 1 and shape[0] == 1 else shape)) for shape in of
    )


def kernel_name(kernel: KernelCode | None) -> str:
    """The library's functions that a kernel calls, or its own file where it calls none."""
    if kernel is None:
        return _NONE
    return ", ".join(kernel.calls) or kernel.source.removesuffix(".c")


def _per_mac(operator: OperatorProfile) -> str:
    if not operator.macs:
        return _NONE
    if operator.ticks < FEWEST_TICKS:
        return _COARSE
    return f"{operator.count / operator.macs:.2f}"


def _count(number: int) -> str:
    return f"{number:,}" if number else _NONE


def _notes(profile: Profile) -> list[str]:
    unit = profile.unit.value
    apart = abs(profile.total - profile.whole)
    notes = [
        f"the whole in one window, measured apart: {profile.whole:,.0f} {unit}; the sum is "
        f"{apart:,.0f} off, at most {profile.bound:,.0f} is allowed",
        f"resolution {profile.resolution:,g} {unit}, one tick of {profile.counter}; a window "
        f"without operators shows {profile.empty_window:,.0f}",
    ]
    if any(operator.macs and operator.ticks < FEWEST_TICKS for operator in profile.operators):
        notes.append(f"¹ fewer than {FEWEST_TICKS} ticks: too coarse to divide")
    return notes


def _memory(profile: Profile) -> Table:
    table = _table(["firmware"], ["flash B", "RAM B"])
    for part in profile.parts:
        table.add_row(part.name, _count(part.flash_bytes), _count(part.ram_bytes))
    used = profile.stack_used
    if isinstance(used, Missing):
        stack, said = _NONE, f"not measured: {used.reason}"
    else:
        stack, said = f"{used:,}", "high-water mark, measured"
    table.add_row(f"stack ({said}; {profile.stack_reserved:,} reserved)", "", stack)
    table.add_row("arena", "", f"{profile.arena_bytes:,}")
    table.add_section()
    flash = sum(part.flash_bytes for part in profile.parts)
    ram = sum(part.ram_bytes for part in profile.parts) + profile.arena_bytes
    whole = "-" if isinstance(used, Missing) else f"{ram + used:,}"
    table.add_row("sum", f"{flash:,}", whole)
    return table
