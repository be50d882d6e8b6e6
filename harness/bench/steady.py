"""Inferences on a device that may be disturbed, reset, fall mute or be unplugged in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.bench.bring_up import Device
from harness.bench.inputs import ByLink, Inputs
from harness.bench.rig import Deadlines
from harness.domain.device import Reply
from harness.errors import DeviceReset, HarnessError, LinkClosed, LinkTimeout, WrongModel

MOST_INCIDENTS = 8
_TRIES = 3


class Steady:
    """Gets an answer for each input, whatever happens to the link, and remembers what did.

    Nothing is counted twice: an answer is that of one window that nothing disturbed, and every
    window that was thrown away is an incident. After `MOST_INCIDENTS` the next one is the error.
    With `once` the first one is: the device would have forgotten what it has to remember.
    """

    def __init__(
        self,
        device: Device,
        deadlines: Deadlines,
        inputs: Inputs | None = None,
        trouble_before: str = "",
        *,
        once: bool = False,
    ) -> None:
        self._device = device
        self._inputs = inputs or ByLink(device.client)
        self._deadlines = deadlines
        self._tries = 1 if once else _TRIES
        self._repeated_before = device.client.frames_repeated
        self._computing_before = device.client.computing_s
        self.incidents = [trouble_before] if trouble_before else []

    @property
    def frames_repeated(self) -> int:
        """Frames sent again since this began, because they or their answers were lost."""
        return self._device.client.frames_repeated - self._repeated_before

    @property
    def computing_s(self) -> float:
        """Seconds since this began in which nothing but the end of an inference was waited for."""
        return self._device.client.computing_s - self._computing_before

    def infer(self, number: int, data: bytes, *, warmup: int, anew: int, repeats: int) -> Reply:
        """Run input `number` after `warmup` inferences; after the device came back, after `anew`.

        A reply whose `link_interrupts` are not 0 was disturbed each time.

        Raises:
            LinkTimeout, LinkClosed: the device does not come back: the error it left with.
            DeviceReset: it is reset each time.
            WrongImage, WrongModel: it came back with another firmware or model.
            DeviceError: it refuses.
        """
        first: HarnessError | None = None
        lost: HarnessError | None = None
        for left in reversed(range(self._tries)):
            try:
                if lost is not None:
                    self._bring_back(lost)
                return self._by_one_boot(number, data, anew if lost else warmup, repeats)
            except (LinkTimeout, LinkClosed, DeviceReset, WrongModel) as error:
                if not left or len(self.incidents) == MOST_INCIDENTS:
                    raise error if isinstance(error, WrongModel) else first or error from None
                if first is None:
                    self.incidents.append(f"input {number} repeated: {_in_short(error)}")
                first, lost = first or error, error
        raise AssertionError("the last try returns or raises")

    def _by_one_boot(self, number: int, data: bytes, warmup: int, repeats: int) -> Reply:
        """Measure on a device that has the model for all of that time."""
        try:
            return self._undisturbed(number, data, warmup, repeats)
        except WrongModel as error:
            # It had one before: only a reset makes it forget that.
            raise DeviceReset(
                f"the device was reset while input {number} was measured, and again when that was "
                f"repeated ({error.what})",
                where=error.where,
                hint="Check its supply under load, its reset line, and its watchdog.",
            ) from error

    def infer_each(self, inputs: Sequence[bytes]) -> Iterator[Reply]:
        """Run each input once, while the next one travels; ticks measure nothing.

        After the device came back it goes on with the input that has no answer yet.

        Raises:
            As `infer`.
        """
        first: HarnessError | None = None
        lost: HarnessError | None = None
        done = tries = 0
        while done < len(inputs):
            try:
                if lost is not None:
                    self._bring_back(lost)
                rest = inputs[done:]
                for reply in self._device.client.infer_each(rest, self._deadlines.inference_s):
                    done, tries, first, lost = done + 1, 0, None, None
                    yield reply
            except (LinkTimeout, LinkClosed, WrongModel) as error:
                tries += 1
                if tries == self._tries or len(self.incidents) == MOST_INCIDENTS:
                    raise first or error from None
                if first is None:
                    self.incidents.append(f"input {done} repeated: {_in_short(error)}")
                first, lost = first or error, error

    def _undisturbed(self, number: int, data: bytes, warmup: int, repeats: int) -> Reply:
        """Measure until no byte of the link falls into a window, a few times."""
        deadline_s = self._deadlines.inference_s * (warmup + repeats)
        for left in reversed(range(self._tries)):
            reply = self._inputs.infer(
                number, data, warmup=warmup, repeats=repeats, deadline_s=deadline_s
            )
            if not reply.link_interrupts or not left or len(self.incidents) == MOST_INCIDENTS:
                break
            self.incidents.append(
                f"input {number} measured anew: {reply.link_interrupts} link interrupts in its "
                "window"
            )
        return reply

    def _bring_back(self, error: HarnessError) -> None:
        """Make the device answer for the same firmware and model again.

        One that was reset says so; one that is mute is reset; a port that is gone is waited for.
        """
        self._device.at.check()
        if isinstance(error, LinkClosed):
            self._device.client.reopen(self._deadlines.replug_s)
        elif isinstance(error, LinkTimeout):
            self._device.board.reset_and_run()
        self._device.handshake()
        self._inputs.forget()


def _in_short(error: HarnessError) -> str:
    if isinstance(error, LinkClosed):
        return "the port was closed and opened again"
    if isinstance(error, LinkTimeout):
        return f"the device was mute for {error.deadline_s:g} s and was reset"
    return "the device had been reset"
