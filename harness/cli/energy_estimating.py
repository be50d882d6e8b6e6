"""Energies by data sheet of kept cases, as a section and as rows: a model, no measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.domain.units import Fidelity

if TYPE_CHECKING:
    from harness.domain.observation import Observation
    from harness.domain.power_model import EnergyEstimate
    from harness.report.section import Section

TITLE = "Estimates, not measurements"


def energies_estimated(
    observations: Sequence[Observation],
) -> tuple[Section, list[dict[str, Any]]]:
    """Energy per inference of each case, from the current in its target's file.

    Raises:
        BadDefinition: from the target files.
    """
    from harness import assembly
    from harness.report.section import Section, TableView, number, words

    models = assembly.power_models()
    found = [(one, _estimate(one, models.get(one.key.target))) for one in observations]
    rows: list[dict[str, Any]] = []
    cells = []
    for one, got in found:
        key = one.key
        names = {"model": key.model, "target": key.target, "kernels": key.kernel_set}
        named = tuple(words(name) for name in names.values())
        if isinstance(got, str):
            rows.append(
                {**names, "fidelity": Fidelity.MODEL.value, "energy_est": None, "reason": got}
            )
            cells.append((*named, number(None, "", got), words("")))
            continue
        joules = (got.low_j, got.middle_j, got.high_j)
        rows.append(
            {
                **names,
                "fidelity": Fidelity.MODEL.value,
                "energy_est": dict(zip(("low_j", "middle_j", "high_j"), joules, strict=True)),
                "basis": got.model.basis,
                "reason": None,
            }
        )
        low, middle, high = (_microjoules(one) for one in joules)
        cells.append((*named, number(got.middle_j, f"~{middle} ({low}..{high})"), words("MODEL")))
    bases = dict.fromkeys(got.model.basis for _, got in found if not isinstance(got, str))
    table = TableView(
        "uJ per inference by data sheet",
        ("model", "target", "kernels", "uJ per inference", "kind"),
        (False, False, False, True, False),
        tuple(cells),
    )
    lead = (
        "Current by data sheet x voltage x time. It shows the effect of a kernel only through its "
        "time, is judged by nothing and compared with no measurement."
    )
    return Section(TITLE, Fidelity.MODEL, lead, tables=(table,), notes=tuple(bases)), rows


def _microjoules(joules: float) -> str:
    value = 1e6 * joules
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _estimate(one: Observation, model: Any) -> EnergyEstimate | str:
    from harness.domain.measurement import Measurement
    from harness.domain.power_model import estimate_energy

    cycles = one.reading("cycles")
    if one.key.fidelity is not Fidelity.SILICON:
        return "a simulator counts instructions: no time follows from them"
    if not isinstance(cycles, Measurement) or not one.key.clock_hz:
        return "its cycles or its clock are not known"
    if model is None:
        return f"the file of {one.key.target} has no [power_model]"
    return estimate_energy(cycles.value, one.key.clock_hz, model)
