"""The parameters that a lowering documents are the fields of its kernel's struct, in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kernel_program import FIRMWARE

import harness.model

_STRUCT = re.compile(r"struct (\w+_params) \{(.*?)\};", re.DOTALL)
_FIELDS = re.compile(r"u?int32_t ([^;]+);")


def _structs() -> dict[str, list[str]]:
    found = {}
    for file in sorted((FIRMWARE / "kernels" / "reference").glob("*.[ch]")):
        for name, body in _STRUCT.findall(file.read_text(encoding="utf-8")):
            lines = ",".join(_FIELDS.findall(body))
            found[name] = [field.strip() for field in lines.split(",")]
    return found


def _documented() -> str:
    """Docstrings of lowerings, and firmware/IMAGE.md, without what is in brackets."""
    files = [
        FIRMWARE / "IMAGE.md",
        *sorted(Path(harness.model.__file__).parent.rglob("*.py")),
    ]
    text = " ".join(file.read_text(encoding="utf-8") for file in files)
    return re.sub(r"\s+", " ", re.sub(r" \([^()]*\)", "", text))


def test_there_are_such_structs() -> None:
    assert set(_structs()) >= {"mul_params", "mean_params", "transpose_conv_params"}


@pytest.mark.parametrize("name", _structs())
def test_the_fields_of_a_struct_are_documented_in_order(name: str) -> None:
    fields = ", ".join(_structs()[name])
    assert re.search(rf"(?:[Pp]arameters: |\| ){fields}(?:[.;]| \||$)", _documented())
