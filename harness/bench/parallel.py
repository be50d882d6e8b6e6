"""Several targets at once: the cases of each stay in order, one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from harness.bench.events import CaseStarted, Event, Listener, is_step
from harness.bench.prepare import Prepared
from harness.bench.run import Outcome
from harness.domain.record import CaseRecord

RunGroup = Callable[[list[Prepared], Listener], Outcome]


def by_target(
    cases: Sequence[Prepared], run: RunGroup, listener: Listener, *, jobs: int
) -> Outcome:
    """Run the cases of up to `jobs` targets at once, and give the outcome in their order.

    Events of several cases come between each other, but never two at once. What ends one group
    (Ctrl-C, an error that `run` raises) ends the running case of the others at its next step.

    Raises:
        As `run`.
    """
    groups: dict[str, list[int]] = {}
    for place, prepared in enumerate(cases):
        groups.setdefault(prepared.case.target.id, []).append(place)
    if jobs == 1 or len(groups) < 2:
        return run(list(cases), listener)
    gate = _Gate(listener)
    with ThreadPoolExecutor(min(jobs, len(groups)), thread_name_prefix="target") as pool:
        futures = [
            pool.submit(run, [cases[place] for place in places], gate) for places in groups.values()
        ]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            gate.closed.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return _joined(list(groups.values()), [future.result() for future in futures])


class _Gate:
    """Lets one event through at a time; once it is closed, no case begins or goes on."""

    def __init__(self, listener: Listener) -> None:
        self.closed = threading.Event()
        self._listener = listener
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        if self.closed.is_set() and (is_step(event) or isinstance(event, CaseStarted)):
            raise KeyboardInterrupt
        with self._lock:
            self._listener(event)


def _joined(groups: Sequence[Sequence[int]], outcomes: Sequence[Outcome]) -> Outcome:
    placed: dict[int, CaseRecord] = {}
    for places, outcome in zip(groups, outcomes, strict=True):
        placed |= dict(zip(places, outcome.records, strict=True))
    return Outcome(
        outcomes[0].run_id,
        [placed[place] for place in sorted(placed)],
        [error for outcome in outcomes for error in outcome.errors],
    )
