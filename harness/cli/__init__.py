"""The `harness` command."""

from __future__ import annotations

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit; Ctrl-C is 130 from the first import on."""
    try:
        from harness.cli.app import app

        app(prog_name="harness")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
