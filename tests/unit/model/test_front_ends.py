"""Model files find their reader by name, and their reader the reference they are compared with."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import BadModel
from harness.model import read_model
from harness.model.front_ends import front_end_of, front_ends, tflite

LENET = Path(__file__).parents[3] / "harness" / "bundled" / "lenet-digits.tflite"


def test_the_name_chooses_the_front_end_in_any_case() -> None:
    assert front_end_of(Path("a/b.v2.TFLite")) is tflite


def test_the_longest_suffix_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    other = object()
    monkeypatch.setitem(front_ends(), ".old.tflite", other)
    assert front_end_of(Path("net.old.tflite")) is other
    assert front_end_of(Path("net.tflite")) is tflite


def test_a_name_of_no_kind_is_refused_with_the_kinds_there_are() -> None:
    with pytest.raises(BadModel) as caught:
        read_model(Path("net.pt"))
    assert re.fullmatch(
        r"net\.pt: the name does not tell what kind of model it is; it may end in (\.[\w.]+, )*"
        r"\.tflite\n  -> Rename the file, or convert it to one of these\.",
        str(caught.value),
    )


def test_each_front_end_has_all_of_the_contract() -> None:
    for suffix, front_end in front_ends().items():
        assert suffix.startswith(".")
        assert suffix == suffix.lower()
        assert front_end.SUFFIXES
        assert isinstance(front_end.EDGES, str)
        for part in ("read", "reference", "compared_with"):
            assert callable(getattr(front_end, part))


def test_importing_all_front_ends_loads_neither_litert_nor_onnx() -> None:
    code = (
        "import sys; from harness.model.front_ends import front_ends; front_ends();"
        "sys.exit(any(n.partition('.')[0] in ('ai_edge_litert', 'onnx') for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_a_tflite_file_is_compared_with_litert() -> None:
    whose = front_end_of(LENET).compared_with(LENET)
    assert whose.name == "litert"
    assert whose.version == whose.key
    assert whose.version[0].isdigit()
