"""When to give up waiting for an answer, and when to ask again."""

from __future__ import annotations

from collections.abc import Callable

QUIET_S = 0.03
UNFINISHED_S = 0.5
SILENCE_S = 2.0
_MOST_BACKOFF = 32


class Deadline:
    """A moment that is `seconds` from now on `clock`."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self.seconds = seconds
        self._end = clock() + seconds

    def renew(self) -> None:
        """Begin anew: as many seconds, from now on."""
        self._end = self._clock() + self.seconds

    def remaining(self) -> float:
        """Seconds left, 0 or less when it has passed."""
        return self._end - self._clock()


class Patience:
    """When to ask again.

    `QUIET_S` after the last byte where damage was seen (what else was on its way has arrived then),
    `UNFINISHED_S` after half a frame, else after as much silence as the device may need. Each time
    that brought no progress doubles the next.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._damaged = False
        self._unfinished = False
        self._backoff = 1
        self._since = clock()

    def remaining(self, silence_s: float) -> float:
        """Seconds until it is time to ask again, 0 or less when it is.

        `silence_s` is how long the device may be silent while nothing is wrong.
        """
        pause_s = silence_s
        if self._damaged:
            pause_s = QUIET_S
        elif self._unfinished:
            pause_s = min(UNFINISHED_S, silence_s)
        return self._since + pause_s * self._backoff - self._clock()

    def heard(self, *, damaged: bool, unfinished: bool) -> None:
        """Bytes came; `damaged` says that with them it became clear that something was lost."""
        self._since = self._clock()
        self._damaged |= damaged
        self._unfinished = unfinished

    def progressed(self) -> None:
        """An answer came that was not there before."""
        self._backoff = 1

    def asked_again(self) -> None:
        """All that is not answered was sent again."""
        self._damaged = self._unfinished = False
        self._backoff = min(2 * self._backoff, _MOST_BACKOFF)
        self._since = self._clock()
