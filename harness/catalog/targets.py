"""Targets: one TOML file each, checked for what would otherwise fail on the board."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.catalog.definitions import (
    Schema,
    Table,
    bad_definition,
    index,
    nearest,
    parse_toml,
    pick,
    read_definition,
)
from harness.catalog.locations import folders
from harness.catalog.power_model import PowerModelTable
from harness.domain.target import Core, CounterMeaning, Memory, Region, Target
from harness.domain.units import Fidelity, Unit

_ADDRESSES = 1 << 32
_ALIGNMENT = 16

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class _Region(Table):
    origin: Annotated[int, Field(ge=0, lt=_ADDRESSES)]
    length: Annotated[int, Field(gt=0, le=_ADDRESSES)]

    @model_validator(mode="after")
    def _fits_the_address_space(self) -> _Region:
        if self.origin % _ALIGNMENT:
            raise ValueError(f"origin 0x{self.origin:08x} is not a multiple of {_ALIGNMENT}")
        if self.origin + self.length > _ADDRESSES:
            raise ValueError("ends beyond the 32-bit address space")
        return self

    def value(self) -> Region:
        return Region(self.origin, self.length)


class _Memory(Table):
    code: _Region
    ram: _Region
    model_slot: _Region
    arena: _Region

    @model_validator(mode="after")
    def _regions_are_apart(self) -> _Memory:
        regions = {name: getattr(self, name) for name in type(self).model_fields}
        for (first, a), (second, b) in combinations(regions.items(), 2):
            if a.origin < b.origin + b.length and b.origin < a.origin + a.length:
                raise ValueError(f"{first} and {second} overlap")
        return self


class _Core(Table):
    name: str
    flags: Annotated[list[str], Field(min_length=1)]


class _Counter(Table):
    name: Name
    unit: Annotated[Unit, Field(strict=False)]
    per_tick: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Machine(BaseModel):
    """The keys beside `kind` are options of that machine; its adapter knows and checks them."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, str]

    kind: Name


class _TargetFile(Schema):
    id: Name
    fidelity: Annotated[Fidelity, Field(strict=False)]
    port: Name
    clock_hz: Annotated[int, Field(gt=0)]
    baud_rate: Annotated[int, Field(gt=0)]
    max_baud_rate: Annotated[int, Field(gt=0)] | None = None
    pyocd_target: str
    core: _Core
    memory: _Memory
    counter: _Counter
    machine: _Machine
    defines: dict[str, str] = Field(default={})
    device_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+\.h$")] | None = None
    also_clock_hz: list[Annotated[int, Field(gt=0)]] = Field(default=[])
    default: bool = True
    power_model: PowerModelTable | None = None

    @model_validator(mode="after")
    def _rate_can_only_rise(self) -> _TargetFile:
        if self.max_baud_rate is not None and self.max_baud_rate <= self.baud_rate:
            raise ValueError(
                f"max_baud_rate: {self.max_baud_rate} is not above baud_rate, {self.baud_rate}"
            )
        return self

    @model_validator(mode="after")
    def _unit_suits_the_fidelity(self) -> _TargetFile:
        _require_suiting_unit(self.fidelity, self.counter.unit)
        return self

    def value(self) -> Target:
        memory = self.memory
        return Target(
            id=self.id,
            title=self.title,
            fidelity=self.fidelity,
            core=Core(self.core.name, tuple(self.core.flags)),
            port=self.port,
            clock_hz=self.clock_hz,
            memory=Memory(
                code=memory.code.value(),
                ram=memory.ram.value(),
                model_slot=memory.model_slot.value(),
                arena=memory.arena.value(),
            ),
            counter=CounterMeaning(self.counter.name, self.counter.unit, self.counter.per_tick),
            machine=self.machine.kind,
            machine_options=dict(self.machine.__pydantic_extra__),
            pyocd_target=self.pyocd_target,
            baud_rate=self.baud_rate,
            max_baud_rate=self.max_baud_rate,
            defines=dict(self.defines),
            device_header=self.device_header or "",
            also_clock_hz=tuple(self.also_clock_hz),
            default=self.default,
            power_model=None if self.power_model is None else self.power_model.value(),
        )


class _TwinCounter(Table):
    unit: Annotated[Unit, Field(strict=False)]
    per_tick: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _TwinFile(Schema):
    """A target that runs another's firmware: what the firmware is built from is said there."""

    id: Name
    fidelity: Annotated[Fidelity, Field(strict=False)]
    firmware: Name
    counter: _TwinCounter
    machine: _Machine
    pyocd_target: str | None = None
    default: bool = True

    @model_validator(mode="after")
    def _unit_suits_the_fidelity(self) -> _TwinFile:
        _require_suiting_unit(self.fidelity, self.counter.unit)
        return self

    def value(self, original: Target) -> Target:
        return replace(
            original,
            id=self.id,
            title=self.title,
            fidelity=self.fidelity,
            firmware=original.id,
            counter=CounterMeaning(original.counter.name, self.counter.unit, self.counter.per_tick),
            machine=self.machine.kind,
            machine_options=dict(self.machine.__pydantic_extra__),
            pyocd_target=self.pyocd_target or original.pyocd_target,
            default=self.default,
        )


def _require_suiting_unit(fidelity: Fidelity, unit: Unit) -> None:
    wanted = {
        Fidelity.SILICON: Unit.CYCLES,
        Fidelity.SIMULATED: Unit.INSTRUCTIONS,
    }.get(fidelity)
    if wanted is None:
        raise ValueError("fidelity: a target is 'silicon' or 'simulated'; models have no board")
    if unit is not wanted:
        raise ValueError(
            f"counter.unit: must be {wanted.value!r} on a {fidelity.value} target, "
            f"is {unit.value!r}"
        )


def targets() -> dict[str, Target]:
    """Every target, by id.

    Raises:
        BadDefinition, DuplicateName: see `harness.catalog.definitions`.
    """
    return {name: _read(name, path) for name, path in _files().items()}


def target(name: str) -> Target:
    """The target `name`; faults in the files of other targets do not matter.

    Raises:
        UnknownName, BadDefinition, DuplicateName: see `harness.catalog.definitions`.
    """
    return _read(name, pick("target", name, _files()))


def _files() -> dict[str, Path]:
    return index(
        "target",
        (
            (path.stem, path)
            for folder in folders("targets")
            for path in sorted(folder.glob("*.toml"))
        ),
    )


def _read(name: str, path: Path) -> Target:
    if "firmware" not in parse_toml(path):
        return read_definition(path, _TargetFile, name=name).value()
    twin = read_definition(path, _TwinFile, name=name)
    original = _files().get(twin.firmware)
    if original is None:
        near = nearest(twin.firmware, _files())
        meant = f" (did you mean {near!r}?)" if near else ""
        raise bad_definition(path, [f"firmware: there is no target {twin.firmware!r}{meant}"])
    if "firmware" in parse_toml(original):
        fault = f"firmware: {twin.firmware!r} runs another target's firmware itself"
        raise bad_definition(path, [fault])
    return twin.value(_read(twin.firmware, original))
