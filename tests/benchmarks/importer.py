"""Seconds to import each model: read, rewritten, lowered, planned and encoded; then all together.

    python tests/benchmarks/importer.py [--repeat N]

Models are the bundled ones and all under `models` of HARNESS_TEST_DATA that a front end reads; each
line says how many operators there are, or why the model is refused. The first import of the process
loads packages and is told apart.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import typer

from harness.catalog import models
from harness.errors import HarnessError
from harness.model import compile_image, read_network
from harness.model.front_ends import front_ends

ALLOWED_S = 5.0
"""What all models together may take; on a machine with other work, too."""


def files() -> Iterator[Path]:
    """Bundled models, then those of the data folder."""
    yield from (model.path for model in models().values())
    data = os.environ.get("HARNESS_TEST_DATA")
    if data:
        suffixes = tuple(front_ends())
        found = sorted((Path(data) / "models").rglob("*"))
        yield from (path for path in found if path.name.lower().endswith(suffixes))


def timed(path: Path, repeat: int) -> tuple[float, str]:
    """The shortest of `repeat` imports in seconds, and what came of it."""
    shortest, outcome = float("inf"), ""
    for _ in range(repeat):
        begin = time.perf_counter()
        try:
            network = read_network(path)
            image = compile_image(network)
            outcome = f"{len(network.operators)} operators, arena {image.arena_bytes:,}"
        except HarnessError as error:
            outcome = f"{type(error).__name__}: {error.what}"[:70]
        shortest = min(shortest, time.perf_counter() - begin)
    return shortest, outcome


def main() -> int:
    """Print a line for each model and the sum; 1 where that is more than allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    paths = list(files())
    first, _ = timed(paths[0], 1)
    typer.echo(f"{first:8.3f} s  first import, with the packages it loads")
    total = 0.0
    for path in paths:
        seconds, outcome = timed(path, repeat)
        total += seconds
        typer.echo(f"{seconds:8.3f} s  {path.name:32} {path.stat().st_size:9,} bytes  {outcome}")
    typer.echo(f"{total:8.3f} s  all {len(paths)} models; {ALLOWED_S:g} s are allowed")
    return int(total > ALLOWED_S)


if __name__ == "__main__":
    sys.exit(main())
