"""Writes results/studies.md: what `harness reproduce` prints for each study, on two targets.

    HARNESS_TEST_DATA=data python tests/benchmarks/studies.py

Takes about ten minutes on two cores. With a folder as argument the runs found there are taken.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).parents[2] / "results" / "studies.md"
BOTH = ("-t", "mps2-an500", "-t", "openmv-h7-virtual")
RUNS: dict[str, tuple[str, ...]] = {
    "openmv": ("openmv-lenet", *BOTH, "--limit", "5"),
    "caffe": ("caffe-cifar10", *BOTH, "--limit", "5"),
    "mask": ("mask-resnet9", "-t", "mps2-an500", "--limit", "59"),
    "mask-virtual": ("mask-resnet9", "-t", "openmv-h7-virtual"),
    "vww": ("vww-budget", *BOTH),
    "kws": ("kws-family", *BOTH),
}
CORES: tuple[str, ...] = (
    *("kws-family", "--limit", "1"),
    *(word for core in ("an385", "an386", "an505") for word in ("-t", f"mps2-{core}")),
    *("-t", "mps3-an547"),
)
RATIO = "reference to CMSIS-NN"

HEAD = """# Five published systems, run again

What `harness reproduce` printed for each study: numbers of their authors beside ours, and where one
may not be held against the other, why. Written by `tests/benchmarks/studies.py`, not by hand.
`mps2-an500` is a Cortex-M7 under QEMU, `openmv-h7-virtual` the OpenMV H7's firmware on a virtual
STM32H743: both count instructions, and know no time. The files are not part of this repository:
`harness reproduce NAME --files` lists them and where each is from.

Where `--limit` is not given, a study takes few inputs on simulated targets (1 for `vww-budget`, 3
for `kws-family`, 10 for the others) and whole sets on boards; accuracy on the host is always of the
whole set.
"""


def command(words: tuple[str, ...]) -> str:
    """What a reader would type."""
    return f"harness reproduce {' '.join(words)}"


def run(words: tuple[str, ...], path: Path) -> None:
    """Run a study and keep what it shows."""
    store = path.with_name("runs.db")
    subprocess.run(
        ["harness", "reproduce", *words, "-q", "--results", store, "--save", path], check=True
    )


def part(words: tuple[str, ...], shown: str) -> Iterator[str]:
    """A study's own Markdown one level lower, below its title and command."""
    title, *rest = shown.splitlines()
    yield f"## {words[0]}: {title.removeprefix('# ')}"
    yield f"\n```sh\n{command(words)}\n```"
    prefix = f"## {title.removeprefix('# ')}: "
    for line in rest:
        yield line.replace(prefix, "## ").replace("## ", "### ") if line[:2] == "##" else line


def by_core(shown: str) -> Iterator[str]:
    """The ratios alone: a row for each model, a column for each core."""
    table: dict[str, dict[str, str]] = {}
    for row in json.loads(shown)["rows"]:
        if row.get("quantity") == RATIO:
            core = row["how"].partition(":")[0]
            table.setdefault(row["row"], {})[core] = row["measured"]
    cores = list(dict.fromkeys(core for found in table.values() for core in found))
    yield "### Baseline against CMSIS-NN on other cores, in instructions"
    yield f"\n```sh\n{command(CORES)}\n```\n"
    yield f"| model | {' | '.join(cores)} |"
    yield f"| --- |{' ---: |' * len(cores)}"
    for model, found in table.items():
        yield f"| {model} | {' | '.join(found.get(core, '-') for core in cores)} |"


def main() -> None:
    """Run what is not there yet, and write the page."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else made)
        lines = [HEAD]
        for name, words in RUNS.items():
            path = folder / f"{name}.md"
            if not path.exists():
                run(words, path)
            lines += [*part(words, path.read_text(encoding="utf-8")), ""]
        path = folder / "cores.json"
        if not path.exists():
            run(CORES, path)
        lines += by_core(path.read_text(encoding="utf-8"))
        text = "\n".join(lines)
        while "\n\n\n" in text:
            text = text.replace("\n\n\n", "\n\n")
        PAGE.write_text(text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
