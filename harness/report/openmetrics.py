"""A nightly as OpenMetrics text, for a dashboard: values by labels, and the verdicts.

Source: https://prometheus.io/docs/specs/om/open_metrics_spec/ (version 1.0), text format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.domain.measurement import Measurement
from harness.domain.nightly import Night
from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity
from harness.domain.verdict import Judgement

_PREFIX = "cortexm_harness_"
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


@dataclass(frozen=True)
class _Family:
    """A metric family: the quantity or field that it shows, of one fidelity or of any."""

    name: str
    help: str
    source: str
    fidelity: Fidelity | None = None


_FAMILIES = (
    _Family(
        "simulated_instructions",
        "Median instructions per inference, counted by a simulator: no cycles and no time.",
        "instructions",
        Fidelity.SIMULATED,
    ),
    _Family("cycles", "Median cycles per inference, on silicon.", "cycles", Fidelity.SILICON),
    _Family("accuracy_ratio", "Share of inputs answered as labelled.", "accuracy"),
    _Family("flash_bytes", "Code and read-only data of the firmware.", "firmware_flash_bytes"),
    _Family("ram_bytes", "Static data of the firmware.", "firmware_ram_bytes"),
    _Family("arena_bytes", "Tensor arena of the model.", "arena_bytes"),
)


def openmetrics_text(night: Night) -> str:
    """The families with a sample for each case that has the number; ends in `# EOF`."""
    lines = [line for family in _FAMILIES for line in _family(family, night)]
    lines += _verdicts(night)
    lines += _gauge("finished_timestamp_seconds", "When the last case ended, Unix time.")
    if night.records:
        ended = max(record.finished for record in night.records).timestamp()
        lines.append(f"{_PREFIX}finished_timestamp_seconds {ended:.3f}")
    return "\n".join([*lines, "# EOF"]) + "\n"


def _family(family: _Family, night: Night) -> Iterator[str]:
    yield from _gauge(family.name, family.help)
    for record in night.records:
        value = _value(family, record)
        if value is not None:
            yield f"{_PREFIX}{family.name}{_labels(_case(record))} {value:.12g}"


def _value(family: _Family, record: CaseRecord) -> float | None:
    if record.error_class is not None or family.fidelity not in (None, record.fidelity):
        return None
    if hasattr(record, family.source):
        found = getattr(record, family.source)
        return None if found is None else float(found)
    reading = record.reading(family.source)
    return reading.value if isinstance(reading, Measurement) else None


def _verdicts(night: Night) -> Iterator[str]:
    yield from _gauge("verdict", "1 for the verdict on each case.")
    for one in night.verdicts:
        key = one.key
        labels = _case_labels(key.target, key.kernel_set, key.variant, key.model, key.fidelity)
        yield f"{_PREFIX}verdict{_labels({**labels, 'verdict': one.judgement.value})} 1"
    yield from _gauge("cases", "Number of cases by verdict.")
    for judgement in Judgement:
        count = sum(one.judgement is judgement for one in night.verdicts)
        yield f"{_PREFIX}cases{_labels({'verdict': judgement.value})} {count}"


def _gauge(name: str, text: str) -> list[str]:
    return [f"# TYPE {_PREFIX}{name} gauge", f"# HELP {_PREFIX}{name} {text}"]


def _case(record: CaseRecord) -> dict[str, str]:
    return _case_labels(
        record.target_id, record.kernel_set, record.variant, record.model, record.fidelity
    )


def _case_labels(
    target: str, kernels: str, build: str, model: str, fidelity: Fidelity
) -> dict[str, str]:
    return {
        "target": target,
        "kernels": kernels,
        "build": build,
        "model": model,
        "fidelity": fidelity.value,
    }


def _labels(labels: Mapping[str, str]) -> str:
    told = ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels.items())
    return f"{{{told}}}"
