"""Accuracy mode on the real firmware: by the frames, the next inference is under way."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from itertools import accumulate
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu
from devices.scripted import unstuff

from harness import assembly
from harness.bench.case import run_case
from harness.bench.events import nobody
from harness.bench.prepare import prepare
from harness.bench.stream import LINK_ACTIVE
from harness.domain.measurement import Measurement, Missing
from harness.domain.plan import Mode
from harness.domain.record import CaseStatus
from harness.link import read_transcript

INPUTS = 5
INPUT, RUN, RUN_ANSWER = 3, 4, 0x84

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]


def order_of_frames(path: Path) -> list[int]:
    """The types of INPUT, RUN and its answer as they ended on the wire, both ways together."""
    rest = {"<": b"", ">": b""}
    order = []
    for _, direction, data in read_transcript(path):
        *blocks, rest[direction] = (rest[direction] + data).split(b"\0")
        kinds = [unstuff(block)[0] for block in blocks if block]
        order += [kind for kind in kinds if kind in {INPUT, RUN, RUN_ANSWER}]
    return order


def test_the_next_input_and_its_run_are_sent_before_the_answer_to_the_run(tmp_path: Path) -> None:
    transcript = io.StringIO()
    (case,) = assembly.plan(
        targets=["mps2-an500"],
        kernel_sets=["reference"],
        models=["mlp-digits"],
        dataset=f"random:{INPUTS}",
        mode=Mode.ACCURACY,
    )
    rig = assembly.rig(transcript=transcript)
    record, _ = run_case(prepare([case], rig.load_dataset)[0], rig, nobody)
    assert record.status is CaseStatus.OK, record.error_message
    equal = record.reading("vectors_equal")
    assert isinstance(equal, Measurement)
    assert equal.value == INPUTS
    assert record.reading("instructions") == Missing("instructions", LINK_ACTIVE)
    path = tmp_path / "link.txt"
    path.write_text(transcript.getvalue())
    order = order_of_frames(path)
    assert order[:5] == [INPUT, RUN, INPUT, RUN, INPUT]
    assert Counter(order) == {INPUT: INPUTS, RUN: INPUTS, RUN_ANSWER: INPUTS}
    open_runs = list(accumulate({RUN: 1, RUN_ANSWER: -1}.get(kind, 0) for kind in order))
    assert (min(open_runs), max(open_runs)) == (0, 2)
