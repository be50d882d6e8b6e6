"""Profiles back from the file that `harness profile` kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.domain.measurement import Missing
from harness.domain.profile import Profile
from harness.errors import CorruptRecord, StoreError
from harness.report.profile_json import SCHEMA

_HINT = "Name a file that `harness profile` of this version has written."


def read_profiles(path: Path) -> list[Profile]:
    """The profiles of a file of `profile_json.write_profiles`.

    Raises:
        StoreError: it cannot be read.
        CorruptRecord: it is none.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(
            f"the profile cannot be read: {error.strerror or error}", where=str(path), hint=_HINT
        ) from error
    except ValueError as error:
        raise _corrupt(f"this is no JSON ({error})", path) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise _corrupt(f"this holds no profiles of schema {SCHEMA}", path)
    try:
        found = [_profile(plain) for plain in content["profiles"]]
    except (ValidationError, KeyError, TypeError, AttributeError) as error:
        first = str(error).splitlines()
        raise _corrupt(f"a profile does not decode ({' '.join(first[:3])})", path) from error
    return found


def _profile(plain: dict[str, Any]) -> Profile:
    used, reason = plain["stack_used"], plain.pop("stack_used_reason", None)
    if used is None:
        plain["stack_used"] = Missing("stack_used", reason or "not recorded")
    return TypeAdapter(Profile).validate_python(plain)


def _corrupt(what: str, path: Path) -> CorruptRecord:
    return CorruptRecord(what, where=str(path), hint=_HINT)
