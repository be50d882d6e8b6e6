"""Inferences one after the other, each with the next input on its way: calls and their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from harness.link import messages
from harness.link.calls import Call, Refused
from harness.link.exchange import Exchange
from harness.link.messages import Request
from harness.link.patience import Deadline


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

    A RUN is sent when the one before it is answered: the device keeps the answer of one. INPUTs are
    not waited for: the device takes them in order and writes each once, so that one that is
    repeated does no harm to one behind it.

    Raises:
        As `Exchange.converse`; BadFrame also for an answer to INPUT that is not empty.
    """
    asked: deque[Call] = deque()

    def calls() -> Iterator[Call]:
        for of_sample in inputs:
            for call in (*of_sample, replace(run_call(0, 1), after_runs=True)):
                asked.append(call)
                yield call

    for answer in link.converse(calls(), window, deadline, silence_s):
        call = asked.popleft()
        if call.type == Request.RUN or isinstance(answer, Refused):
            deadline.renew()
            yield answer
        else:
            messages.decode_input(answer, link.wire.port.where)
