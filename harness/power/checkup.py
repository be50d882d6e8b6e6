"""Whether a meter can be used: what answers, how it is calibrated, and whether samples come."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.domain.checkup import Finding, State
from harness.domain.power import CaptureConfig, Trace
from harness.errors import RigError
from harness.power.analysis.levels import edges_of
from harness.power.kinds import open_meter
from harness.power.options import MeterOptions
from harness.power.recording import opened, record

PART = "power"
SECONDS = 0.5


def meter_checkup(address: str, options: MeterOptions | None = None) -> Iterator[Finding]:
    """Open the meter at `address` and sample for half a second; its output is not switched on."""
    meter = open_meter(address, options)
    try:
        with opened(meter):
            info = meter.info
            yield Finding(PART, info.model, State.OK, info.firmware, info.address or address)
            trace = record(meter, CaptureConfig(), SECONDS)
    except RigError as error:
        yield Finding(
            PART,
            address,
            State.FAULTY,
            note=f"{type(error).__name__}: {error.what}",
            mend=error.hint or "Check the meter.",
            exit_code=error.exit_code,
        )
        return
    yield from _samples(trace)


def _samples(trace: Trace) -> Iterator[Finding]:
    for warning in trace.warnings:
        yield Finding(PART, "warning", State.OPTIONAL, note=warning)
    faults = [str(fault).splitlines()[0] for fault in trace.faults]
    if faults or not len(trace):
        yield Finding(
            PART,
            "samples",
            State.FAULTY,
            note="; ".join(faults) or "none came",
            mend="Connect the meter without a hub, and unplug it once.",
            exit_code=RigError.exit_code,
        )
        return
    valid = int(np.isfinite(trace.current_a).sum())
    note = f"{len(trace)} at {trace.rate_hz:g} Hz, {len(trace) - valid} lost"
    yield Finding(PART, "samples", State.OK, note=note)
    yield _gate(trace)


def _gate(trace: Trace) -> Finding:
    if trace.logic is None:
        return Finding(PART, "gate", State.OPTIONAL, note="no sampled inputs; edges as events")
    rises, falls = edges_of(trace, 0)
    moved = len(rises) + len(falls)
    note = f"{moved} edges on {trace.channel_names[0] if trace.channel_names else 'input 0'}"
    return Finding(PART, "gate", State.OK if moved else State.OPTIONAL, note=note)
