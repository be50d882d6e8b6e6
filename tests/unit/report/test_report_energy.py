"""Energies in tables: columns only for those of silicon, a table of its own for simulated ones."""

from __future__ import annotations

import json
import math

from builders.energies import energy_summary
from builders.records import case_record, counted, readings

from harness.bench.energy_readings import energy_readings, no_energy
from harness.domain.power import Invalid, Reason
from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity, Unit
from harness.report import frame, records_to_json, summary_text
from harness.report.energy_table import SIMULATED_TITLE, energy_sections
from harness.report.writers import csv, md

CYCLES = counted(20_640_000, unit=Unit.CYCLES, fidelity=Fidelity.SILICON)


def board(*more: object, **changes: object) -> CaseRecord:
    return case_record(
        target_id="openmv-h7",
        fidelity=Fidelity.SILICON,
        clock_hz=480_000_000,
        readings=(*readings(CYCLES), *more),
        **changes,
    )


def measured() -> CaseRecord:
    return board(*energy_readings(energy_summary(), Fidelity.SILICON))


def simulated() -> CaseRecord:
    found = energy_readings(energy_summary(origin="simulated"), Fidelity.SIMULATED)
    return case_record(readings=(*readings(), *found))


def test_an_energy_of_silicon_is_a_column_with_its_uncertainty() -> None:
    table = frame([measured(), case_record()])
    assert table["energy_per_inference"][0] == 1.4e-3
    assert table["energy_uncertainty"][0] == 0.04e-3
    assert table["energy_repeatability"][0] == 1.13e-4
    assert math.isnan(table["energy_per_inference"][1])
    assert "a simulator counts instructions" in table["energy_per_inference_reason"][1]
    text = summary_text([measured()], width=200)
    assert "1,400 ±40" in text
    assert "10.85" in text


def test_the_table_of_energies_says_how_each_came_about() -> None:
    (section,) = energy_sections([measured()])
    assert (section.title, section.fidelity) == ("Energy", Fidelity.SILICON)
    texts = [cell.text for cell in section.tables[0].rows[0]]
    assert texts[3:] == [
        *("1.4 mJ ±40 uJ", "0.011 %", "669 uJ", "10.85 mA at 3 V", "12 mA", "466.7 uC"),
        *("5 x 250", "gate", "99.99 %"),
    ]
    assert "meter: PPK2 E0F1" in section.notes
    assert "net: without the power of baseline idle, 17 mW" in section.notes


def test_without_an_energy_there_is_no_column_and_no_table() -> None:
    nothing = board(no_energy("no power meter", Fidelity.SILICON))
    assert not [name for name in frame([nothing]).columns if "energy" in name]
    assert energy_sections([nothing]) == []


def test_a_dash_has_its_reason() -> None:
    bad = Invalid(Reason.LOW_COVERAGE, "200 of 1000 samples are missing")
    lost = board(*energy_readings(bad, Fidelity.SILICON), model="other")
    text = summary_text([measured(), lost], width=200)
    assert "LOW_COVERAGE: 200 of 1000 samples are missing" in text
    (section,) = energy_sections([measured(), lost])
    assert section.tables[0].rows[1][3].text == "-"
    assert section.tables[0].rows[1][3].reason.startswith("LOW_COVERAGE")
    none = board(model="third")
    assert energy_sections([measured(), none])[0].tables[0].rows[1][3].reason == "no power meter"


def test_what_is_simulated_stands_apart() -> None:
    records = [measured(), simulated()]
    assert math.isnan(frame(records)["energy_per_inference"][1])
    assert not [name for name in frame(records).columns if name.endswith("_sim")]
    silicon, virtual = energy_sections(records)
    assert (virtual.title, virtual.fidelity) == (SIMULATED_TITLE, Fidelity.SIMULATED)
    assert [row[1].text for row in silicon.tables[0].rows] == ["openmv-h7"]
    assert [row[1].text for row in virtual.tables[0].rows] == ["mps2-an500"]
    assert "meter: PPK2 E0F1" in virtual.notes
    assert "energy_per_inference" not in csv.render([simulated()])


def test_a_narrow_terminal_gets_lines_and_loses_nothing() -> None:
    text = summary_text([simulated()], width=80)
    assert SIMULATED_TITLE in text
    for part in ("1.4 mJ ±40 uJ", "0.011 %", "669 uJ", "466.7 uC", "5 x 250", "99.99 %"):
        assert part in text
    assert max(map(len, text.splitlines())) <= 80


def test_other_programs_get_all_of_it() -> None:
    (case,) = json.loads(records_to_json([measured()]))["cases"]
    energy = case["readings"]["energy_per_inference"]
    assert (energy["value"], energy["unit"], energy["n"]) == (1.4e-3, "J", 5)
    assert energy["instrument"] == "PPK2 E0F1"
    assert "energy_per_inference," in csv.render([measured()])
    assert "1.4 mJ ±40 uJ" in md.render([measured()])
