"""Energies of cases as tables: those of silicon in one, those of a virtual meter in another."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace

from harness.domain.energy import UNSTEADY
from harness.domain.energy_asked import NO_METER
from harness.domain.measurement import Measurement, Missing
from harness.domain.quantities import (
    CHARGE,
    COVERAGE,
    ENERGY,
    ENERGY_NET,
    INFERENCES,
    MEAN_CURRENT,
    PEAK_CURRENT,
    REPEATABILITY,
    SIMULATED_SUFFIX,
    UNCERTAINTY,
    VOLTAGE,
)
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.units import Fidelity
from harness.report.case_name import case_of, kernels_of
from harness.report.energy import quantity
from harness.report.section import Cell, Section, TableView, footnoted, number, words

SIMULATED_TITLE = "Simulated energy: a virtual meter, not a measurement"
_NAMES = 3
_NARROW = 78
_COLUMNS = (
    ("model", False),
    ("target", False),
    ("kernels", False),
    ("energy/inference ±U", True),
    ("CV", True),
    ("net", True),
    ("mean current", True),
    ("peak", True),
    ("charge", True),
    ("windows", True),
    ("by", False),
    ("coverage", True),
)


def energy_sections(records: Sequence[CaseRecord]) -> list[Section]:
    """A section for energies of silicon, one for simulated ones; none where there are none."""
    measured = [record for record in records if record.status is CaseStatus.OK]
    silicon = [one for one in measured if one.fidelity is Fidelity.SILICON]
    found = []
    if any(isinstance(one.reading(ENERGY), Measurement) for one in silicon):
        found.append(
            Section(
                "Energy",
                fidelity=Fidelity.SILICON,
                lead="Gross energy of the whole supply, median of the windows.",
                tables=(_table("energy per inference", silicon, ""),),
                notes=_notes(silicon, ""),
            )
        )
    name = ENERGY + SIMULATED_SUFFIX
    simulated = [
        one for one in measured if any(reading.quantity == name for reading in one.readings)
    ]
    if simulated:
        found.append(
            Section(
                SIMULATED_TITLE,
                fidelity=Fidelity.SIMULATED,
                lead="The current is a formula of the board's gate, in its virtual time. It proves "
                "the path from the firmware to this table, and says nothing of any board: it is "
                "compared with nothing, and is never a baseline.",
                tables=(_table("simulated energy per inference", simulated, SIMULATED_SUFFIX),),
                notes=_notes(simulated, SIMULATED_SUFFIX),
            )
        )
    return found


def as_lines(section: Section) -> Section:
    """The same for a narrow terminal: a few lines for each row of the tables."""
    lines: list[str] = []
    for table in section.tables:
        texts, reasons = footnoted(table)
        for cells in texts:
            told = dict(zip(table.columns[_NAMES:], cells[_NAMES:], strict=True))
            lines.append(" · ".join(cells[:_NAMES]))
            lines += textwrap.wrap(
                ", ".join(f"{name} {text}" for name, text in told.items()),
                initial_indent="  ",
                subsequent_indent="  ",
                width=_NARROW,
            )
        lines += reasons
    return replace(section, tables=(), notes=(*lines, *section.notes))


def energy_and_uncertainty(record: CaseRecord, suffix: str = "") -> str:
    """Such as `1.431 mJ ±0.029 mJ`, or a dash."""
    energy, plus_minus = _of(record, ENERGY + suffix), _of(record, UNCERTAINTY + suffix)
    if energy is None:
        return "-"
    text = quantity(energy.value, "J")
    return text if plus_minus is None else f"{text} ±{quantity(plus_minus.value, 'J', 2)}"


def _table(caption: str, records: Sequence[CaseRecord], suffix: str) -> TableView:
    return TableView(
        caption,
        tuple(title for title, _ in _COLUMNS),
        tuple(numeric for _, numeric in _COLUMNS),
        tuple(_row(record, suffix) for record in records),
    )


def _row(record: CaseRecord, suffix: str) -> tuple[Cell, ...]:
    names = (words(record.model), words(record.target_id), words(kernels_of(record)))
    energy = record.reading(ENERGY + suffix)
    if isinstance(energy, Missing):
        reason = NO_METER if energy.reason == "not recorded" else energy.reason
        return (*names, *(number(None, "", reason) for _ in _COLUMNS[3:]))

    def told(name: str, unit: str) -> Cell:
        found = _of(record, name + suffix)
        if found is None:
            return number(None, "", "no baseline")
        return number(found.value, quantity(found.value, unit))

    return (
        *names,
        Cell(energy_and_uncertainty(record, suffix), energy.value),
        _percent(_of(record, REPEATABILITY + suffix)),
        told(ENERGY_NET, "J"),
        _current(record, suffix),
        told(PEAK_CURRENT, "A"),
        told(CHARGE, "C"),
        _windows(energy, _of(record, INFERENCES + suffix)),
        words(alignment_of(energy)),
        _coverage(_of(record, COVERAGE + suffix)),
    )


def _current(record: CaseRecord, suffix: str) -> Cell:
    mean, volts = _of(record, MEAN_CURRENT + suffix), _of(record, VOLTAGE + suffix)
    if mean is None or volts is None:
        return number(None, "")
    return number(mean.value, f"{quantity(mean.value, 'A')} at {volts.value:.3g} V")


def alignment_of(energy: Measurement) -> str:
    """How its windows were found."""
    return energy.method.partition(";")[0].removeprefix("alignment ")


def _percent(found: Measurement | None) -> Cell:
    if found is None:
        return number(None, "", "one window")
    return number(found.value, f"{100 * found.value:.2g} %")


def _windows(energy: Measurement, inferences: Measurement | None) -> Cell:
    each = "" if inferences is None else f" x {inferences.value:,.0f}"
    return Cell(f"{energy.n}{each}", float(energy.n))


def _coverage(found: Measurement | None) -> Cell:
    return number(None, "") if found is None else number(found.value, f"{100 * found.value:.4g} %")


def _notes(records: Sequence[CaseRecord], suffix: str) -> tuple[str, ...]:
    nets = [_of(record, ENERGY_NET + suffix) for record in records]
    bases = [
        found.method.rpartition("net of ")[2]
        for found in nets
        if found is not None and "net of " in found.method
    ]
    energies = [_of(record, ENERGY + suffix) for record in records]
    meters = dict.fromkeys(found.instrument for found in energies if found is not None)
    return (
        *((f"meter: {', '.join(meters)}",) if meters else ()),
        "±U: expanded uncertainty (k = 2) by the maker's stated accuracy, the edges and the "
        "repeatability; CV: coefficient of variation of the windows",
        "windows: how many, and inferences in each; by: how they were found in the samples",
        *_unsteady(records, suffix),
        *(("net: without the power of " + "; ".join(dict.fromkeys(bases)),) if bases else ()),
    )


def _unsteady(records: Sequence[CaseRecord], suffix: str) -> list[str]:
    """A warning for each case whose windows vary more than those of a good set-up do."""
    spreads = [(record, _of(record, REPEATABILITY + suffix)) for record in records]
    return [
        f"warning: the windows of {case_of(record)} vary by {100 * found.value:.2g} %, more than "
        f"{100 * UNSTEADY:g} %: look at its current over time"
        for record, found in spreads
        if found is not None and found.value > UNSTEADY
    ]


def _of(record: CaseRecord, name: str) -> Measurement | None:
    found = record.reading(name)
    return found if isinstance(found, Measurement) else None
