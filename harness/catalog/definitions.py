"""A strict reader of definition files: all faults of a file at once, each with its key path."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from harness.errors import BadDefinition, DuplicateName, UnknownName

S = TypeVar("S", bound="Schema")
T = TypeVar("T", bound="Table")
V = TypeVar("V")


class Table(BaseModel):
    """A table of a definition file: no other keys than its fields, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Schema(Table):
    """A whole definition file: every kind has a name and a title."""

    id: str
    title: str


def index(kind: str, entries: Iterable[tuple[str, Path]]) -> dict[str, Path]:
    """Return (name, file) pairs as a mapping, sorted by name.

    Raises:
        DuplicateName: two files claim one name; both are named.
    """
    found: dict[str, Path] = {}
    for name, path in entries:
        if name in found:
            raise DuplicateName(
                f"{kind} {name!r} is defined twice: {found[name]} and {path}",
                where=str(path),
                hint="Rename one of the two files and the id in it.",
            )
        found[name] = path
    return dict(sorted(found.items()))


def pick(kind: str, name: str, available: Mapping[str, V]) -> V:
    """Return `available[name]`.

    Raises:
        UnknownName: no such name; the hint offers the nearest, or all there are.
    """
    if name in available:
        return available[name]
    known = ", ".join(sorted(available)) or "none"
    near = nearest(name, available)
    hint = f"Use {near!r}" if near else "Use a name that exists"
    raise UnknownName(f"there is no {kind} {name!r}", hint=f"{hint}; there are: {known}.")


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name most like `name`, or None where nothing is like it."""
    by_lower = {candidate.lower(): candidate for candidate in names}
    matches = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None


def read_definition(path: Path, schema: type[S], *, name: str) -> S:
    """Read the TOML file `path` as `schema`; its id must be `name`, after which the file is named.

    Raises:
        BadDefinition: the file cannot be read or is not TOML (with line and column), or has
            faults, all of which are listed with their key paths.
    """
    raw = parse_toml(path)
    definition, faults = validated(raw, schema)
    given = raw.get("id")
    if isinstance(given, str) and given != name:
        faults.insert(0, f"id: is {given!r}, but the file is named for {name!r}")
    if definition is None or faults:
        raise bad_definition(path, faults)
    return definition


def validated(
    raw: Mapping[str, Any], schema: type[T], context: object = None
) -> tuple[T | None, list[str]]:
    """The table that `raw` holds and no faults, else None and all faults with their key paths.

    `context` is what the schema's validators need to know beside the table.
    """
    try:
        return schema.model_validate(raw, context=context), []
    except ValidationError as error:
        return None, [_describe(detail, schema) for detail in error.errors()]


def bad_definition(path: Path, faults: list[str]) -> BadDefinition:
    """The error for a definition file with `faults`, each "key path: what is wrong"."""
    if len(faults) == 1:
        what = faults[0]
    else:
        what = f"{len(faults)} faults:" + "".join(f"\n  {fault}" for fault in faults)
    return BadDefinition(what, where=str(path), hint="Correct the file.")


def parse_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        BadDefinition: it cannot be read, or is not TOML (with line and column).
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise bad_definition(path, [f"is not TOML: {error}"]) from error
    except UnicodeDecodeError as error:
        raise bad_definition(path, [f"is not UTF-8: byte {error.start}"]) from error
    except FileNotFoundError as error:
        raise BadDefinition(
            "there is no such file", where=str(path), hint="Correct the path."
        ) from error
    except OSError as error:
        raise BadDefinition(
            f"cannot be read: {error.strerror}",
            where=str(path),
            hint="Make the file readable.",
        ) from error


def _describe(detail: ErrorDetails, schema: type[BaseModel]) -> str:
    location = detail["loc"]
    key = ".".join(str(part) for part in location)
    kind = detail["type"]
    if kind == "extra_forbidden":
        near = nearest(str(location[-1]), _keys_at(schema, location[:-1]))
        return f"{key}: unknown key" + (f" (did you mean {near!r}?)" if near else "")
    if kind == "missing":
        return f"{key}: missing"
    if kind in {"value_error", "assertion_error"}:
        message = str(detail["ctx"]["error"])
        return f"{key}: {message}" if key else message
    message = detail["msg"].replace("Input should be", "must be")
    return f"{key}: {message}, is {detail['input']!r}"


def _keys_at(schema: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The valid keys of the table that `location` leads to, down from `schema`."""
    for part in location:
        if isinstance(part, int):  # a row of an array of tables
            continue
        field = schema.model_fields.get(part)
        if field is None:
            return []
        candidates = (field.annotation, *get_args(field.annotation))
        inner = [c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)]
        if not inner:
            return []
        schema = inner[0]
    return list(schema.model_fields)
