"""Energy as the last thing that a case measures: its rig, its readings, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.bench.bring_up import Device
from harness.bench.energy import EnergyStage
from harness.bench.energy_readings import energy_readings, no_energy
from harness.bench.events import EnergyMeasured, Event, Stage, StageStarted
from harness.bench.rig import Rig
from harness.domain.coordinates import Coordinates
from harness.domain.energy import OperatorEnergy
from harness.domain.kernel_code import OperatorKernel
from harness.domain.measurement import Reading
from harness.domain.metering import EnergyFound, Metering
from harness.domain.plan import Case
from harness.domain.power import Invalid
from harness.domain.target import Target
from harness.errors import EnergyMissing
from harness.results.case_pictures import CURRENT
from harness.results.case_raw import POWER_BOARD, POWER_TRACE, POWER_WINDOWS
from harness.results.power_facts import board_arrays
from harness.results.raw import Arrays

PROBE_NOTE = "probe released: the core ran undebugged while its current was measured"


class CaseEnergy:
    """What a meter says of one case.

    `rig` starts the meter with the target. `readings` and `raw` are empty where no energy is asked
    for.
    """

    def __init__(self, case: Case, rig: Rig) -> None:
        self._case = case
        self._power = rig.power
        self.rig = rig if rig.power is None else replace(rig, start=self._start)
        self.readings: tuple[Reading, ...] = ()
        self.raw: dict[str, Arrays] = {}
        self.versions: tuple[tuple[str, str], ...] = ()
        self._metering: Metering | str | None = None
        self._missing: tuple[str, str] | None = None

    @property
    def metering(self) -> Metering | str | None:
        """The meter of the running target, why there is none, or None where nobody asked."""
        return self._metering

    @contextmanager
    def _start(self, target: Target, folder: Path) -> Iterator[Coordinates]:
        assert self._power is not None
        with self._power.start(target, folder) as (at, metering):
            self._metering = metering
            yield at

    def run(
        self,
        device: Device,
        kernels: tuple[OperatorKernel, ...],
        inference_s: float,
        on_event: Callable[[Event], None],
    ) -> None:
        """Measure the energy of what the device holds; a failure is a reading, and no error.

        Raises:
            RigError: the probe cannot be let go of.
        """
        if self._power is None or self._metering is None:
            return
        if isinstance(self._metering, str):
            self._missing = self._metering, "Name a meter with --power-meter, or in rig.toml."
            self.readings = (no_energy(self._metering, self._case.target.fidelity),)
            return
        on_event(StageStarted(Stage.ENERGY))
        device.let_go()
        stage = EnergyStage(
            device.client,
            self._metering,
            self._power.asked,
            counter_hz=device.identity.counter_hz,
            inference_s=inference_s,
        )
        found = stage.measure(self._case.warmup)
        on_event(EnergyMeasured(found.reading))
        self.readings = energy_readings(found.reading, self._case.target.fidelity)
        operators = None
        if not isinstance(found.reading, Invalid):
            operators = stage.operators(len(kernels), found.reading.energy_j)
        self.raw = energy_raw(found, operators, kernels)
        self.versions = (("power-meter", _meter(self._metering)),)
        if isinstance(found.reading, Invalid):
            reason = f"{found.reading.reason}: {found.reading.detail}"
            self._missing = reason, found.reading.hint or "Measure again."

    def require(self) -> None:
        """Raise where there is no energy, and one is required.

        Raises:
            EnergyMissing: with the reason.
        """
        if self._missing and self._power and self._power.asked.required:
            reason, hint = self._missing
            raise EnergyMissing(f"no energy: {reason}", where=self._case.label, hint=hint)


def _meter(metering: Metering) -> str:
    info = metering.info
    parts = (info.model, info.serial, info.firmware and f"firmware {info.firmware}", PROBE_NOTE)
    return "; ".join((" ".join(filter(None, parts[:3])), parts[3]))


def energy_raw(
    found: EnergyFound,
    operators: tuple[OperatorEnergy, ...] | Invalid | None = None,
    kernels: tuple[OperatorKernel, ...] = (),
) -> dict[str, Arrays]:
    """What is kept of an energy, by kind: what is drawn, and all that another analysis needs."""
    raw: dict[str, Arrays] = {}
    if found.picture:
        raw[CURRENT] = {**found.picture, **_operators(operators, kernels)}
    if len(found.traces) == 1:
        raw[POWER_TRACE] = found.traces[0]
    else:
        raw |= {f"{POWER_TRACE}-{n}": trace for n, trace in enumerate(found.traces, start=1)}
    if found.board is not None:
        raw[POWER_BOARD] = board_arrays(found.board)
    if not isinstance(found.reading, Invalid):
        joules = [one.energy_per_inference_j for one in found.reading.windows]
        raw[POWER_WINDOWS] = {"energy_per_inference": np.array(joules, np.float64)}
    return raw


def _operators(
    operators: tuple[OperatorEnergy, ...] | Invalid | None, kernels: tuple[OperatorKernel, ...]
) -> Mapping[str, np.ndarray[Any, np.dtype[Any]]]:
    """Joules of each operator or group, NaN where it has none; or why there are none at all."""
    if operators is None:
        return {}
    if isinstance(operators, Invalid):
        return {"no_operators": np.array(f"{operators.reason}: {operators.detail}")}
    names = [kernel.operator for kernel in kernels]
    joules = [np.nan if isinstance(one.energy_j, Invalid) else one.energy_j for one in operators]
    return {
        "operator_energy": np.array(joules, np.float64),
        "operator_time": np.array([one.time_s for one in operators], np.float64),
        "operator_name": np.array([one.name(names) for one in operators], np.str_),
    }
