"""What follows the colon of a data set, taken apart into paths and `name=value` options."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from harness.catalog.definitions import nearest
from harness.errors import BadDataset

_OPTION = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class SpecArguments:
    """Paths in order and options by name, as they were written after `spec`'s colon."""

    spec: str
    syntax: str
    paths: tuple[str, ...]
    options: Mapping[str, str]

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """The option `name`, which is one of `choices`.

        Raises:
            BadDataset: it is something else.
        """
        value = self.options.get(name, default)
        if value not in choices:
            raise self.refusal(f"{name}={value} is unknown", f"Write {name}={'|'.join(choices)}.")
        return value

    def number(self, name: str, default: float, most: float) -> float:
        """The option `name`, a number above 0 and up to `most`.

        Raises:
            BadDataset: it is something else.
        """
        if name not in self.options:
            return default
        try:
            value = float(self.options[name])
        except ValueError:
            value = 0.0
        if not 0 < value <= most:
            raise self.refusal(
                f"{name}={self.options[name]} is no number above 0 and up to {most:g}",
                f"Write a number, as in {name}={default:g}.",
            )
        return value

    def whole(self, name: str, default: int, most: int) -> int:
        """The option `name`, a whole number from 1 to `most`.

        Raises:
            BadDataset: it is something else.
        """
        text = self.options.get(name, str(default))
        if not (re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= most):
            raise self.refusal(
                f"{name}={text} is no whole number from 1 to {most}",
                f"Write a whole number, as in {name}={default}.",
            )
        return int(text)

    def refusal(self, what: str, hint: str) -> BadDataset:
        """The error for a specification that says something it cannot."""
        return BadDataset(what, where=self.spec, hint=hint)


def split_arguments(
    argument: str, syntax: str, known: Collection[str], most_paths: int = 1
) -> SpecArguments:
    """Take apart `PATH[,PATH][,name=value]...`, where `known` are the names of the options.

    The first part is a path in any case, so that it may hold an equals sign; none may hold a comma.

    Raises:
        BadDataset: no path or too many, an option that is unknown, empty or given twice.
    """
    scheme = syntax.partition(":")[0]
    first, *rest = argument.split(",")
    paths, options = [first], dict[str, str]()
    for part in rest:
        found = _OPTION.fullmatch(part)
        if not found:
            paths.append(part)
            continue
        name, value = found.groups()
        if name not in known:
            near = nearest(name, known)
            raise BadDataset(
                f"there is no option {name!r}",
                where=f"{scheme}:{argument}",
                hint=(f"Use {near!r}" if near else "Use an option there is")
                + f"; there are: {', '.join(sorted(known))}.",
            )
        if name in options or not value:
            raise BadDataset(
                f"{name} is given {'twice' if value else 'no value'}",
                where=f"{scheme}:{argument}",
                hint=f"Write {name}=VALUE once.",
            )
        options[name] = value
    if not all(paths) or len(paths) > most_paths:
        raise BadDataset(
            "a path is missing"
            if not all(paths)
            else f"{paths[most_paths]!r} is one path too many",
            where=f"{scheme}:{argument}",
            hint=f"Write {syntax}; a path cannot hold a comma.",
        )
    return SpecArguments(f"{scheme}:{argument}", syntax, tuple(paths), options)
