"""What `--budget` takes: limits of flash, RAM and multiply-accumulates."""

from __future__ import annotations

import re

from harness.domain.budget import Budget
from harness.errors import ConfigError

_BYTES = {"": 1, "B": 1, "KB": 1000, "KIB": 1024, "MB": 1000**2, "MIB": 1024**2}
_COUNTS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}
_UNITS = {"flash": _BYTES, "ram": _BYTES, "macs": _COUNTS}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")
_HINT = "Write it as in --budget flash=250KB,ram=250KiB,macs=60M."


def parsed_budget(text: str) -> Budget:
    """The limits in `flash=250KB,ram=250KiB,macs=60M`; what is not named has none.

    A KB has 1000 bytes, a KiB 1024.

    Raises:
        ConfigError: anything else.
    """
    limits: dict[str, int] = {}
    for part in text.split(","):
        name, _, amount = (piece.strip() for piece in part.partition("="))
        if name not in _UNITS:
            raise _bad(f"{part.strip()!r} names none of {', '.join(_UNITS)}")
        if name in limits:
            raise _bad(f"{name} stands twice in {text!r}")
        limits[name] = _amount(name, amount)
    return Budget(**limits)


def _amount(name: str, text: str) -> int:
    match = _AMOUNT.fullmatch(text)
    units = _UNITS[name]
    if match is None or match[2].upper() not in units:
        known = ", ".join(unit for unit in units if unit)
        raise _bad(f"{name}={text} is no number with one of {known}")
    return int(float(match[1]) * units[match[2].upper()])


def _bad(what: str) -> ConfigError:
    return ConfigError(what, where="--budget", hint=_HINT)
