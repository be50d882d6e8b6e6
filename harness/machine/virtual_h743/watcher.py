"""Notices bytes on sockets while the engine runs, and makes it stop for them."""

from __future__ import annotations

import selectors
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# A request to stop is lost when the engine has not quite begun: it is repeated.
_AGAIN_S = 0.0003


class Watcher:
    """A thread that sleeps on the sockets of a selector while `running` holds."""

    def __init__(self, selector: selectors.BaseSelector, ask_to_stop: Callable[[], None]) -> None:
        self._selector = selector
        self._ask_to_stop = ask_to_stop
        self._armed = threading.Event()
        self._disarmed = threading.Event()
        threading.Thread(target=self._watch, name="watcher", daemon=True).start()

    @contextmanager
    def running(self) -> Iterator[None]:
        """While this lasts, a socket with something to read stops the engine."""
        self._disarmed.clear()
        self._armed.set()
        try:
            yield
        finally:
            self._armed.clear()
            self._disarmed.set()

    def _watch(self) -> None:
        while True:
            self._armed.wait()
            self._selector.select()
            while self._armed.is_set():
                self._ask_to_stop()
                self._disarmed.wait(_AGAIN_S)
            # What there is to read is read by the other thread, in its own time.
            self._disarmed.wait(_AGAIN_S)
