"""The sequence of one session: each input loaded and inferred, and said again where disturbed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

from harness.domain.energy import EnergyReading
from harness.domain.metering import EnergyFound
from harness.domain.mlperf import (
    WINDOWS,
    Benchmark,
    DeviceNames,
    Inference,
    Mode,
    Sample,
    Truth,
)
from harness.errors import ConfigError, DeviceError, LinkTimeout, WrongImage
from harness.link.mlperf import Disturbed, MlperfClient

TRIES = 4


@dataclass(frozen=True)
class Step:
    """One `infer`: window `segment` of a sample's file."""

    truth: Truth
    segment: int
    segments: int
    data: bytes


@dataclass(frozen=True)
class Answer:
    """What a step gave; it was said `tries` times.

    `energy` is what a meter said of its window, `recording` what keeps that whole.
    """

    step: Step
    inference: Inference
    inferences: int
    warmup: int
    tries: int
    energy: EnergyReading | None = None
    recording: EnergyFound | None = field(default=None, repr=False)


SessionEvent = Callable[[str], None]


def sequence(samples: Sequence[Sample], mode: Mode) -> list[Step]:
    """All windows of all samples, or the first window of each of the first five samples.

    A set of fewer samples is begun anew.

    Source: mlcommons/tiny, benchmark/runner, script.py and datasets.py: a download without an index
    takes the next file of the set, and outside accuracy its first window only.
    """
    if mode is not Mode.ACCURACY:
        firsts = [Step(sample.truth, 0, 1, sample.windows[0]) for sample in samples]
        return list(islice(cycle(firsts), WINDOWS))
    return [
        Step(sample.truth, segment, len(sample.windows), data)
        for sample in samples
        for segment, data in enumerate(sample.windows)
    ]


class Session:
    """A device under test, from its names to its last answer.

    Args:
        client: of the device; `names` are what it said at first.
        inferences, warmup: of each `infer`.
        verify: read each input back from the device before it is used.
        tell: hears one line per thing worth telling.
    """

    def __init__(
        self,
        client: MlperfClient,
        names: DeviceNames,
        inferences: int,
        warmup: int,
        *,
        verify: bool = False,
        tell: SessionEvent = lambda line: None,
    ) -> None:
        self._client = client
        self._names = names
        self._inferences = inferences
        self._warmup = warmup
        self._verify = verify
        self._tell = tell
        self.energy: EnergyReading | None = None
        self.recording: EnergyFound | None = None
        self.repeated = 0
        """Steps that were said again from their beginning."""

    def run(self, step: Step) -> Answer:
        """Load and infer; what disturbs it is told, and the step said again.

        A repeated step is loaded anew and its first answer dropped, so no inference counts twice.

        Raises:
            DeviceError: the device never takes it.
            WrongImage: after a disturbance another device or model answers.
            LinkTimeout, LinkClosed: no answer.
        """
        for attempt in range(1, TRIES + 1):
            try:
                found = self._once(step)
                asked = (self._inferences, self._warmup)
                return Answer(step, found, *asked, attempt, self.energy, self.recording)
            except (Disturbed, LinkTimeout) as error:
                self._tell(f"repeated: {error.what}")
                last = error
                self.repeated += 1
                self._recover()
        if isinstance(last, LinkTimeout):
            raise last
        raise DeviceError(
            f"{last.what} (said {TRIES} times)", where=last.where, hint=last.hint
        ) from last

    def _once(self, step: Step) -> Inference:
        self._client.load(step.data)
        if self._verify and self._client.stored(len(step.data)) != step.data:
            raise Disturbed(
                f"the device holds other bytes than were sent of {step.truth.file}",
                hint="Check cable and baud rate.",
            )
        found = self._infer()
        if len(found.results) not in (1, step.truth.classes):
            raise Disturbed(
                f"{len(found.results)} results for {step.truth.classes} classes",
                hint="Use the data set that belongs to the model on the device.",
            )
        return found

    def _infer(self) -> Inference:
        return self._client.infer(self._inferences, self._warmup)

    def _recover(self) -> None:
        names = self._client.identify()
        if names != self._names:
            raise WrongImage(
                f"the device is now {names.name} with {names.model}, it was "
                f"{self._names.name} with {self._names.model}",
                hint="Start the session again with one device on the port.",
            )


def require_model(names: DeviceNames, benchmark: Benchmark) -> None:
    """Refuse a device that runs another benchmark's model.

    Raises:
        ConfigError: naming both.
    """
    if names.model != benchmark.id:
        raise ConfigError(
            f"the device runs {names.model}, not {benchmark.id}",
            where=names.name,
            hint=f"Say --benchmark {names.model}, or flash the firmware of {benchmark.id}.",
        )
