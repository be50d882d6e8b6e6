"""The firmware is held to what it once counted: `results/baselines`.

A change that is wanted goes into the baseline in the same commit: measure with the options of
`MEASURED`, then `harness baseline write results/baselines/digits.json`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import assembly
from harness.domain.comparability import in_words
from harness.domain.verdict import Judgement
from harness.results import open_store
from harness.results.baseline import read_baseline
from harness.results.observing import observations_of
from harness.results.regression import judge_runs

BASELINE = Path(__file__).parents[2] / "results" / "baselines" / "digits.json"
# harness run -k cmsis-nn -m mlp-digits -m lenet-digits --limit 2 --profile
MEASURED = {"kernel_sets": ["cmsis-nn"], "models": ["mlp-digits", "lenet-digits"], "limit": 2}


@pytest.mark.parametrize(
    "target", ["mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547"]
)
def test_the_firmware_counts_what_it_did(tmp_path: Path, target: str) -> None:
    bench = assembly.Bench(tmp_path / "harness.db", profile=True)
    outcome = bench.measure(assembly.plan(targets=[target], **MEASURED))  # type: ignore[arg-type]
    assert not outcome.errors, outcome.errors
    store = open_store(tmp_path / "harness.db")
    after = observations_of(store, store.runs())
    before = [one for one in read_baseline(BASELINE) if one.key.target == target]
    assert len(before) == len(after) == 2
    compilers = {one.key.compiler for one in (*before, *after)}
    if len(compilers) > 1:
        pytest.skip(f"another compiler makes other code: {' and '.join(map(str, compilers))}")
    shipped = assembly.thresholds()
    # QEMU counts instructions the same in every version.
    limits = replace(shipped, may_change=(*shipped.may_change, "simulator"))
    for verdict in judge_runs(before, after, limits):
        told = [verdict.reason, in_words(verdict.changed), *map(str, verdict.operators)]
        told += [f"{one.metric}: {one.before} -> {one.after}" for one in verdict.metrics]
        assert verdict.judgement is Judgement.SAME, "\n".join([verdict.key.label, *told])
