"""Trace files: a module for each format, chosen by the file's suffix or asked for by name."""

from __future__ import annotations

import importlib
import pkgutil
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import cast
from zipfile import BadZipFile

from harness.domain.power import Accuracy, Trace
from harness.errors import BadTrace, UnknownName


@dataclass(frozen=True)
class ImportOptions:
    """What a foreign file does not say of itself.

    `voltage_v` is the supply where the file has none; `rate_hz` the sampling rate where it has no
    time. The names are those of columns or signals. `gain` is the instrument's relative accuracy.
    """

    voltage_v: float | None = None
    rate_hz: float | None = None
    time: str = ""
    current: str = ""
    voltage: str = ""
    gate: str = ""
    instrument: str = "imported"
    gain: float = 0.02

    @property
    def accuracy(self) -> Accuracy:
        """What is assumed of the instrument that took the file."""
        return Accuracy(
            gain=self.gain,
            voltage=0.01,
            time_base=100e-6,
            offset_a=0.0,
            source=f"stated at import: {self.gain * 100:g} %; voltage +-1 % assumed",
        )

    def volts(self, where: Path) -> float:
        """The supply voltage.

        Raises:
            BadTrace: it was not given, and the file has none.
        """
        if self.voltage_v is None:
            raise BadTrace(
                "the file has no voltage",
                where=str(where),
                hint="Say the supply voltage with --voltage of `harness power import`.",
            )
        return self.voltage_v


def read_trace(path: Path, options: ImportOptions | None = None, kind: str = "") -> Trace:
    """Read a file in the format `kind`, or the one its name tells.

    Raises:
        UnknownName: no such format.
        BadTrace: the file is missing, or is not what it should be.
    """
    if not path.is_file():
        raise BadTrace(
            "there is no such file", where=str(path), hint="Give the path of a trace file."
        )
    module = _format(kind) if kind else _by_name(path)
    try:
        return cast(Trace, module.read(path, options or ImportOptions()))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        raise BadTrace(
            f"the file does not decode ({error})",
            where=str(path),
            hint="Name its format with --format.",
        ) from error


def formats() -> list[str]:
    """The names of the formats, sorted."""
    return sorted(found.name.replace("_", "-") for found in pkgutil.iter_modules(__path__))


def _format(kind: str) -> ModuleType:
    if kind not in formats():
        raise UnknownName(
            f"there is no trace format {kind!r}",
            hint=f"Choose one of {', '.join(formats())}.",
        )
    return importlib.import_module(f"{__name__}.{kind.replace('-', '_')}")


def _by_name(path: Path) -> ModuleType:
    modules = [_format(kind) for kind in formats()]
    fitting = [m for m in modules if path.name.lower().endswith(tuple(m.SUFFIXES))]
    if not fitting:
        known = ", ".join(suffix for module in modules for suffix in module.SUFFIXES)
        raise UnknownName(
            f"the name tells no format: {path.name}",
            where=str(path),
            hint=f"Known are {known}; or name the format with --format.",
        )
    return max(fitting, key=lambda m: max(len(s) for s in m.SUFFIXES if path.name.endswith(s)))
