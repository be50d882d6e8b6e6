"""A project of a user's, with benchmark tests and one that is none."""

from pathlib import Path

# pytester forgets what a run imported. numpy and pandas cannot be imported twice; pyOCD imports
# importlib_metadata, which takes the search for entry points over and would be gone with it.
import importlib_metadata  # noqa: F401
import pytest

import harness.bench.run
import harness.build
import harness.report
import harness.results  # noqa: F401
from harness import assembly

CACHE = assembly.cache_dir()  # pytester will move the home folder

BENCHMARKS = """
    import pytest

    def test_accuracy(bench):
        assert bench.accuracy >= 0.5

    def test_case(harness_case):
        assert harness_case.target.id

    def test_something_else():
        pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty project outside this checkout; firmware that was built before is found."""
    monkeypatch.setenv("HARNESS_CACHE", str(CACHE))
    for name in ("HARNESS_PATH", "HARNESS_RESULTS", "HARNESS_REQUIRE_DATA"):
        monkeypatch.delenv(name, raising=False)
    return pytester


@pytest.fixture
def benchmarks(project: pytest.Pytester) -> Path:
    """The file with the tests."""
    return project.makepyfile(test_mine=BENCHMARKS)
