"""One case from build to record; whatever happens, there is exactly one record."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.bench.bring_up import Device, bring_up, fitted
from harness.bench.events import (
    Computed,
    Flashing,
    InputsDone,
    Listener,
    Note,
    Stage,
    StageStarted,
    nobody,
)
from harness.bench.facts import device_facts, facts_before, firmware_facts, headers, link_facts
from harness.bench.fallback import fallback_share, no_fallback
from harness.bench.inputs import ByProbe, Inputs
from harness.bench.operator_kernels import operator_kernels
from harness.bench.prepare import Prepared
from harness.bench.rig import Rig
from harness.bench.steady import Steady
from harness.bench.stream import Answers, stream
from harness.bench.verdict import accuracy, agreement, counts, typed_outputs
from harness.domain.fallback import FALLBACK_SHARE
from harness.domain.firmware import Firmware
from harness.domain.image import ModelImage
from harness.domain.kernel_code import OperatorKernel
from harness.domain.measurement import Missing, Reading
from harness.domain.plan import InputsBy
from harness.domain.record import CaseRecord, CaseStatus
from harness.errors import HarnessError, RigError
from harness.model import start_reference

REFERENCE_DEADLINE_S = 3600.0


class CaseRun:
    """A running case: gathers what becomes known, and turns it into a record at the end."""

    def __init__(
        self, prepared: Prepared, rig: Rig, on_event: Listener, now: Callable[[], datetime]
    ) -> None:
        self._prepared = prepared
        self._rig = rig
        self._on_event = on_event
        self._now = now
        self._known = facts_before(prepared)
        self._started = now()
        self._share: Reading | None = None

    def run(self) -> CaseRecord:
        """Run the case and return its record.

        Raises:
            HarnessError: what went wrong; `failed` then gives the record.
        """
        case, dataset = self._prepared.case, self._prepared.dataset
        fitted(self._prepared.image, case.target)  # known before anything is built
        self._stage(Stage.BUILD)
        firmware = self._rig.build(case.target, case.kernel_set, case.variant, self._tell)
        self._known |= firmware_facts(firmware)
        kernels = operator_kernels(self._prepared.network, self._rig.read_kernels(firmware))
        self._known["operator_kernels"] = kernels
        reference = start_reference(
            case.model.path,
            dataset.inputs,
            model_sha256=self._prepared.network.source_sha256,
            dataset_sha256=dataset.sha256,
            cache_dir=self._rig.cache_dir / "reference",
        )
        try:
            image, answers = self._on_device(firmware, kernels)
            self._stage(Stage.VERIFY)
            expected = reference.result(REFERENCE_DEADLINE_S)
        finally:
            reference.cancel()
        self._known["tool_versions"] += (("litert", reference.version),)
        outputs = typed_outputs(answers, image)
        self._known |= self._readings(answers, image, outputs, expected)
        return self._record(CaseStatus.OK)

    def _on_device(
        self, firmware: Firmware, kernels: Sequence[OperatorKernel]
    ) -> tuple[ModelImage, Answers]:
        """Count all inputs, then measure the share of fallbacks: its failure costs no count."""
        case, dataset = self._prepared.case, self._prepared.dataset
        try:
            with (
                work_dir() as folder,
                bring_up(
                    case.target,
                    firmware,
                    self._prepared.network,
                    self._rig,
                    folder,
                    self._stage,
                    self._flashing,
                ) as device,
            ):
                image = device.image
                self._known |= device_facts(device, case.target.counter.per_tick)
                self._known["tool_versions"] += headers(firmware)
                self._stage(Stage.STREAM)
                size = image.outputs[0].nbytes
                absent = device.at.no_counter
                steady = Steady(device, self._rig.deadlines, self._inputs(device))
                try:
                    answers = stream(steady, case, dataset, size, self._done, absent)
                finally:
                    self._known |= link_facts(steady)
                self._on_event(Computed(steady.computing_s))
                if firmware.library:
                    self._share = self._shared(device, answers, firmware.library.name, kernels)
                self._stage(Stage.STOP)
        except HarnessError:
            # Through all that holds the device, which may be in doubt; but what was counted, was.
            if not isinstance(self._share, Missing):
                raise
        return image, answers

    def _inputs(self, device: Device) -> Inputs | None:
        if self._prepared.case.inputs_by is InputsBy.LINK:
            return None
        return ByProbe(device, [sample.tobytes() for sample in self._prepared.dataset.inputs])

    def _shared(
        self, device: Device, answers: Answers, library: str, kernels: Sequence[OperatorKernel]
    ) -> Reading:
        case = self._prepared.case
        if not any(kernel.fallback for kernel in kernels):
            return no_fallback(case.target, library)
        if answers.no_counter:
            return Missing(FALLBACK_SHARE, answers.no_counter)
        self._stage(Stage.FALLBACK)
        try:
            return fallback_share(
                device.client, case, answers, kernels, self._rig.deadlines.inference_s
            )
        except HarnessError as error:
            self._share = Missing(FALLBACK_SHARE, f"no profile: {error.what}")
            raise

    def failed(self, error: BaseException) -> CaseRecord:
        """The record of a case that ended with `error`: no readings, whatever came before."""
        self._known.pop("readings", None)
        return self._record(
            CaseStatus.FAILED,
            error_class=type(error).__name__,
            error_message=str(error) or "interrupted",
        )

    def _readings(
        self, answers: Answers, image: ModelImage, outputs: Any, expected: Any
    ) -> dict[str, Any]:
        target = self._prepared.case.target
        return {
            "link_interrupts": answers.link_interrupts,
            "readings": (
                counts(answers, target),
                accuracy(outputs, self._prepared.dataset, image, target),
                *agreement(outputs, expected, target),
                *([self._share] if self._share else []),
                *self._prepared.known,
            ),
        }

    def _record(self, status: CaseStatus, **more: Any) -> CaseRecord:
        return CaseRecord(
            status=status, started=self._started, finished=self._now(), **self._known, **more
        )

    def _stage(self, stage: Stage) -> None:
        self._on_event(StageStarted(stage))

    def _tell(self, text: str) -> None:
        self._on_event(Note(text))

    def _flashing(self, phase: str, fraction: float) -> None:
        self._on_event(Flashing(phase, fraction))

    def _done(self, done: int) -> None:
        self._on_event(InputsDone(done, len(self._prepared.dataset)))


def run_case(
    prepared: Prepared,
    rig: Rig,
    on_event: Listener,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[CaseRecord, HarnessError | KeyboardInterrupt | None]:
    """Run one case; return its record, and the error that ended it if one did."""
    running = CaseRun(prepared, rig, on_event, now)
    try:
        return running.run(), None
    except (HarnessError, KeyboardInterrupt) as error:
        return running.failed(error), error


def refused_case(
    prepared: Prepared,
    rig: Rig,
    error: HarnessError,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> CaseRecord:
    """Return the record of a case that is not run, because of `error`."""
    return CaseRun(prepared, rig, nobody, now).failed(error)


@contextmanager
def work_dir() -> Iterator[Path]:
    """A folder for the logs of one case; kept where a RigError names files in it.

    Raises:
        RigError: it cannot be made.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="harness-"))
    except OSError as error:
        raise RigError(
            f"no folder for logs can be made: {error.strerror}",
            where=tempfile.gettempdir(),
            hint="Free some space there, or set TMPDIR to another folder.",
        ) from error
    keep = False
    try:
        yield folder
    except RigError:
        keep = True
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
