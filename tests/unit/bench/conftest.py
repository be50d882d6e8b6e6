"""A fresh desk for each test of the bench."""

from pathlib import Path

import pytest
from bench_desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
