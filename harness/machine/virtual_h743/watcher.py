"""Notices bytes on sockets while the engine runs, and makes it stop for them."""

from __future__ import annotations

import selectors
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from harness.machine.virtual_h743.engine import Engine

# A request to stop is lost when the engine has not quite begun: it is repeated.
_AGAIN_S = 0.0003
_LOOK_S = 0.01
_PATIENCE_S = 0.05


class Watcher:
    """Looks at the sockets of a selector while `running` holds.

    The counter of an engine looks by itself. An engine without one can only be stopped by another
    thread, in the middle of what it does, and then repeats an access to a device. There most
    reasons to stop are left until the core sleeps; what does not sleep is stopped after some time.
    """

    def __init__(self, selector: selectors.DefaultSelector, engine: Engine) -> None:
        self._selector = selector
        self._engine = engine
        self._armed = threading.Event()
        self._disarmed = threading.Event()
        if engine.counter is not None:
            engine.counter.watch(selector.fileno())
        else:
            threading.Thread(target=self._watch, name="watcher", daemon=True).start()

    @contextmanager
    def running(self) -> Iterator[None]:
        """While this lasts, a socket with something to read stops the engine."""
        if self._engine.counter is not None:
            yield
            return
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
            if self._selector.select(_LOOK_S):
                self._disarmed.wait(_PATIENCE_S)
            elif not self._engine.stop_wanted:
                continue
            while self._armed.is_set():
                self._engine.ask_to_stop()
                self._disarmed.wait(_AGAIN_S)
            # What there is to read is read by the other thread, in its own time.
            self._disarmed.wait(_AGAIN_S)
