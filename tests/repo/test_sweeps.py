"""A file of the operator's name makes `harness kernels bench` measure it, or says why not."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.bench import sweeps
from harness.build.kernel_files import kernel_files
from harness.catalog import kernel_sets
from harness.domain.firmware import KernelSet
from harness.model.lowering import supported

GELU = 'KERNEL(150, "GELU", prepare, invoke);\n'


def operators(sets: Iterable[KernelSet]) -> set[str]:
    """All operators; a variant for other types than int8 is "CONV_2D int16"."""
    kernels = (kernel for one in sets for kernel in kernel_files(one))
    return {*supported(), *(kernel.operator.split()[0] for kernel in kernels)}


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files are sweeps too, while the test lasts."""
    monkeypatch.setattr(sweeps, "__path__", [*sweeps.__path__, str(tmp_path)])
    caches = (sweeps.told, sweeps.rules, sweeps.reasons)
    for each in caches:
        each.cache_clear()
    yield tmp_path
    for each in caches:
        each.cache_clear()
    sys.modules.pop(f"{sweeps.__name__}.gelu", None)


def test_every_operator_is_swept_or_says_why_not() -> None:
    assert sweeps.untold(operators(kernel_sets().values())) == []
    assert set(sweeps.told()) <= set(supported())


def test_an_operator_without_a_sweep_is_told(tmp_path: Path) -> None:
    (tmp_path / "gelu.c").write_text(GELU)
    reference = kernel_sets()["reference"]
    own = replace(reference, directories=(tmp_path, *reference.directories))
    assert sweeps.untold(operators([own])) == [
        "GELU has no sweep: write harness/bench/sweeps/gelu.py, which measures it or says WHY_NOT"
    ]


def test_a_file_makes_a_sweep(planted: Path) -> None:
    elementwise = Path(sweeps.__file__).with_name("relu.py").read_text(encoding="utf-8")
    (planted / "gelu.py").write_text(elementwise.replace("RELU", "GELU"))
    assert sweeps.untold(["GELU"]) == []
    assert sweeps.rules()["GELU"].operator == "GELU"
    assert "gelu 32x32x16 -> 32x32x16" in [shape.label for shape in sweeps.built_in()]


def test_a_file_can_be_a_reason(planted: Path) -> None:
    (planted / "gelu.py").write_text('WHY_NOT = "nobody asked"\n')
    assert sweeps.reasons()["GELU"] == "nobody asked"
    assert "GELU" not in sweeps.rules()


@pytest.mark.parametrize("name", sweeps.told())
def test_a_file_is_a_whole_sweep_or_one_reason(name: str) -> None:
    if reason := sweeps.reasons().get(name):
        assert name not in sweeps.rules()
        assert reason[0].islower()
        assert not reason.endswith(".")
        return
    sweep = sweeps.sweep_of(name)
    assert sweep.RULE.operator == name
    assert callable(sweep.found)
    assert callable(sweep.network)
    assert sweep.BUILT_IN
    for shape in sweep.BUILT_IN:
        assert shape.rule is sweep.RULE
        assert sweep.RULE.ranks[0] <= len(shape.input) <= sweep.RULE.ranks[1]
        assert sweep.RULE.faults(shape) == []
