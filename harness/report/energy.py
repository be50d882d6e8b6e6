"""An energy measurement in words and lines: the number with its uncertainty, or its reason."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.energy import EnergyReading, EnergySummary, OperatorEnergy
from harness.domain.power import Invalid

_PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"))
SIMULATED = "SIMULATED: a virtual meter, not a measurement of silicon"


def quantity(value: float, unit: str, digits: int = 4) -> str:
    """A value with the SI prefix that leaves one to three digits before the point."""
    factor, prefix = _scale(value)
    return f"{_rounded(value / factor, digits)} {prefix}{unit}"


def _rounded(value: float, digits: int) -> str:
    """To so many digits, and without an exponent: 160 and not 1.6e+02."""
    return f"{float(f'{value:.{digits}g}'):.12g}"


def _scale(value: float) -> tuple[float, str]:
    if not value:
        return 1.0, ""
    return next((pair for pair in _PREFIXES if abs(value) >= pair[0]), _PREFIXES[-1])


def energy_lines(reading: EnergyReading) -> list[tuple[str, str]]:
    """Names and values of all that is known, for a table of two columns."""
    if isinstance(reading, Invalid):
        lines = [("energy per inference", "-"), ("reason", f"{reading.reason}: {reading.detail}")]
        return [*lines, ("hint", reading.hint)] if reading.hint else lines
    simulated = (
        [("kind", SIMULATED)] if reading.origin == "simulated" else [("kind", reading.origin)]
    )
    return [
        *simulated,
        ("energy per inference", energy_with_uncertainty(reading)),
        *_net(reading),
        ("mean current", f"{quantity(reading.mean_current_a, 'A')} at {reading.voltage_v:g} V"),
        ("peak current", quantity(reading.peak_current_a, "A")),
        ("charge per inference", quantity(reading.charge_c, "C")),
        ("time per inference", quantity(reading.time_s, "s")),
        ("windows", _windows(reading)),
        ("coverage", f"{reading.coverage:.6f}"),
        ("alignment", f"{reading.alignment}, edges +-{_edge(reading)}"),
        ("meter", " ".join(filter(None, (reading.meter.model, reading.meter.serial)))),
        *(("uncertainty", text) for text in uncertainty_lines(reading)),
        *(("warning", note) for note in reading.warnings),
    ]


def energy_with_uncertainty(summary: EnergySummary) -> str:
    """Such as "1.431 mJ +- 0.029 mJ (k=2), repeatability 0.06 %"."""
    factor, prefix = next(
        p for p in (*_PREFIXES, (1e-9, "n")) if summary.energy_j >= p[0] or p[0] < 1e-8
    )
    energy, expanded = summary.energy_j / factor, summary.expanded_j / factor
    text = f"{_rounded(energy, 4)} {prefix}J +- {_rounded(expanded, 2)} {prefix}J (k=2)"
    if summary.repeatability is None:
        return f"{text}, one window"
    return f"{text}, repeatability {summary.repeatability * 100:.2g} %"


def uncertainty_lines(summary: EnergySummary) -> list[str]:
    """The budget, the largest part first."""
    parts = sorted(summary.budget, key=lambda part: -part.relative)
    return [f"{part.relative * 100:.2g} %  {part.name} (type {part.kind})" for part in parts]


def operator_rows(
    operators: Sequence[OperatorEnergy], names: Sequence[str] = ()
) -> list[dict[str, str]]:
    """A row for each operator; one without an energy has a dash and its reason."""
    rows = []
    for one in operators:
        invalid = isinstance(one.energy_j, Invalid)
        rows.append(
            {
                "operator": one.name(names),
                "time": quantity(one.time_s, "s"),
                "energy": "-" if isinstance(one.energy_j, Invalid) else quantity(one.energy_j, "J"),
                "mean current": "-" if invalid else quantity(one.mean_current_a, "A"),
                "reason": one.energy_j.detail if isinstance(one.energy_j, Invalid) else "",
            }
        )
    return rows


def _net(reading: EnergySummary) -> list[tuple[str, str]]:
    if reading.net_j is None or reading.baseline is None:
        return []
    base = f"baseline {reading.baseline.name}, {quantity(reading.baseline.power_w, 'W')}"
    return [("net of the baseline", f"{quantity(reading.net_j, 'J')} ({base})")]


def _windows(reading: EnergySummary) -> str:
    one = reading.windows[0]
    return f"{len(reading.windows)} of {one.time_s:.3f} s, {one.inferences} inferences each"


def _edge(reading: EnergySummary) -> str:
    return quantity(reading.windows[0].window.edge_error_s, "s", 2)
