"""Plans of nightlies: TOML files, read strictly."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from harness.catalog.definitions import Table, bad_definition, parse_toml, validated
from harness.domain.energy_asked import WINDOWS, EnergyAsked
from harness.domain.nightly import PREVIOUS, NightlyPlan, ReportFiles

_TAG = re.compile(r"(?!last$)[A-Za-z][\w.+/-]{0,99}")  # as `harness results tag`, but no day


def _tag(name: str) -> str:
    if not _TAG.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot be a tag: a letter, then letters, digits and . _ + / -, but not last"
        )
    return name


_Name = Annotated[str, Field(min_length=1)]
_Names = Annotated[list[_Name], Field(min_length=1)]


class _Matrix(Table):
    targets: _Names | None = None
    kernels: _Names | None = None
    models: _Names | None = None
    builds: _Names | None = None
    dataset: _Name | None = None
    limit: Annotated[int, Field(ge=1)] | None = None
    repeat: Annotated[int, Field(ge=1, le=1000)] = 1
    warmup: Annotated[int, Field(ge=0, le=1000)] = 1


class _Report(Table):
    html: _Name | None = None
    junit: _Name | None = None
    summary: _Name | None = None
    openmetrics: _Name | None = None


class _Power(Table):
    meter: str = ""
    voltage: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    window_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    windows: Annotated[int, Field(ge=1, le=1000)] = WINDOWS
    baseline: Literal["idle"] | None = None
    required: bool = False


class _File(Table):
    tag: Annotated[str, AfterValidator(_tag)] = "nightly"
    baseline: _Name = PREVIOUS
    thresholds: _Name | None = None
    case_timeout_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1800.0
    retries: Annotated[int, Field(ge=0, le=10)] = 1
    jobs: Annotated[int, Field(ge=1, le=64)] = 1
    matrix: _Matrix
    report: _Report = _Report()
    power: _Power = _Power()


def read_nightly(path: Path) -> NightlyPlan:
    """The plan of a TOML file; paths in it are relative to the current directory.

    Raises:
        BadDefinition: it cannot be read or is not TOML, or has faults, all of which are listed.
    """
    file, faults = validated(parse_toml(path), _File)
    if file is None:
        raise bad_definition(path, faults)
    matrix = file.matrix
    return NightlyPlan(
        targets=tuple(matrix.targets or ()),
        kernels=tuple(matrix.kernels or ()),
        models=tuple(matrix.models or ()),
        builds=tuple(matrix.builds or ()),
        dataset=matrix.dataset,
        limit=matrix.limit,
        repeat=matrix.repeat,
        warmup=matrix.warmup,
        tag=file.tag,
        baseline=file.baseline,
        thresholds=Path(file.thresholds) if file.thresholds else None,
        case_timeout_s=file.case_timeout_s,
        retries=file.retries,
        jobs=file.jobs,
        energy=EnergyAsked(
            meter=file.power.meter,
            voltage_v=file.power.voltage,
            windows=file.power.windows,
            window_s=file.power.window_s,
            baseline=file.power.baseline,
            required=file.power.required,
        ),
        files=ReportFiles(**{name: Path(text) for name, text in file.report if text}),
    )
