"""Cycle estimates of kept cases, as a section and as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.domain.estimate import CycleEstimate
from harness.domain.units import Fidelity

if TYPE_CHECKING:
    from harness.domain.observation import Observation
    from harness.report.section import Section


def estimated(
    observations: Sequence[Observation], board: str | None = None, calibration: Path | None = None
) -> tuple[Section, list[dict[str, Any]]]:
    """Cycles worked out for each simulated case, by the constants of its core or of `board`.

    Raises:
        BadDefinition: the calibration is none.
    """
    from harness import assembly
    from harness.report.compared import estimate_section
    from harness.results.calibration import FILE, read_calibration
    from harness.results.estimate import estimate

    constants = [*read_calibration(calibration or FILE), *assembly.cycles_per_instruction()]
    found = [(one, estimate(one, constants, board)) for one in observations]
    rows = [
        {
            "model": one.key.model,
            "target": one.key.target,
            "kernels": one.key.kernel_set,
            "build": one.key.variant,
            "fidelity": Fidelity.MODEL.value,
            **(
                {"cycles_est": asdict(got), "reason": None}
                if isinstance(got, CycleEstimate)
                else {"cycles_est": None, "reason": got.reason}
            ),
        }
        for one, got in found
    ]
    return estimate_section(found), rows
