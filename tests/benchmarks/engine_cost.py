"""What the engine adds to bare CMSIS-NN calls: instructions per inference, side by side.

Instructions are counted, so one run is enough and nothing else on the machine matters.

    python tests/benchmarks/engine_cost.py            (HARNESS_TEST_DATA names the data)
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from builders.engine_overhead import engine_overhead
from rich.console import Console
from rich.table import Table

MODELS = {"kws_ref_model": 0.0006, "pretrainedResnet_quant": 0.0002}
TARGETS = ("mps2-an385", "mps2-an386", "mps2-an500")


def main(data: Path) -> None:
    """Measure and print."""
    table = Table(title="instructions per inference, kernel set cmsis-nn, -O2")
    table.add_column("model", no_wrap=True)
    table.add_column("target", no_wrap=True)
    for column in ("bare calls", "engine", "per operator", "overhead", "bar"):
        table.add_column(column, justify="right", no_wrap=True)
    for model, bar in MODELS.items():
        for target in TARGETS:
            found = engine_overhead(data / f"models/mlperf-tiny/{model}.tflite", target)
            added = (found.engine - found.bare) / found.operators
            table.add_row(
                model,
                target,
                f"{found.bare:,.0f}",
                f"{found.engine:,.0f}",
                f"{added:.0f}",
                f"{found.share:.4%}",
                f"{bar:.2%}",
            )
    Console(width=120).print(table)


if __name__ == "__main__":
    main(Path(os.environ["HARNESS_TEST_DATA"]))
