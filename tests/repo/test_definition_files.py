"""Every definition file loads, and adding one touches no list."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkout import ROOT, name_of, tracked

from harness import catalog
from harness.build.library_coverage import reasons_left_out
from harness.catalog.nightly import read_nightly

BOARD_FILE_LINES = 40
PORT_FILE_LINES = 150
EXAMPLE_RIG = ROOT / "rig.example.toml"
EXAMPLE_NIGHTLY = ROOT / "results" / "nightly.example.toml"
LEFT_OUT = sorted(ROOT.glob("harness/build/libraries/*_left_out.toml"))


def stems(pattern: str) -> set[str]:
    return {path.stem for path in ROOT.glob(pattern)}


def test_every_target_loads() -> None:
    assert set(catalog.targets()) == stems("targets/*.toml") != set()


def test_every_kernel_set_loads() -> None:
    folders = {path.parent.name for path in ROOT.glob("firmware/kernels/*/kernels.toml")}
    assert set(catalog.kernel_sets()) == folders != set()


def test_every_build_variant_loads() -> None:
    assert set(catalog.build_variants()) == stems("firmware/builds/*.toml") != set()


def test_every_model_loads_and_has_a_definition() -> None:
    assert set(catalog.models()) == stems("harness/bundled/*.toml") != set()
    assert stems("harness/bundled/*.tflite") == stems("harness/bundled/*.toml")


def test_every_model_s_data_set_loads() -> None:
    for model in catalog.models().values():
        if model.dataset:
            kind = model.dataset.partition(":")[0]
            assert kind in catalog.schemes()


def test_the_thresholds_and_constants_that_come_with_the_harness_load() -> None:
    assert catalog.read_thresholds().metrics
    assert catalog.read_constants()


@pytest.mark.parametrize("file", LEFT_OUT, ids=lambda path: path.stem)
def test_reasons_why_functions_are_left_out_load(file: Path) -> None:
    library = file.stem.removesuffix("_left_out").replace("_", "-")
    reasons = reasons_left_out(library)
    assert reasons
    assert all(reasons.values())


def test_the_example_of_a_desk_loads_and_a_desk_of_a_user_is_not_committed() -> None:
    desk = catalog.find_desk(catalog.targets(), EXAMPLE_RIG)
    assert len(desk.of("openmv-h7")) == len(desk.boards) == 2
    assert "/rig.toml" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_example_of_a_nightly_names_what_there_is() -> None:
    plan = read_nightly(EXAMPLE_NIGHTLY)
    assert set(plan.targets) <= set(catalog.targets())
    assert set(plan.kernels) <= set(catalog.kernel_sets())
    assert set(plan.models) <= set(catalog.models())
    assert set(plan.builds) <= set(catalog.build_variants())


def test_every_definition_file_is_of_a_known_kind() -> None:
    known = ("targets/", "firmware/kernels/", "firmware/builds/", "harness/bundled/")
    in_catalog = {catalog.DEFAULT_THRESHOLDS, catalog.CPI_CONSTANTS}
    loaded = {ROOT / "pyproject.toml", EXAMPLE_RIG, EXAMPLE_NIGHTLY, *in_catalog, *LEFT_OUT}
    others = [
        name_of(file)
        for file in tracked(".toml")
        if not name_of(file).startswith((*known, "tests/")) and file not in loaded
    ]
    assert others == []


@pytest.mark.parametrize("file", sorted(ROOT.glob("targets/*.toml")), ids=lambda path: path.stem)
def test_a_board_is_one_small_file(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= BOARD_FILE_LINES


@pytest.mark.parametrize("name", sorted(catalog.targets()))
def test_the_port_of_every_target_is_there(name: str) -> None:
    port = catalog.port_directory(catalog.target(name).port)
    lines = (port / "port.c").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= PORT_FILE_LINES
