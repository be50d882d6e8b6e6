"""Baselines: what a set of cases measured once, as a small readable file to be held to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.domain.comparability import COUNTS, ComparabilityKey
from harness.domain.measurement import Measurement
from harness.domain.observation import Observation, OperatorCount
from harness.domain.units import Fidelity, Unit
from harness.errors import BadDefinition, ConfigError, StoreError
from harness.results.energy_gate import is_energy

SCHEMA = 1
FOLDER = Path("results/baselines")
_METRICS = (
    "instructions",
    "cycles",
    "energy_per_inference",
    "accuracy",
    "vectors_equal",
    "flash",
    "ram",
    "arena",
)
_INNERMOST = re.compile(r"[\[{][^\[\]{}]*[\]}]")
_WIDTH = 90
_KEY = tuple(field.name for field in fields(ComparabilityKey))


def baseline_text(observations: Sequence[Observation]) -> str:
    """The observations as JSON: what all keys have in common once, then a case per object.

    Raises:
        ConfigError: there is none, or one of a failed case.
    """
    failed = [one.key.label for one in observations if one.trouble]
    if failed or not observations:
        what = f"these cases failed: {', '.join(failed)}" if failed else "there are no cases"
        raise ConfigError(
            f"no baseline is written: {what}", hint="Name a run in which every case ended well."
        )
    keys = [asdict(one.key) for one in observations]
    common = {name: keys[0][name] for name in _KEY if len({key[name] for key in keys}) == 1}
    moment = max(one.started for one in observations if one.started)
    about = {
        "schema": SCHEMA,
        "measured": moment.astimezone(UTC).isoformat(timespec="seconds"),
        "git_commit": observations[0].git_commit,
        "common": common,
    }
    cases = [
        {
            **{name: value for name, value in key.items() if name not in common},
            "metrics": dict(_metrics(one)),
            "operators": [_operator(operator) for operator in one.operators],
        }
        for key, one in zip(keys, observations, strict=True)
    ]
    return _readable({**about, "cases": cases})


def write_baseline(path: Path, observations: Sequence[Observation]) -> None:
    """Write the baseline file, with its folder where missing.

    Raises:
        ConfigError: as `baseline_text`.
        StoreError: the file cannot be written.
    """
    text = baseline_text(observations)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.part")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise StoreError(
            f"the baseline cannot be written: {error.strerror or error}",
            where=str(path),
            hint="Name a file in a folder that can be written.",
        ) from error


def read_baseline(path: Path) -> list[Observation]:
    """The observations of a baseline file.

    Raises:
        BadDefinition: it cannot be read, or is no baseline of this version.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(f"schema {content['schema']!r}, and {SCHEMA} is known")
        measured = datetime.fromisoformat(content["measured"])
        if measured.tzinfo is None:
            raise ValueError("`measured` without time zone")
        source = f"{path.name} of {measured:%Y-%m-%d}"
        return [
            Observation(
                key=(key := _key(content["common"], case)),
                metrics=_readings(key, case),
                source=source,
                started=measured,
                git_commit=content["git_commit"],
                operators=tuple(map(_operator_back, enumerate(case["operators"]))),
            )
            for case in content["cases"]
        ]
    except OSError as error:
        raise BadDefinition(
            f"the baseline cannot be read: {error.strerror}",
            where=str(path),
            hint="Name a file that exists, or write one with `harness baseline write`.",
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadDefinition(
            f"this is no baseline: {error!r}",
            where=str(path),
            hint="Write it anew with `harness baseline write`.",
        ) from error


def _readable(content: Mapping[str, Any]) -> str:
    """Indented JSON in which every innermost array or object that fits takes one line.

    Only line breaks are replaced, which no JSON string has in it.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return _INNERMOST.sub(_on_one_line, text) + "\n"


def _on_one_line(found: re.Match[str]) -> str:
    line = re.sub(r"\n\s*", " ", found[0])
    return line if len(line) <= _WIDTH else found[0]


def _metrics(one: Observation) -> Iterable[tuple[str, dict[str, Any]]]:
    for name in _METRICS:
        reading = one.reading(name)
        if isinstance(reading, Measurement):
            yield name, _metric(reading)


def _metric(reading: Measurement) -> dict[str, Any]:
    if reading.unit is Unit.FRACTION:
        return {"hits": round(reading.value * reading.n), "n": reading.n}
    value = int(reading.value) if reading.value.is_integer() else reading.value
    told: dict[str, Any] = {"value": value, "unit": reading.unit.value}
    if reading.n > 1:
        told["n"] = reading.n
    if is_energy(reading):  # its gate asks for the scatter, the meter and the alignment
        told["range"] = [reading.minimum, reading.maximum]
        told |= {"instrument": reading.instrument, "method": reading.method}
    return told


def _value_of(metric: Mapping[str, Any]) -> float:
    return metric["hits"] / metric["n"] if "hits" in metric else float(metric["value"])


def _readings(key: ComparabilityKey, case: Mapping[str, Any]) -> dict[str, Measurement]:
    return {
        name: Measurement(
            quantity=name,
            value=_value_of(metric),
            unit=Unit(metric.get("unit", Unit.FRACTION)),
            n=int(metric.get("n", 1)),
            minimum=float(metric.get("range", [_value_of(metric)])[0]),
            maximum=float(metric.get("range", [_value_of(metric)])[-1]),
            fidelity=key.fidelity,
            instrument=str(metric.get("instrument", "baseline")),
            method=str(metric.get("method", "kept in a baseline file")),
            resolution=key.resolution if name == COUNTS.get(key.fidelity) else None,
        )
        for name, metric in case["metrics"].items()
    }


def _key(common: Mapping[str, Any], case: Mapping[str, Any]) -> ComparabilityKey:
    found = {name: value for name, value in {**common, **case}.items() if name in _KEY}
    return ComparabilityKey(**{**found, "fidelity": Fidelity(found["fidelity"])})


def _operator(one: OperatorCount) -> list[Any]:
    return [one.operator, ", ".join(one.kernels), *([] if one.count is None else [one.count])]


def _operator_back(given: tuple[int, Sequence[Any]]) -> OperatorCount:
    index, (name, kernels, *count) = given
    return OperatorCount(
        index, str(name), tuple(kernels.split(", ")), float(count[0]) if count else None
    )
