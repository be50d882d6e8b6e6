"""A report as one HTML file that opens offline: styles, scripts and plots are inside it."""

from harness.report.html.page import render

__all__ = ["render"]
