"""Where the bytes lie: the arena over time, and flash by part of the firmware."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.domain.profile import Profile
from harness.report.case_name import profile_case
from harness.report.content import ReportContent
from harness.report.plot_text import in_lines, plain
from harness.report.profile_arena import short_name
from harness.report.section import Figure, Section

ORDER = 60


def sections(content: ReportContent) -> list[Section]:
    """One map for each profile, and one chart of the flash of all of them."""
    if not content.profiles:
        return []
    maps = tuple(_arena(profile) for profile in content.profiles)
    return [
        Section(
            "Memory",
            lead="Who holds which bytes of the arena while the operators run, and what fills the "
            "flash. Sizes are those of the firmware and plan, the same on boards and simulators.",
            figures=(*maps, _flash(content.profiles)),
        )
    ]


def _arena(profile: Profile) -> Figure:
    data: list[dict[str, Any]] = []
    for scratch, name in ((False, "tensor"), (True, "scratch")):
        tenants = [one for one in profile.arena if one.scratch is scratch]
        if not tenants:
            continue
        data.append(
            {
                "type": "bar",
                "name": name,
                "x": [(one.first + one.last) / 2 for one in tenants],
                "width": [one.last - one.first + 1 for one in tenants],
                "base": [one.offset for one in tenants],
                "y": [one.nbytes for one in tenants],
                "text": [plain(" = ".join(map(short_name, one.names))) for one in tenants],
                "textposition": "none",
                "hovertemplate": "%{text}<br>from byte %{base:,}, %{y:,} bytes<extra></extra>",
                "marker": {"line": {"width": 1}},
            }
        )
    steps = len(profile.operators)
    every = max(1, (steps + 2) // 16 + 1)
    ticks = [*range(0, steps, every)]
    layout = {
        "barmode": "overlay",
        "xaxis": {
            "title": {"text": "operator"},
            "tickvals": [0, *(n + 1 for n in ticks), steps + 1],
            "ticktext": ["in", *map(str, ticks), "out"],
        },
        "yaxis": {"title": {"text": "bytes of the arena"}, "rangemode": "tozero"},
    }
    title = f"{profile.model} · {profile_case(profile)}"
    summary = (
        f"arena of {profile.arena_bytes:,} bytes (lower bound {profile.arena_lower_bound:,}) "
        f"over {steps} operators"
    )
    return Figure(title, summary, data, layout)


def _flash(profiles: Sequence[Profile]) -> Figure:
    parts = list(dict.fromkeys(part.name for profile in profiles for part in profile.parts))
    firmware = {profile_case(profile): profile for profile in profiles}
    data = []
    for name in parts:
        sizes = [
            sum(part.flash_bytes for part in profile.parts if part.name == name)
            for profile in firmware.values()
        ]
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": plain(name),
                "y": [in_lines(case) for case in firmware],
                "x": sizes,
                "hovertemplate": "%{fullData.name}: %{x:,} bytes<extra>%{y}</extra>",
            }
        )
    layout = {
        "barmode": "stack",
        "xaxis": {"title": {"text": "bytes of flash"}},
        "yaxis": {"autorange": "reversed"},
    }
    summary = f"flash of {len(firmware)} firmwares by {len(parts)} parts, the model not included"
    return Figure("Flash by part", summary, data, layout, height=170 + 34 * len(firmware))
