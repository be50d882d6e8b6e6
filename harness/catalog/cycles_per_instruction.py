"""The constants of cycle estimates, from their definition file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from harness.catalog.definitions import Table, bad_definition, parse_toml, validated
from harness.domain.estimate import CyclesPerInstruction, NetClass

CPI_CONSTANTS = Path(__file__).with_name("cycles_per_instruction.toml")


class _Constant(Table):
    core: str
    net: Literal["conv", "fc"]
    cpi: Annotated[float, Field(gt=0, lt=10)]
    band_percent: Annotated[float, Field(gt=0, lt=100)]
    basis: str


class _File(Table):
    constant: list[_Constant]


def read_constants(path: Path = CPI_CONSTANTS) -> list[CyclesPerInstruction]:
    """Cycles per instruction by core and class of network.

    Raises:
        BadDefinition: the file cannot be read or has faults, all of which are listed.
    """
    file, faults = validated(parse_toml(path), _File)
    if file is None:
        raise bad_definition(path, faults)
    return [
        CyclesPerInstruction(
            one.core, NetClass(one.net), one.cpi, one.band_percent / 100, one.basis
        )
        for one in file.constant
    ]
