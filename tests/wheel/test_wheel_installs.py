"""The package works when installed: from an empty folder, without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


class Installed:
    """A fresh environment that holds the built wheel, and an empty folder to work in."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder / "environment"
        self.empty = folder / "somewhere else"
        self.empty.mkdir()
        run(sys.executable, "-m", "venv", "--without-pip", self.folder)
        self.python = self.folder / "bin" / "python"
        self.packages = Path(self.output("import sysconfig; print(sysconfig.get_path('purelib'))"))
        # The dependencies are borrowed from this environment, so that nothing is downloaded. Its
        # own .pth files are not followed from here: its editable install of the checkout stays out.
        borrowed = "\n".join({sysconfig.get_path(kind) for kind in ("purelib", "platlib")})
        (self.packages / "borrowed.pth").write_text(borrowed + "\n", encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--python", self.python, "--quiet"]
        run(*pip, "install", "--no-index", "--no-deps", "--no-warn-script-location", wheel)

    def run(self, *words: str | Path) -> str:
        return run(*words, cwd=self.empty)

    def output(self, program: str) -> str:
        return self.run(self.python, "-c", program).strip()


def run(*words: str | Path, cwd: Path = ROOT) -> str:
    hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "HARNESS_PATH", "HARNESS_RESULTS"}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name not in hidden},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by way of the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


def checked_in(folder: str, *patterns: str) -> set[str]:
    files = (path for pattern in patterns for path in (ROOT / folder).rglob(pattern))
    return {path.relative_to(ROOT).as_posix() for path in files if path.is_file()}


def test_sources_targets_and_models_travel_with_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    shared = checked_in("firmware", "*.c", "*.h", "*.ld", "*.txt", "*.toml", "*.cmake", "*.in")
    shared |= checked_in("targets", "*.toml", "*.svg")
    assert len(shared) > 20
    assert {f"harness/share/{name}" for name in shared} <= held
    bundled = checked_in("harness/bundled", "*.tflite", "*.toml", "*.npz")
    assert len(bundled) >= 5
    assert bundled | {"harness/py.typed"} <= held
    page = checked_in("harness/report/html/templates", "*.html", "*.css", "*.js")
    assert len(page) == 3
    assert page <= held
    simulated = checked_in("harness/machine", "*.c", "*.repl", "*.resc")
    assert len(simulated) >= 3
    assert simulated <= held
    assert not any(name.startswith(("tests/", "firmware/", "targets/")) for name in held)
    assert not any("__pycache__" in name for name in held)


def test_the_installed_package_is_not_the_checkout(installed: Installed) -> None:
    place = Path(installed.output("import harness; print(harness.__file__)"))
    assert place.is_relative_to(installed.packages)
    program = "from harness import catalog; print(catalog.firmware_root())"
    assert Path(installed.output(program)) == place.parent / "share" / "firmware"
    imports = "import sys; print([p for p in sys.path if 'editable' in p])"
    assert installed.output(imports) == "[]"


def test_the_plugins_are_found(installed: Installed) -> None:
    usage = installed.run(installed.python, "-m", "pytest", "--help", "-p", "no:cacheprovider")
    assert "--target=ID" in usage
    plugins = installed.run(installed.python, "-m", "pyocd", "list", "--plugins")
    assert any(line.split()[:3] == ["Debug", "Probe", "gdb"] for line in plugins.splitlines())


def test_a_page_is_made_of_what_was_installed(installed: Installed) -> None:
    program = """
from datetime import UTC, datetime
from harness.report.content import HistoryLine, Point, ReportContent
from harness.report.html import render
from harness.domain.units import Fidelity, Unit
now = datetime.now(UTC)
line = HistoryLine("a", "b", Unit.CYCLES, Fidelity.SILICON, (Point(now, 1.0, "c"),))
page = render(ReportContent((), (), now, history=(line,)))
print(len(page) > 4_000_000, "sortable" in page, "prefers-color-scheme" in page)
"""
    assert installed.output(program) == "True True True"


@pytest.mark.parametrize("target", ["mps2-an500", "openmv-h7-virtual"])
def test_one_case_runs_from_an_empty_folder(installed: Installed, target: str) -> None:
    options = f"--target {target} --kernels cmsis-nn --model mlp-digits --limit 5 --json"
    printed = installed.run(installed.folder / "bin" / "harness", "run", *options.split())
    (case,) = json.loads(printed)["cases"]
    assert (case["status"], case["target_id"], case["model"], case["inputs"]) == (
        "ok",
        target,
        "mlp-digits",
        5,
    )
    assert case["readings"]["instructions"]["value"] > 0
    assert case["readings"]["accuracy"]["n"] == 5
    assert (installed.empty / "results" / "harness.db").is_file()
    assert sorted(path.name for path in installed.empty.iterdir()) == ["results"]
