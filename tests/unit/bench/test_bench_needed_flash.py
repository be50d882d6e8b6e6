"""The flash of a model's operators as a reading of its case."""

from __future__ import annotations

from dataclasses import replace

from bench_desk import FULLY_CONNECTED, Desk

from harness.domain.kernel_code import NEEDED_FLASH, LinkedKernel
from harness.domain.measurement import Measurement, Missing
from harness.domain.target import Region
from harness.report.layout import lay_out

SHARED, ITS_OWN, ANOTHERS = Region(0, 100), Region(100, 2_000), Region(5_000, 7_640)


def test_the_case_tells_what_its_firmware_would_be_without_other_operators(desk: Desk) -> None:
    """The firmware has 15,000 bytes, and 7,640 of them are of SOFTMAX alone."""
    softmax = LinkedKernel(25, "SOFTMAX", "reference", flash=frozenset({SHARED, ANOTHERS}))
    desk.linked = (replace(FULLY_CONNECTED, flash=frozenset({SHARED, ITS_OWN})), softmax)
    record, error = desk.run()
    assert error is None
    found = record.reading(NEEDED_FLASH)
    assert isinstance(found, Measurement)
    assert (found.value, found.unit.value, found.n) == (7_360, "bytes", 1)
    sheet = lay_out([record])
    cells = dict(
        zip([column.title for column in sheet.columns], sheet.groups[0].rows[0], strict=True)
    )
    assert (cells["flash\nits ops\nKiB"], cells["flash\nKiB"]) == ("7.2", "14.6")
    assert "flash, its ops: the same firmware without" in "\n".join(sheet.footer)


def test_without_it_there_is_no_column(desk: Desk) -> None:
    record, _ = desk.run()
    assert isinstance(record.reading(NEEDED_FLASH), Missing)
    assert not any("its ops" in column.title for column in lay_out([record]).columns)
