"""Energies of the cases: measured ones, and apart from them those of a virtual meter."""

from __future__ import annotations

from harness.report.content import ReportContent
from harness.report.energy_table import energy_sections
from harness.report.section import Section

ORDER = 22


def sections(content: ReportContent) -> list[Section]:
    """One for each kind of energy that there is."""
    return energy_sections([record for record in content.records if not record.is_session])
