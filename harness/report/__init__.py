"""Records as tables: for the terminal, for documents, and for other programs."""

from harness.report.files import require_writable, write_report
from harness.report.table import frame
from harness.report.terminal import summary, summary_text
from harness.report.timings import timings_table
from harness.report.writers.json import render as records_to_json

__all__ = [
    "frame",
    "records_to_json",
    "require_writable",
    "summary",
    "summary_text",
    "timings_table",
    "write_report",
]
