"""Weights of 4 and 2 bits on a simulated board: LiteRT's answers with these codes, less flash."""

from __future__ import annotations

from pathlib import Path

from harness import assembly
from harness.domain.measurement import Measurement

INPUTS = 3
MODEL = "ds-cnn-digits"  # has all three operators with weights
LARGEST = {"reference": 0, "cmsis-nn": 8}  # FULLY_CONNECTED rounds twice there, before SOFTMAX


def test_narrow_weights_answer_as_litert_does(tmp_path: Path) -> None:
    cases = assembly.plan(
        targets=["mps2-an500"],
        kernel_sets=list(LARGEST),
        models=[f"{MODEL},int4-weights", f"{MODEL},int2-weights"],
        limit=INPUTS,
    )
    outcome = assembly.Bench(tmp_path / "r.db").measure(cases)
    assert not outcome.errors, outcome.errors[0]
    cost = assembly.model_cost(MODEL)
    for record in outcome.records:
        largest = record.reading("largest_difference")
        assert isinstance(largest, Measurement)
        assert largest.value <= LARGEST[record.kernel_set]
        bits = {f"{MODEL} (weights of {bits} bits)": bits for bits in (4, 2)}[record.model]
        # Sums of the rows of FULLY_CONNECTED are in the image only for 8 bits.
        assert 0 <= cost.image[bits] - (record.image_bytes or 0) <= 64
