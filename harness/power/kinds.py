"""Meters by address: the word before the colon names a module of `harness.power.meters`."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import cast

from harness.domain.power import PowerMeter
from harness.errors import UnknownName
from harness.power import meters
from harness.power.options import Found, MeterOptions


def open_meter(address: str, options: MeterOptions | None = None) -> PowerMeter:
    """Return the meter at an address such as `ppk2://SERIAL`; nothing is opened or sent yet.

    Raises:
        UnknownName: no kind of meter has that name.
    """
    kind, _, rest = address.partition(":")
    if kind not in kinds():
        near = difflib.get_close_matches(kind, kinds(), n=1) or ["ppk2"]
        raise UnknownName(
            f"there is no kind of meter {kind!r}",
            where=f"power meter {address!r}",
            hint=f"Write {near[0]}:..., or see `harness power list` for what there is.",
        )
    rest = rest.removeprefix("//")
    return cast(PowerMeter, _module(kind).open_meter(rest, options or MeterOptions()))


def kinds() -> list[str]:
    """The names an address may begin with, sorted."""
    names = (found.name for found in pkgutil.iter_modules(meters.__path__))
    return sorted(name.replace("_", "-") for name in names)


def title(kind: str) -> str:
    """What a kind of meter is, in a few words."""
    return cast(str, _module(kind).TITLE)


def connected(options: MeterOptions | None = None) -> Iterator[Found]:
    """The instruments that are connected, of every kind that can be looked for."""
    for kind in kinds():
        find = getattr(_module(kind), "find", None)
        if find is not None:
            yield from find(options or MeterOptions())


def _module(kind: str) -> ModuleType:
    return importlib.import_module(f"{meters.__name__}.{kind.replace('-', '_')}")
