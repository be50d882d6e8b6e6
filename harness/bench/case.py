"""One case from build to record; whatever happens, there is exactly one record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from harness.bench import facts
from harness.bench.bring_up import Device, bring_up, fitted
from harness.bench.case_energy import CaseEnergy
from harness.bench.case_extras import NO_EXTRAS, Extras
from harness.bench.case_raw_kept import raw_by_kind
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
from harness.bench.inputs import ByProbe, Inputs
from harness.bench.link_rate import raised_rate
from harness.bench.needed_flash import needed_flash
from harness.bench.operator_kernels import operator_kernels
from harness.bench.operator_pass import OperatorPass
from harness.bench.prepare import Prepared
from harness.bench.rig import Rig
from harness.bench.steady import Steady
from harness.bench.stream import Answers, stream
from harness.bench.verdict import accuracy, agreement, counts, typed_outputs
from harness.bench.work_dir import work_dir
from harness.domain.firmware import Firmware
from harness.domain.image import ModelImage
from harness.domain.kernel_code import OperatorKernel
from harness.domain.measurement import Reading
from harness.domain.plan import InputsBy
from harness.domain.record import CaseRecord, CaseStatus
from harness.errors import HarnessError
from harness.model import start_reference

REFERENCE_DEADLINE_S = 3600.0


class CaseRun:
    """A running case: gathers what becomes known, and turns it into a record at the end."""

    def __init__(
        self,
        prepared: Prepared,
        rig: Rig,
        on_event: Listener,
        now: Callable[[], datetime],
        extras: Extras,
    ) -> None:
        self._prepared = prepared
        self._rig = rig
        self._on_event = on_event
        self._now = now
        self._known = facts.facts_before(prepared)
        self._started = now()
        self._extras = extras
        self._sizes: tuple[Reading, ...] = ()

    def run(self) -> CaseRecord:
        """Run the case and return its record.

        Raises:
            HarnessError: what went wrong; `failed` then gives the record.
        """
        case, dataset = self._prepared.case, self._prepared.dataset
        fitted(self._prepared.image, case.target)  # known before anything is built
        self._stage(Stage.BUILD)
        firmware = self._rig.build(case.target, case.kernel_set, case.variant, self._tell)
        self._known |= facts.firmware_facts(firmware)
        operators = self._prepared.image.operators
        linked = self._rig.read_kernels(firmware)
        kernels = operator_kernels(operators, linked)
        self._known["operator_kernels"] = kernels
        self._sizes = (needed_flash(firmware, linked, operators, case.target),)
        reference = start_reference(
            case.model.path,
            dataset.inputs,
            model_sha256=self._prepared.network.source_sha256,
            dataset_sha256=dataset.sha256,
            cache_dir=self._rig.cache_dir / "reference",
            options=case.model.options,
            sequence=dataset.sequence,
        )
        try:
            # One more inference of a sequence would not be the last one again.
            after = OperatorPass(
                case,
                firmware.library,
                () if dataset.sequence else kernels,
                wanted=self._extras.profile and not dataset.sequence,
            )
            energy = CaseEnergy(case, self._rig)
            image, answers = self._on_device(firmware, after, energy, kernels)
            self._stage(Stage.VERIFY)
            expected = reference.result(REFERENCE_DEADLINE_S)
        finally:
            reference.cancel()
        whose = reference.compared_with
        self._known["tool_versions"] += ((whose.name, whose.version),)
        outputs = typed_outputs(answers, image)
        self._known |= self._readings(answers, image, outputs, expected, after, energy)
        if keep := self._extras.keep_raw:
            kept = raw_by_kind(self._prepared, answers, outputs.dtype.name, after, kernels)
            self._known["raw"] = tuple(
                (kind, keep(kind, arrays)) for kind, arrays in (kept | energy.raw).items()
            )
        energy.require()
        return self._record(CaseStatus.OK)

    def _on_device(
        self,
        firmware: Firmware,
        after: OperatorPass,
        energy: CaseEnergy,
        kernels: tuple[OperatorKernel, ...],
    ) -> tuple[ModelImage, Answers]:
        """Count all inputs, then each operator: the failure of that costs no count; then joules."""
        case, dataset = self._prepared.case, self._prepared.dataset
        deadlines = self._rig.deadlines
        try:
            with (
                work_dir() as folder,
                bring_up(
                    case.target,
                    firmware,
                    self._prepared.network,
                    energy.rig,
                    folder,
                    self._stage,
                    self._flashing,
                ) as device,
            ):
                image = device.image
                self._known |= facts.device_facts(device, case.target.counter.per_tick)
                self._known["tool_versions"] += facts.headers(firmware)
                self._stage(Stage.STREAM)
                size = sum(output.nbytes for output in image.outputs)
                agreed = raised_rate(device, case.target, deadlines)
                self._known["tool_versions"] += facts.link_rate(agreed, case.target)
                steady = Steady(
                    device, deadlines, self._inputs(device), agreed.trouble, once=dataset.sequence
                )
                try:
                    answers = stream(steady, case, dataset, size, self._done, device.at.no_counter)
                finally:
                    self._known |= facts.link_facts(steady)
                self._on_event(Computed(steady.computing_s))
                after.run(device.client, answers, deadlines.inference_s, self._stage)
                energy.run(device, kernels, deadlines.inference_s, self._on_event)
                self._known["tool_versions"] += energy.versions
                self._stage(Stage.STOP)
        except HarnessError:
            # Through all that holds the device, which may be in doubt; but what was counted, was.
            if not after.trouble:
                raise
            if self._extras.profile:
                self._known["incidents"] = "; ".join([*steady.incidents, after.trouble])
        return image, answers

    def _inputs(self, device: Device) -> Inputs | None:
        if self._prepared.case.inputs_by is InputsBy.LINK:
            return None
        return ByProbe(device, [sample.tobytes() for sample in self._prepared.dataset.inputs])

    def failed(self, error: BaseException) -> CaseRecord:
        """The record of a case that ended with `error`: no readings, whatever came before."""
        self._known.pop("readings", None)
        return self._record(
            CaseStatus.FAILED,
            error_class=type(error).__name__,
            error_message=str(error) or "interrupted",
        )

    def _readings(
        self,
        answers: Answers,
        image: ModelImage,
        outputs: Any,
        expected: Any,
        after: OperatorPass,
        energy: CaseEnergy,
    ) -> dict[str, Any]:
        target = self._prepared.case.target
        return {
            "link_interrupts": answers.link_interrupts,
            "readings": (
                counts(answers, target),
                accuracy(outputs, self._prepared.dataset, image, target),
                *agreement(outputs, expected, target),
                *([after.share] if after.share else []),
                *energy.readings,
                *self._sizes,
                *self._prepared.known,
            ),
        }

    def _record(self, status: CaseStatus, **more: Any) -> CaseRecord:
        return CaseRecord(
            status=status, started=self._started, finished=self._now(), **self._known, **more
        )

    def _stage(self, stage: Stage) -> None:
        self._on_event(StageStarted(stage))

    def _flashing(self, phase: str, fraction: float) -> None:
        self._on_event(Flashing(phase, fraction))

    def _tell(self, text: str) -> None:
        self._on_event(Note(text))

    def _done(self, done: int) -> None:
        self._on_event(InputsDone(done, len(self._prepared.dataset)))


def run_case(
    prepared: Prepared,
    rig: Rig,
    on_event: Listener,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    extras: Extras = NO_EXTRAS,
) -> tuple[CaseRecord, HarnessError | KeyboardInterrupt | None]:
    """Run one case; return its record, and the error that ended it if one did."""
    running = CaseRun(prepared, rig, on_event, now, extras)
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
    return CaseRun(prepared, rig, nobody, now, NO_EXTRAS).failed(error)
