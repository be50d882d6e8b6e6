"""A board in real time, a meter that sees no pin, and windows that the clocks alone place."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from builders.host_firmware import served
from devices.blind_meter import RATE_HZ, BlindMeter
from plain_image import Image

from harness.bench.energy import EnergyStage
from harness.domain.energy import Alignment, EnergySummary
from harness.domain.energy_asked import EnergyAsked
from harness.domain.metering import EnergyFound
from harness.domain.power import Invalid, Reason, Sync
from harness.link import DeviceClient, open_port
from harness.power.metering import metering

ACTIVE_A, IDLE_A, VOLTS = 60e-3, 12e-3, 3.3
WINDOWS, WINDOW_S = 2, 1.2
DEADLINE_S = 10.0
TRIES = 4


def measured(program: Path, edges: Path) -> tuple[EnergyFound, np.ndarray, np.ndarray]:
    """Run the energy stage; give what it found, and of the windows that count the true edges.

    Those in seconds, and in samples of the recording; both of shape (windows, 2).
    """
    with served(program, Image().encode(), 80) as url, open_port(url, 115200) as port:
        client = DeviceClient(port)
        identity = client.hello(DEADLINE_S)
        client.describe(DEADLINE_S)
        client.write_input(bytes(16))
        meter = BlindMeter(edges, ACTIVE_A, IDLE_A, VOLTS)
        with metering(meter, None, pause=lambda s: time.sleep(min(s, 0.1))) as board:
            assert board.sync is Sync.NONE
            asked = EnergyAsked(windows=WINDOWS, window_s=WINDOW_S)
            hz = identity.counter_hz
            stage = EnergyStage(client, board, asked, counter_hz=hz, inference_s=2.0)
            found = stage.measure(warmup=0)
        told = [int(line) / 1e9 for line in edges.read_text().splitlines()]
    true = np.array(told[-2 * WINDOWS :]).reshape(-1, 2)
    return found, true, meter.sample_at(true)


def test_energy_by_markers_is_the_one_worked_out(
    timed_firmware: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The board's clock is 400 ppm fast and wraps meanwhile.

    An inference that a busy host stretches makes the windows short, and there is another try.
    """
    monkeypatch.setenv("EDGES_FILE", str(tmp_path / "edges"))
    for _ in range(TRIES):
        found, true, samples = measured(timed_firmware, tmp_path / "edges")
        energy = found.reading
        if not isinstance(energy, Invalid) or energy.reason is not Reason.WINDOW_TOO_SHORT:
            break
    assert isinstance(energy, EnergySummary), energy
    assert energy.alignment is Alignment.MARKER
    assert len(found.windows) == WINDOWS
    for window, at in zip(found.windows, samples, strict=True):
        wrong_s = np.abs(np.array((window.first, window.end)) - at).max() / RATE_HZ
        assert wrong_s <= window.edge_error_s
        # The meter's delay and blocks, and what the link leaves open.
        assert 0.002 < window.edge_error_s < 0.2
    joules = VOLTS * ACTIVE_A * float(np.median(true[:, 1] - true[:, 0]))
    per_inference = joules / energy.windows[0].inferences
    edges = next(part.relative for part in energy.budget if part.name == "edges of the window")
    assert abs(energy.energy_j / per_inference - 1) <= 2 * edges
    assert abs(energy.energy_j - per_inference) <= energy.expanded_j
