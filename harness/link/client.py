"""The host's view of a device: who are you, what is loaded, take this input, run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from harness.domain.device import Identity, LoadedModel, ProfileReply, Reply
from harness.domain.link_speed import LinkSpeed
from harness.domain.measurement import Missing
from harness.domain.target import Region
from harness.errors import BuildError, DeviceError
from harness.link import messages
from harness.link.caller import Caller
from harness.link.calls import Call, Refused
from harness.link.messages import ERROR, REPLY, Request
from harness.link.overlap import overlapped, run_call
from harness.link.patience import Deadline
from harness.link.speed import measure_speed

INPUT_DEADLINE_S = 10.0
_FIRST_RETRY_S = 0.1
_LAST_RETRY_S = 1.0


class DeviceClient(Caller):
    """A device behind `port`.

    Args:
        port: an open port, see `open_port`.
        clock: seconds, monotonic; all deadlines are measured on it.
        on_idle: called a few times per second while waiting, and before a closed link is reported;
            may raise a better error, for example that the simulator ended.
        operators: names of the loaded image's operators in order, for error messages.
    """

    @property
    def frames_repeated(self) -> int:
        """Frames sent again so far, because they or their answers were lost."""
        return self._exchange.frames_repeated

    @property
    def bad_frames(self) -> int:
        """Damaged frames received so far."""
        return self._exchange.wire.bad_frames

    @property
    def computing_s(self) -> float:
        """Seconds so far in which nothing but the end of an inference was waited for."""
        return self._exchange.computing_s

    @property
    def stale_replies(self) -> int:
        """Replies to requests nobody waited for any more."""
        return self._exchange.stale_replies

    def reopen(self, wait_s: float) -> None:
        """Open the port anew after it was closed; `hello` comes next.

        Raises:
            LinkClosed: it did not come back within `wait_s` seconds.
        """
        self._exchange.wire.reopen(wait_s)

    def hello(self, deadline_s: float) -> Identity:
        """Ask who is there, again and again within `deadline_s`: the device may still be booting.

        Only the answer to the latest HELLO counts: when it is there, none is under way any more.

        Raises:
            VersionMismatch: the device speaks another version of the protocol.
            LinkTimeout, LinkClosed, BadFrame: no answer, or not one to HELLO.
        """
        link = self._exchange
        deadline = Deadline(link.clock, deadline_s)
        before = link.wire.progress
        call = Call(Request.HELLO, messages.hello_request(), "HELLO")
        link.synchronise()
        retry_s = _FIRST_RETRY_S
        while deadline.remaining() > 0:
            sequence = link.send(call)
            attempt = Deadline(link.clock, min(retry_s, deadline.remaining()))
            retry_s = min(2 * retry_s, _LAST_RETRY_S)
            while (frame := link.receive(attempt)) is not None:
                if frame.sequence == sequence and frame.type == Request.HELLO + REPLY:
                    self._identity = messages.decode_hello(frame.payload, self._where)
                    return self._identity
                if frame.sequence == sequence and frame.type == ERROR:
                    raise self._refused(Refused(call, frame.payload))
        raise link.wire.timed_out("HELLO", deadline, *before)

    def describe(self, deadline_s: float) -> LoadedModel:
        """Make the device check and load the image in its slot, and say what it is.

        Raises:
            WrongModel: no image, or one that is damaged.
            UnsupportedOperator: an operator without a kernel in this firmware.
            KernelRefused: a kernel that cannot do what one operator asks.
            DeviceFault: the processor took a fault while a kernel was prepared.
            ImageTooLarge: the arena does not hold it.
            LinkTimeout, LinkClosed, BadFrame: no answer, or not one to DESCRIBE.
        """
        (payload,) = self._call([Call(Request.DESCRIBE, b"", "DESCRIBE")], deadline_s)
        loaded = messages.decode_describe(payload, self._where)
        self._input_bytes = loaded.input_bytes
        return loaded

    def write_input(
        self, data: bytes, index: int = 0, deadline_s: float = INPUT_DEADLINE_S
    ) -> None:
        """Fill input `index` of the loaded model, from its first byte on.

        Raises:
            DeviceError: no such input, or more bytes than it has.
            LinkTimeout, LinkClosed, BadFrame: no answer, or not one to INPUT.
        """
        for payload in self._call(self._input_calls(data, index), deadline_s):
            messages.decode_input(payload, self._where)

    def run(self, warmup: int, repeats: int, deadline_s: float) -> Reply:
        """Run the loaded model `warmup` times unmeasured, then `repeats` measured times.

        When the answer is lost the device is asked again, and gives it without a second run.

        Raises:
            KernelRefused, Saturated, DeviceFault, WrongModel: the device could not.
            LinkTimeout, LinkClosed, BadFrame: no answer, or not one to RUN.
        """
        (payload,) = self._measure([run_call(warmup, repeats)], warmup + repeats, deadline_s)
        return messages.decode_run(payload, repeats, self._where)

    def pool(self, deadline_s: float = INPUT_DEADLINE_S) -> Region:
        """Where a debugger may write inputs of the loaded model: firmware/PROTOCOL.md, POOL.

        Raises:
            WrongModel: none is loaded.
            LinkTimeout, LinkClosed, BadFrame: no answer, or not one to POOL.
        """
        (payload,) = self._call([Call(Request.POOL, b"", "POOL")], deadline_s)
        return messages.decode_pool(payload, self._where)

    def run_sample(
        self, sample: int, crc32: int, warmup: int, repeats: int, deadline_s: float
    ) -> Reply:
        """As `run`, with the inputs that a debugger wrote to place `sample` of the pool.

        Raises:
            WrongInput: they do not have this CRC-32.
            As `run`.
        """
        payload = messages.run_sample_request(warmup, repeats, sample, crc32)
        call = Call(Request.RUN_SAMPLE, payload, "RUN_SAMPLE")
        (answer,) = self._measure([call], warmup + repeats, deadline_s)
        return messages.decode_run(answer, repeats, self._where)

    def profile(self, warmup: int, operators: int, deadline_s: float) -> ProfileReply:
        """Run the loaded model `warmup` times, then once with a window for each of its `operators`.

        It is run once, as `run`.

        Raises:
            KernelRefused, Saturated, DeviceFault, WrongModel: the device could not.
            DeviceError: more operators than the device can profile.
            LinkTimeout, LinkClosed, BadFrame: no answer, or not one to PROFILE.
        """
        call = Call(Request.PROFILE, messages.profile_request(warmup), "PROFILE")
        (payload,) = self._measure([call], warmup + 1, deadline_s)
        return messages.decode_profile(payload, operators, self._where)

    def infer(
        self, data: bytes, warmup: int = 0, repeats: int = 1, deadline_s: float = 60.0
    ) -> Reply:
        """Do `write_input` for all inputs and `run(warmup, repeats)` without waiting in between.

        `data` holds the inputs one behind the other.

        Raises:
            As `write_input` and `run`.
        """
        calls = [*self._sample_calls(data), run_call(warmup, repeats)]
        *inputs, last = self._measure(calls, warmup + repeats, deadline_s)
        for payload in inputs:
            messages.decode_input(payload, self._where)
        return messages.decode_run(last, repeats, self._where)

    def infer_each(self, samples: Iterable[bytes], deadline_s: float) -> Iterator[Reply]:
        """Run each sample once; while it computes, the next one already travels.

        So the link is active inside the windows, and their ticks measure nothing. Each answer may
        take `deadline_s`. A RUN is sent when the one before it is answered, and all of its own
        input: what was lost is repeated before anything else could take its place.

        Raises:
            As `write_input` and `run`.
        """
        patience = partial(self._silence_s, 1, deadline_s)
        deadline = Deadline(self._exchange.clock, deadline_s)
        inputs = (self._sample_calls(sample) for sample in samples)
        for answer in overlapped(self._exchange, inputs, self._window, deadline, patience):
            if isinstance(answer, Refused):
                raise self._refused(answer)
            self._slowest_s = max(self._slowest_s or 0.0, self._exchange.last_wait_s)
            yield messages.decode_run(answer, 1, self._where)

    def ask_rate(self, wanted: int, deadline_s: float) -> int:
        """Ask for `wanted` baud; return what the device changes to when it has said so, or 0.

        Raises:
            DeviceError: its firmware knows of no such request.
            LinkTimeout, LinkClosed, BadFrame: no answer, or not one to BAUD.
        """
        call = Call(Request.BAUD, messages.baud_request(wanted), "BAUD")
        (payload,) = self._call([call], deadline_s)
        return messages.decode_baud(payload, self._where)

    def use_rate(self, baud_rate: int) -> None:
        """Change the host's side of the link.

        Raises:
            LinkError: the port cannot.
        """
        self._exchange.wire.use_rate(baud_rate)

    def speed(self, baud_rate: int | None, deadline_s: float = INPUT_DEADLINE_S) -> LinkSpeed:
        """Measure the link, whose rate is `baud_rate` where it has one.

        Raises:
            LinkTimeout, LinkClosed, BadFrame: the device does not answer.
        """
        identity = self.hello(deadline_s)
        size: int | Missing
        try:
            size = self.describe(deadline_s).input_bytes[0]
        except (DeviceError, BuildError) as error:
            size = Missing("to_device", f"no model is loaded: {error.what}")
        return measure_speed(self._exchange, identity, size, baud_rate)
