"""A session as a record of the store, under quantities of its own."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import harness
from harness.bench.mlperf.energy import by_the_rules, session_energy
from harness.bench.mlperf.scoring import Score, throughputs
from harness.bench.mlperf.session import Answer, Step
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.mlperf import SHORTEST_WINDOW_S, Benchmark, DeviceNames, Metric, Mode
from harness.domain.power import Invalid
from harness.domain.record import SESSION, CaseRecord, CaseStatus
from harness.domain.units import Fidelity, Unit

UNKNOWN = "(device)"
"""Kernel set, build variant and core of a device that does not tell them."""


@dataclass(frozen=True)
class Peer:
    """Who answers a session: what the device says, and what is known of a target of the harness.

    `known` are fields of the record, `known_fidelity` is the target's.
    """

    names: DeviceNames
    known: Mapping[str, Any] = field(default_factory=dict)
    known_fidelity: Fidelity | None = None

    @property
    def fidelity(self) -> Fidelity:
        """Silicon unless the device or its target says otherwise: one word of doubt is enough."""
        if self.names.simulated or self.known_fidelity not in (None, Fidelity.SILICON):
            return Fidelity.SIMULATED
        return Fidelity.SILICON


def session_record(
    benchmark: Benchmark,
    mode: Mode,
    peer: Peer,
    steps: Sequence[Step],
    answers: Sequence[Answer],
    score: Score | None,
    started: datetime,
    error: BaseException | None = None,
    raw: tuple[tuple[str, str], ...] = (),
) -> CaseRecord:
    """One record; with `error` a failed one, without readings. `raw` are kinds and hashes.

    What a simulated device gives stands under quantities ending in `_sim`: it is no latency, and
    compared with nothing.
    """
    fidelity = peer.fidelity
    readings: tuple[Reading, ...] = ()
    if error is None:
        found = _found(benchmark, mode, answers, score)
        readings = tuple(_stated(reading, fidelity) for reading in found)
    described = {
        "target_id": f"{SESSION}{peer.names.name}",
        "target_title": peer.names.profile,
        "core": UNKNOWN,
        "kernel_set": UNKNOWN,
        "variant": UNKNOWN,
        "tool_versions": (("harness", harness.__version__),),
    }
    return CaseRecord(
        **(described | dict(peer.known)),
        status=CaseStatus.OK if error is None else CaseStatus.FAILED,
        fidelity=fidelity,
        model=benchmark.id,
        dataset=f"mlperf {mode.value}",
        dataset_sha256=hashlib.sha256(b"".join(step.data for step in steps)).hexdigest(),
        inputs=len(steps),
        warmup=answers[0].warmup if answers else 0,
        repeats=answers[0].inferences if answers else 0,
        started=started,
        finished=datetime.now(UTC),
        readings=readings,
        raw=raw,
        error_class=None if error is None else type(error).__name__,
        error_message=None if error is None else str(error) or "interrupted",
    )


def _found(
    benchmark: Benchmark, mode: Mode, answers: Sequence[Answer], score: Score | None
) -> list[Reading]:
    if mode is Mode.PERFORMANCE:
        return _throughput(answers)
    return _energy(answers) if mode is Mode.ENERGY else _quality(score, benchmark)


def _energy(answers: Sequence[Answer]) -> list[Reading]:
    """Joules per inference; windows of a simulation need not have the length the rules want."""
    quantity = "mlperf_energy"
    found = session_energy(answers)
    if isinstance(found, Invalid):
        return [Missing(quantity, f"{found.reason}: {found.detail}")]
    energy = by_the_rules(found)
    if isinstance(energy, Invalid):
        return [Missing(quantity, energy.detail)]
    joules = [window.energy_per_inference_j for window in energy.windows]
    return [
        Measurement(
            quantity=quantity,
            value=energy.energy_j,
            unit=Unit.JOULES,
            n=len(joules),
            minimum=min(joules),
            maximum=max(joules),
            fidelity=Fidelity.SILICON,
            instrument=" ".join(filter(None, (energy.meter.model, energy.meter.serial))),
            method=f"alignment {energy.way}; {energy.voltage_v:.3g} V; MLPerf Tiny energy: "
            f"median of {len(joules)} windows of {answers[0].inferences} inferences",
        )
    ]


def _throughput(answers: Sequence[Answer]) -> list[Reading]:
    quantity = "mlperf_throughput"
    rates = throughputs(answers)
    shortest_s = min(answer.inference.elapsed_us for answer in answers) / 1e6
    if len(rates) != len(answers):
        return [Missing(quantity, "a window took no time by the device's laps")]
    if shortest_s < SHORTEST_WINDOW_S:
        return [
            Missing(
                quantity,
                f"a window took {shortest_s:.3f} s; the rules want {SHORTEST_WINDOW_S:g} s",
            )
        ]
    return [
        Measurement(
            quantity=quantity,
            value=statistics.median(rates),
            unit=Unit.INFERENCES_PER_SECOND,
            n=len(rates),
            minimum=min(rates),
            maximum=max(rates),
            fidelity=Fidelity.SILICON,
            instrument="m-lap-us",
            method=f"MLPerf Tiny performance: median of {len(rates)} windows of "
            f"{answers[0].inferences} inferences",
        )
    ]


def _quality(score: Score | None, benchmark: Benchmark) -> list[Reading]:
    top1 = None if score is None else score.top1
    area = None if score is None else score.auc
    return [
        *_fraction("mlperf_accuracy", top1, score, "top-1 of the mean result of each file"),
        *(
            _fraction("mlperf_auc", area, score, "area under the ROC curve, rank sum")
            if benchmark.metric is Metric.AUC
            else []
        ),
    ]


def _fraction(
    quantity: str, value: float | None, score: Score | None, method: str
) -> list[Reading]:
    if value is None or score is None:
        return [Missing(quantity, "one result per inference, or a class without files")]
    return [
        Measurement(
            quantity=quantity,
            value=value,
            unit=Unit.FRACTION,
            n=score.files,
            minimum=value,
            maximum=value,
            fidelity=Fidelity.SILICON,
            instrument="m-results",
            method=f"MLPerf Tiny accuracy: {method}",
        )
    ]


def _stated(reading: Reading, fidelity: Fidelity) -> Reading:
    """Give a reading its fidelity, and a simulated one a name that nothing else looks for."""
    if fidelity is Fidelity.SILICON:
        return reading
    quantity = f"{reading.quantity}_sim"
    if isinstance(reading, Missing):
        return replace(reading, quantity=quantity)
    return replace(reading, quantity=quantity, fidelity=fidelity)
