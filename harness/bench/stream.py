"""All inputs of a case through the device: one window per repeat, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.bench.steady import Steady
from harness.domain.dataset import Dataset
from harness.domain.device import Reply
from harness.domain.plan import Case, Mode
from harness.errors import BadFrame, CounterStuck, WindowMissed

LINK_ACTIVE = "link active: the next input travelled during the inference (accuracy mode)"


@dataclass(frozen=True)
class Answers:
    """What the device returned.

    `outputs` has shape (inputs, bytes of the output tensor), uint8; `ticks` has shape
    (inputs, repeats), uint64; `no_counter` says why nothing counts, and then it is (inputs, 0).
    In accuracy mode it is (inputs, 0) too, and `link_interrupts` is None.
    """

    outputs: NDArray[np.uint8]
    ticks: NDArray[np.uint64]
    link_interrupts: int | None
    no_counter: str | None = None


def stream(
    steady: Steady,
    case: Case,
    dataset: Dataset,
    output_bytes: int,
    on_done: Callable[[int], None],
    no_counter: str | None = None,
) -> Answers:
    """Send every input of `dataset`, collect the answers.

    In latency mode `case.repeat` windows are measured for each. `no_counter` is what the machine
    says of its counter (`Coordinates`).

    Raises:
        LinkError: an answer is late, malformed, or has not `output_bytes` of output.
        DeviceError: the device refuses.
        WindowMissed: link interrupts fell into a measured window, each time.
        CounterStuck: a window of zero ticks.
    """
    measures = case.mode is Mode.LATENCY
    outputs: list[bytes] = []
    ticks: list[tuple[int, ...]] = []
    on_done(0)
    for number, reply in enumerate(_replies(steady, case, dataset)):
        if measures:
            _require_window(reply, number, case, counts=no_counter is None)
        output = b"".join(reply.outputs)
        if len(output) != output_bytes:
            raise BadFrame(
                f"the answer to input {number} has {len(output)} bytes of output, the model "
                f"{output_bytes}",
                where=case.label,
                hint="Rebuild the firmware from the sources of this harness.",
            )
        outputs.append(output)
        ticks.append(reply.ticks if measures else ())
        on_done(number + 1)
    return Answers(
        outputs=np.frombuffer(b"".join(outputs), dtype=np.uint8).reshape(len(outputs), -1),
        ticks=np.array(ticks, dtype=np.uint64).reshape(len(ticks), -1)[
            :, : 0 if no_counter else None
        ],
        link_interrupts=0 if measures else None,
        no_counter=no_counter if measures else LINK_ACTIVE,
    )


def _replies(steady: Steady, case: Case, dataset: Dataset) -> Iterator[Reply]:
    if case.mode is Mode.ACCURACY:
        yield from steady.infer_each([sample.tobytes() for sample in dataset.inputs])
        return
    for number, sample in enumerate(dataset.inputs):
        warmup = case.warmup if number == 0 else 0
        yield steady.infer(
            number, sample.tobytes(), warmup=warmup, anew=case.warmup, repeats=case.repeat
        )


def _require_window(reply: Reply, number: int, case: Case, *, counts: bool) -> None:
    if reply.link_interrupts:
        raise WindowMissed(
            f"{reply.link_interrupts} link interrupts fell into the window of input {number}",
            where=case.label,
            hint="Let nothing else talk to the device's port while it is measured.",
        )
    if min(reply.ticks) == 0 and counts:
        raise CounterStuck(
            f"the counter did not move during input {number}",
            where=case.label,
            hint="Check that the target's counter runs (a simulator may lack it).",
        )
