"""The page of operators x data types x kernel sets is what lowerings and kernel files give.

Each cell is found by a network of the one operator: whether it lowers, and which file of the kernel
set has the kernel for its opcode. `HARNESS_REWRITE_PAGES=1` writes the page anew:

    HARNESS_REWRITE_PAGES=1 pytest tests/repo/test_operator_page.py
"""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders.sample_operators import SAMPLES, WEIGHTED, sample
from checkout import ROOT

from harness.bench.model_check import check_model
from harness.build.kernel_files import kernel_files
from harness.catalog import kernel_sets
from harness.domain.model_check import ModelCheck, Runs
from harness.model import folding
from harness.model.lowering import convertible, supported

PAGE = ROOT / "harness" / "model" / "OPERATORS.md"
REWRITE = "HARNESS_REWRITE_PAGES"
TYPES = {
    "int8": ("int8", "int8"),
    "uint8": ("uint8", "uint8"),
    "int16x8": ("int16", "int8"),
    "uint8 weights": ("uint8", "uint8 far"),
    "int4 weights": ("int8", "int4"),
}
HEAD = """# Operators x data types x kernel sets

This page is written by `tests/repo/test_operator_page.py` from the lowerings in `lowering/` and the
kernels in `firmware/kernels/`; the test fails where it is stale and says how to write it anew.

**kernel**: the set's library has a kernel for it, or the set calls none. **fallback**: the direct
loops of `reference` stand in. **copies**: nothing is computed, so no library kernel is missed.
**refused**: an error names the operator; no kernel takes the type, or LiteRT's reference kernels do
not, so that there is nothing to compare with. Where sets differ, each is named.

- `int8`: activations and weights.
- `uint8`: activations, which the host turns into int8, exactly; so it does with weights whose
  codes, less their zero point, fit into int8.
- `int16x8`: activations of 16 bits, weights of 8.
- `uint8 weights`: those that do not fit into int8, with activations of 8 bits.
- `int4 weights`: two to a byte, with activations of int8.

Which operators of ONNX become which of these is told in [ONNX.md](ONNX.md); networks of OpenMV and
Caffe have operators of their own, with kernels in `reference` only: [Q7.md](Q7.md). Before a run,
`harness models check FILE` tells all this for one model.

"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("samples")


def checked(folder: Path, name: str, activations: str, weights: str) -> ModelCheck | None:
    """A sample as `harness models check` sees it: one that runs, if there is one."""
    kernels = {one.id: kernel_files(one) for one in kernel_sets().values()}
    for number, content in enumerate(sample(name, activations, weights)):
        path = folder / f"{name}-{activations}-{weights}-{number}.tflite"
        path.write_bytes(content)
        found = check_model(path, [], kernels, folder)
        if not found.problems:
            return found
    return None


def cell(folder: Path, name: str, column: str) -> str:
    """What the table says of an operator in the types of a column."""
    if column.endswith("weights") and name not in WEIGHTED:
        return "-"
    found = checked(folder, name, *TYPES[column])
    if found is None:
        return "refused"
    sets = kernel_sets()
    words: dict[str, list[str]] = {}
    for kernel_set in sorted(sets):
        (operator,) = found.operators
        by = operator.by[kernel_set]
        own = not sets[kernel_set].library
        word = (
            "kernel"
            if own or by.source.split("/")[0] not in sets[kernel_set].fallbacks
            else ("fallback" if by.runs is Runs.FALLBACK else "copies")
        )
        words.setdefault(word, []).append(kernel_set)
    with_library = {word for word, names in words.items() if names != ["reference"]}
    if len(with_library) == 1:
        return with_library.pop()
    return "; ".join(f"{word}: {', '.join(names)}" for word, names in sorted(words.items()))


def lines(folder: Path) -> Iterator[str]:
    yield f"| operator | {' | '.join(TYPES)} |"
    yield f"|---|{'---|' * len(TYPES)}"
    for name in convertible():
        cells = [cell(folder, name, column) for column in TYPES]
        yield f"| {name} | {' | '.join(cells)} |"
    folded = ", ".join(sorted(m.name.upper() for m in pkgutil.iter_modules(folding.__path__)))
    yield ""
    yield "QUANTIZE at an input and DEQUANTIZE at an output are done on the host: real numbers at"
    yield "the edges cost the device nothing. Of constants the host computes:"
    yield f"{folded}."


def test_the_page_is_what_the_sources_give(folder: Path) -> None:
    page = HEAD + "\n".join(lines(folder)) + "\n"
    if os.environ.get(REWRITE):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, (
        f"{PAGE.name} is stale; write it with `{REWRITE}=1 pytest tests/repo/{Path(__file__).name}`"
    )


@pytest.mark.parametrize("name", convertible())
def test_every_operator_runs_in_int8(folder: Path, name: str) -> None:
    """A new operator of another form needs a sample in tests/builders/sample_operators.py."""
    assert cell(folder, name, "int8") != "refused"


def test_samples_are_of_operators_there_are() -> None:
    assert set(SAMPLES) <= set(supported())


def test_a_type_without_kernels_is_refused(folder: Path) -> None:
    assert checked(folder, "MEAN", "int32", "int8") is None
