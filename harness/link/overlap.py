"""Inferences one after the other, each with the next one on its way: calls and their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from harness.link import messages
from harness.link.calls import Call, Lost, Refused
from harness.link.exchange import Exchange
from harness.link.messages import Request
from harness.link.patience import Deadline

Sample = tuple[int, Sequence[Call]]
"""The number of a sample and its INPUTs."""


def run_call(warmup: int, repeats: int) -> Call:
    """A RUN of the input that was sent."""
    return Call(Request.RUN, messages.run_request(warmup, repeats), "RUN")


def overlapped(
    link: Exchange,
    inputs: Iterable[Sequence[Call]],
    window: int,
    deadline: Deadline,
    silence_s: Callable[[], float],
) -> Iterator[bytes | Refused]:
    """Yield the payload of each RUN, or the refusal that ends it; `deadline` holds for each.

    A RUN waits on the device, behind its INPUTs, while the one before it computes. The device takes
    all of them in order and writes each INPUT once, so that one that is repeated does no harm to
    one behind it. An answer that was lost behind which the next RUN has run is not kept any more:
    its sample is sent anew, behind what is under way, and counts as repeated.

    Raises:
        As `Exchange.converse`; BadFrame also for an answer to INPUT that is not empty.
    """
    samples: Iterator[Sample] = enumerate(inputs)
    again: deque[Sample] = deque()
    asked: deque[tuple[Call, Sample]] = deque()
    run = replace(run_call(0, 1), behind_runs=1)

    def calls() -> Iterator[Call]:
        while sample := again.popleft() if again else next(samples, None):
            for call in (*sample[1], run):
                asked.append((call, sample))
                yield call

    answered: dict[int, bytes] = {}
    following = 0
    while True:
        for answer in link.converse(calls(), window, deadline, silence_s):
            call, sample = asked.popleft()
            if isinstance(answer, Refused):
                yield answer
                return
            if isinstance(answer, Lost):
                link.frames_repeated += len(sample[1]) + 1
                again.append(sample)
            elif call.type == Request.RUN:
                deadline.renew()
                answered[sample[0]] = answer
                while following in answered:
                    yield answered.pop(following)
                    following += 1
            else:
                messages.decode_input(answer, link.wire.port.where)
        if not again:
            return
