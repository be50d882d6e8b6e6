"""Thresholds files: when a change of a metric counts, and which steps are known."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from harness.catalog.definitions import Table, bad_definition, parse_toml, validated
from harness.domain.comparability import CASE_FIELDS, ComparabilityKey
from harness.domain.thresholds import Better, KnownStep, Threshold, Thresholds

DEFAULT_THRESHOLDS = Path(__file__).with_name("thresholds.toml")
Moment = date | datetime
FREE_FIELDS = sorted(set(ComparabilityKey.__dataclass_fields__) - set(CASE_FIELDS))
_CHANGE = re.compile(r"([+-]\d+(?:\.\d+)?) ?%")


def _free_field(name: str) -> str:
    if name not in FREE_FIELDS:
        raise ValueError(f"{name!r} cannot differ; what can: {', '.join(FREE_FIELDS)}")
    return name


def _commit(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{7,40}", text):
        raise ValueError(f"must be 7 to 40 hexadecimal digits of a commit, is {text!r}")
    return text


def _change(text: str) -> str:
    if not _CHANGE.fullmatch(text):
        raise ValueError(f'must be a change with its sign, such as "+3.5 %", is {text!r}')
    return text


class _Metric(Table):
    better: Literal["lower", "higher"]
    limit: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    unit: Literal["%", "samples", "instructions", "cycles", "bytes", "fraction", "J", "LSB"]
    noisy: bool = False
    significance: Annotated[float, Field(gt=0, lt=1)] = 0.01
    sigmas: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class _Step(Table):
    metric: str
    by: Annotated[str, AfterValidator(_change)]
    reason: Annotated[str, Field(min_length=1)]
    commit: Annotated[str, AfterValidator(_commit)] | None = None
    date: Moment | None = None
    target: str = "*"
    kernels: str = "*"
    model: str = "*"
    build: str = "*"

    @model_validator(mode="after")
    def _one_beginning(self) -> _Step:
        if (self.commit is None) == (self.date is None):
            raise ValueError("needs either `commit` or `date`: from when on it is known")
        return self


class _File(Table):
    may_change: list[Annotated[str, AfterValidator(_free_field)]] = Field(default=[])
    metric: Annotated[dict[str, _Metric], Field(min_length=1)]
    known_step: list[_Step] = Field(default=[])

    @model_validator(mode="after")
    def _steps_of_metrics(self) -> _File:
        strangers = {step.metric for step in self.known_step} - set(self.metric)
        if strangers:
            raise ValueError(f"known_step: no threshold for {', '.join(sorted(strangers))}")
        return self


def read_thresholds(path: Path = DEFAULT_THRESHOLDS) -> Thresholds:
    """The thresholds and known steps of a TOML file.

    Raises:
        BadDefinition: it cannot be read or is not TOML, or has faults, all of which are listed.
    """
    file, faults = validated(parse_toml(path), _File)
    if file is None:
        raise bad_definition(path, faults)
    return Thresholds(
        metrics=tuple(_threshold(name, metric) for name, metric in file.metric.items()),
        known_steps=tuple(map(_step, file.known_step)),
        may_change=tuple(file.may_change),
    )


def _threshold(name: str, metric: _Metric) -> Threshold:
    return Threshold(
        metric=name,
        better=Better(metric.better),
        limit=metric.limit,
        unit=metric.unit,
        noisy=metric.noisy,
        significance=metric.significance,
        sigmas=metric.sigmas,
    )


def _step(step: _Step) -> KnownStep:
    found = _CHANGE.fullmatch(step.by)
    return KnownStep(
        metric=step.metric,
        by=float(found[1]) / 100 if found else 0.0,
        reason=step.reason,
        commit=step.commit,
        date=_moment(step.date),
        target=step.target,
        kernels=step.kernels,
        model=step.model,
        build=step.build,
    )


def _moment(given: Moment | None) -> datetime | None:
    """A day begins at midnight, and what has no time zone is UTC."""
    if given is None:
        return None
    moment = given if isinstance(given, datetime) else datetime.combine(given, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
