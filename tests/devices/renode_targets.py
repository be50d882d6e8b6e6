"""The target that Renode runs, and the mark of tests that need Renode itself."""

from __future__ import annotations

import pytest

from harness.catalog import target
from harness.domain.target import Target
from harness.errors import ToolMissing
from harness.machine._renode_program import INSTALL, find_renode


def renode_target() -> Target:
    """The OpenMV Cam H7 in Renode."""
    return target("openmv-h7-renode")


def _missing() -> str:
    try:
        find_renode()
    except ToolMissing as missing:
        return missing.what
    return ""


needs_renode = pytest.mark.skipif(
    bool(_missing()), reason=f"{_missing()}; to install it: {INSTALL}"
)
