"""Frames per second, MAC rate, energy and battery life: from silicon, each with its formula."""

from __future__ import annotations

from collections.abc import Iterator

from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity
from harness.report.case_name import kernels_of
from harness.report.content import Battery, ReportContent
from harness.report.derived import FIGURES, SIMULATED, derive
from harness.report.section import Cell, Section, TableView, number, words

ORDER = 20


def sections(content: ReportContent) -> list[Section]:
    """One table, or only the reason where no record is from silicon."""
    formulas = tuple(f"{figure.title} = {figure.formula}" for figure in FIGURES)
    if not any(record.fidelity is Fidelity.SILICON for record in content.records):
        names = ", ".join(figure.title for figure in FIGURES)
        return [Section("Derived figures", lead=f"{names}: - ({SIMULATED}).", notes=formulas)]
    columns = ("model", "target", "kernels", *(figure.title for figure in FIGURES))
    table = TableView(
        "derived figures",
        columns,
        (False, False, False, *(True for _ in FIGURES)),
        tuple(_rows(content)),
    )
    return [
        Section(
            "Derived figures",
            lead="Worked out from measurements on silicon.",
            tables=(table,),
            notes=(*formulas, *_assumptions(content.battery)),
        )
    ]


def _rows(content: ReportContent) -> Iterator[tuple[Cell, ...]]:
    """One row for each case on silicon, and one for each other target."""
    others: dict[str, list[CaseRecord]] = {}
    for record in content.records:
        if record.fidelity is not Fidelity.SILICON:
            others.setdefault(record.target_id, []).append(record)
            continue
        names = (words(record.model), words(record.target_id), words(kernels_of(record)))
        yield (*names, *(_cell(derive(one, record, content.battery)) for one in FIGURES))
    for target, records in others.items():
        models = ", ".join(dict.fromkeys(record.model for record in records))
        kernels = ", ".join(dict.fromkeys(map(kernels_of, records)))
        dashes = (_cell(SIMULATED) for _ in FIGURES)
        yield (words(models), words(target), words(kernels), *dashes)


def _cell(value: float | str) -> Cell:
    if isinstance(value, str):
        return number(None, "", value)
    return number(value, f"{value:,.4g}" if value < 1e4 else f"{value:,.0f}")


def _assumptions(battery: Battery) -> list[str]:
    facts = []
    if battery.duty_cycle is not None:
        facts.append(f"duty cycle {100 * battery.duty_cycle:g} % of the time in inferences")
    if battery.capacity_mah is not None:
        facts.append(f"battery {battery.capacity_mah:g} mAh, all of it usable")
    if battery.sleep_ua is not None:
        facts.append(f"sleep current {battery.sleep_ua:g} uA")
    return [f"assumed: {', '.join(facts)}"] if facts else []
