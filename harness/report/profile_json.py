"""Profiles as JSON: what the tables show, unrounded and with provenance."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Any

from harness.domain.measurement import Missing
from harness.domain.profile import Profile
from harness.domain.record import RunInfo
from harness.errors import StoreError
from harness.report.whole_file import try_folder, write_whole

SCHEMA = 2


def profiles_to_json(profiles: Sequence[Profile], run: RunInfo) -> str:
    """Return an object of `schema`, `run` and `profiles`; sizes are bytes, counts in `unit`."""
    about = asdict(run) | {"started": run.started.astimezone(UTC).isoformat()}
    content = {
        "schema": SCHEMA,
        "run": about,
        "profiles": [_profile(profile) for profile in profiles],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def make_folder(folder: Path) -> None:
    """Make the folder that profiles go to, best before anything is measured.

    Raises:
        StoreError: it cannot be made, or nothing can be written there.
    """
    try:
        try_folder(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error


def write_profiles(path: Path, profiles: Sequence[Profile], run: RunInfo) -> None:
    """Write `profiles` to `path`, whole or not at all, making its folder where missing.

    Raises:
        StoreError: the file cannot be written.
    """
    try:
        write_whole(path, profiles_to_json(profiles, run) + "\n")
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"profiles cannot be kept there: {error.strerror or error}",
        where=str(path),
        hint="Name a folder that can be written with --folder.",
    )


def _profile(profile: Profile) -> dict[str, Any]:
    used = profile.stack_used
    plain = asdict(profile)
    plain["stack_used"] = None if isinstance(used, Missing) else used
    plain["stack_used_reason"] = used.reason if isinstance(used, Missing) else None
    return plain | {
        "total": profile.total,
        "macs": profile.macs,
        "fallback_share": profile.fallback_share,
    }
