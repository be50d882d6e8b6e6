"""A board in real time, a sensor that sees no pin, and windows that the clocks alone place."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from builders.host_firmware import served
from plain_image import Image

from harness.bench.energy import EnergyStage
from harness.domain.energy import Alignment, EnergySummary
from harness.domain.energy_asked import EnergyAsked
from harness.domain.metering import EnergyFound
from harness.domain.power import Invalid, Reason, Sync
from harness.link import DeviceClient, open_port
from harness.power.kinds import open_meter
from harness.power.metering import metering
from harness.power.traces.npz import trace_of

# As programs/real_time.c has it.
ACTIVE_A, IDLE_A, VOLTS = 60e-3, 12e-3, 3.3
WINDOWS, WINDOW_S = 2, 1.2
DEADLINE_S = 10.0
TRIES = 4
BUSY = {Reason.LOW_COVERAGE, Reason.WINDOW_TOO_SHORT}


def measured(program: Path, sensor: Path, edges: Path) -> tuple[EnergyFound, np.ndarray]:
    """Run the energy stage; give what it found and the true edges of the windows that count."""
    with served(program, Image().encode(), 80) as url, open_port(url, 115200) as port:
        client = DeviceClient(port)
        identity = client.hello(DEADLINE_S)
        client.describe(DEADLINE_S)
        client.write_input(bytes(16))
        with metering(
            open_meter(f"hwmon:{sensor}"), None, pause=lambda s: time.sleep(min(s, 0.1))
        ) as board:
            assert board.sync is Sync.NONE
            asked = EnergyAsked(windows=WINDOWS, window_s=WINDOW_S)
            hz = identity.counter_hz
            stage = EnergyStage(client, board, asked, counter_hz=hz, inference_s=2.0)
            found = stage.measure(warmup=0)
        told = [int(line) / 1e9 for line in edges.read_text().splitlines()]
    return found, np.array(told[-2 * WINDOWS :]).reshape(-1, 2)


def test_energy_by_markers_is_the_one_worked_out(
    timed_firmware: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The board's clock is 400 ppm fast and wraps meanwhile.

    A host that is too busy to read the sensor for each sample, or to time an inference, gets no
    number, and tries again.
    """
    (tmp_path / "curr1_input").write_text("012\n")
    (tmp_path / "in1_input").write_text("3300\n")
    monkeypatch.setenv("CURRENT_FILE", str(tmp_path / "curr1_input"))
    monkeypatch.setenv("EDGES_FILE", str(tmp_path / "edges"))
    for _ in range(TRIES):
        found, true = measured(timed_firmware, tmp_path, tmp_path / "edges")
        energy = found.reading
        if not isinstance(energy, Invalid) or energy.reason not in BUSY:
            break
    assert isinstance(energy, EnergySummary), energy
    assert energy.alignment is Alignment.MARKER
    trace = trace_of(found.trace)
    assert trace.started_s is not None
    assert len(found.windows) == WINDOWS
    for window, (began, ended) in zip(found.windows, true, strict=True):
        placed = np.array((window.first, window.end)) / trace.rate_hz + trace.started_s
        assert np.abs(placed - (began, ended)).max() <= window.edge_error_s
        # A sample of 10 ms, and what sensor and link leave open.
        assert 0.01 < window.edge_error_s < 0.2
    joules = VOLTS * ACTIVE_A * float(np.median(true[:, 1] - true[:, 0]))
    per_inference = joules / energy.windows[0].inferences
    edges = next(part.relative for part in energy.budget if part.name == "edges of the window")
    assert abs(energy.energy_j / per_inference - 1) <= 2 * edges
    assert abs(energy.energy_j - per_inference) <= energy.expanded_j
