"""The harness's own format: all that a trace holds, in a compressed numpy archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from harness.domain.power import (
    Accuracy,
    Edge,
    Invalid,
    MeterInfo,
    Reason,
    Trace,
)
from harness.power.traces import ImportOptions

SUFFIXES = (".npz",)
KIND = "power-trace"
VERSION = 1
Arrays = Mapping[str, np.ndarray]


def arrays_of(trace: Trace) -> dict[str, np.ndarray]:
    """Arrays that hold a trace: samples, and a description as JSON in bytes."""
    about = {
        "version": VERSION,
        "rate_hz": trace.rate_hz,
        "voltage_v": trace.voltage_v if isinstance(trace.voltage_v, float) else None,
        "info": asdict(trace.info),
        "accuracy": asdict(trace.accuracy),
        "max_current_a": trace.max_current_a,
        "channel_names": trace.channel_names,
        "edges": [asdict(edge) for edge in trace.edges],
        "triggered": trace.triggered,
        "faults": [asdict(fault) for fault in trace.faults],
        "warnings": trace.warnings,
        "origin": trace.origin,
        "started_s": trace.started_s,
        "earliest_s": trace.earliest_s,
        "host_time": trace.host_time,
    }
    text = json.dumps(about, sort_keys=True).encode()
    arrays: dict[str, np.ndarray] = {
        "about": np.frombuffer(text, np.uint8),
        "current_a": trace.current_a.astype(np.float32),
        "flags": trace.flags,
    }
    if trace.logic is not None:
        arrays["logic"] = trace.logic
    if not isinstance(trace.voltage_v, float):
        arrays["voltage_v"] = trace.voltage_v.astype(np.float32)
    return arrays


def trace_of(arrays: Arrays) -> Trace:
    """The trace that such arrays hold.

    Raises:
        KeyError, ValueError: they hold none, or one of a later version.
    """
    about: dict[str, Any] = json.loads(bytes(arrays["about"]).decode())
    if about["version"] > VERSION:
        raise ValueError(f"trace version {about['version']}, this program reads up to {VERSION}")
    volts = about["voltage_v"]
    return Trace(
        rate_hz=about["rate_hz"],
        current_a=np.asarray(arrays["current_a"]),
        voltage_v=np.asarray(arrays["voltage_v"]) if volts is None else float(volts),
        flags=np.asarray(arrays["flags"]),
        logic=np.asarray(arrays["logic"]) if "logic" in arrays else None,
        info=MeterInfo(**about["info"]),
        accuracy=Accuracy(**about["accuracy"]),
        max_current_a=about["max_current_a"],
        channel_names=tuple(about["channel_names"]),
        edges=tuple(Edge(**edge) for edge in about["edges"]),
        triggered=about["triggered"],
        faults=tuple(
            Invalid(Reason(fault["reason"]), fault["detail"], fault["hint"])
            for fault in about["faults"]
        ),
        warnings=tuple(about["warnings"]),
        origin=about["origin"],
        started_s=about["started_s"],
        earliest_s=about.get("earliest_s"),
        host_time=about.get("host_time", False),
    )


def read(path: Path, options: ImportOptions) -> Trace:
    """Read an archive written by `arrays_of`; nothing needs to be told."""
    with np.load(path, allow_pickle=False) as archive:
        return trace_of(dict(archive))
