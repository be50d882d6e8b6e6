"""All inputs of a case through the device, one window per repeat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.bench.steady import Steady
from harness.domain.dataset import Dataset
from harness.domain.plan import Case
from harness.errors import BadFrame, CounterStuck, WindowMissed


@dataclass(frozen=True)
class Answers:
    """What the device returned.

    `outputs` has shape (inputs, bytes of the output tensor), uint8; `ticks` has shape
    (inputs, repeats), uint64; `no_counter` says why nothing counts, and then it is (inputs, 0).
    """

    outputs: NDArray[np.uint8]
    ticks: NDArray[np.uint64]
    link_interrupts: int
    no_counter: str | None = None


def stream(
    steady: Steady,
    case: Case,
    dataset: Dataset,
    output_bytes: int,
    on_done: Callable[[int], None],
    no_counter: str | None = None,
) -> Answers:
    """Send every input of `dataset`, measure `case.repeat` windows for each, collect the answers.

    `no_counter` is what the machine says of its counter (`Coordinates`).

    Raises:
        LinkError: an answer is late, malformed, or has not `output_bytes` of output.
        DeviceError: the device refuses.
        WindowMissed: link interrupts fell into a measured window, each time.
        CounterStuck: a window of zero ticks.
    """
    outputs: list[bytes] = []
    ticks: list[tuple[int, ...]] = []
    on_done(0)
    for number, sample in enumerate(dataset.inputs):
        warmup = case.warmup if number == 0 else 0
        reply = steady.infer(
            number, sample.tobytes(), warmup=warmup, anew=case.warmup, repeats=case.repeat
        )
        if reply.link_interrupts:
            raise WindowMissed(
                f"{reply.link_interrupts} link interrupts fell into the window of input {number}",
                where=case.label,
                hint="Let nothing else talk to the device's port while it is measured.",
            )
        if min(reply.ticks) == 0 and no_counter is None:
            raise CounterStuck(
                f"the counter did not move during input {number}",
                where=case.label,
                hint="Check that the target's counter runs (a simulator may lack it).",
            )
        output = b"".join(reply.outputs)
        if len(output) != output_bytes:
            raise BadFrame(
                f"the answer to input {number} has {len(output)} bytes of output, the model "
                f"{output_bytes}",
                where=case.label,
                hint="Rebuild the firmware from the sources of this harness.",
            )
        outputs.append(output)
        ticks.append(reply.ticks)
        on_done(number + 1)
    return Answers(
        outputs=np.frombuffer(b"".join(outputs), dtype=np.uint8).reshape(len(outputs), -1),
        ticks=np.array(ticks, dtype=np.uint64)[:, : 0 if no_counter else None],
        link_interrupts=0,
        no_counter=no_counter,
    )
