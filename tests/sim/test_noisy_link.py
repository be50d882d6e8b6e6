"""The real client and the real firmware, with a link between them that harms bytes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu
from devices.noisy_proxy import FAULTS, NoisyProxy, noisy

from harness import assembly
from harness.bench.case import run_case
from harness.bench.events import Event, InputsDone
from harness.bench.prepare import prepare
from harness.bench.rig import Board, OnFlash, Rig
from harness.bench.stream import LINK_ACTIVE
from harness.domain.coordinates import Coordinates
from harness.domain.measurement import Measurement, Missing
from harness.domain.plan import Mode
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.target import Target

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]


@dataclass
class NoisyRig:
    """The real rig, with a proxy before each link and the board at hand."""

    rate: float
    seed: int = 1
    kinds: tuple[str, ...] = FAULTS
    proxies: list[NoisyProxy] = field(default_factory=list)
    boards: list[Board] = field(default_factory=list)
    real: Rig = field(default_factory=assembly.rig)

    @property
    def rig(self) -> Rig:
        return replace(self.real, start=self.start, open_board=self.open_board)

    @contextmanager
    def start(self, target: Target, folder: Path) -> Iterator[Coordinates]:
        with (
            self.real.start(target, folder) as at,
            noisy(at.link_url, self.rate, self.seed, self.kinds) as proxy,
        ):
            self.proxies.append(proxy)
            yield replace(at, link_url=proxy.url)

    @contextmanager
    def _opened(self, probe_uid: str, target: Target, on_flash: OnFlash) -> Iterator[Board]:
        with self.real.open_board(probe_uid, target, on_flash) as board:
            self.boards.append(board)
            yield board

    def open_board(
        self, probe_uid: str, target: Target, on_flash: OnFlash
    ) -> AbstractContextManager[Board]:
        return self._opened(probe_uid, target, on_flash)

    def run(
        self,
        inputs: int,
        at: Callable[[int], None] = lambda done: None,
        mode: Mode = Mode.LATENCY,
    ) -> CaseRecord:
        (case,) = assembly.plan(
            targets=["mps2-an500"],
            kernel_sets=["reference"],
            models=["mlp-digits"],
            dataset=f"random:{inputs}",
            mode=mode,
        )

        def listen(event: Event) -> None:
            if isinstance(event, InputsDone):
                at(event.done)

        record, _ = run_case(prepare([case], self.rig.load_dataset)[0], self.rig, listen)
        return record


def require_complete(record: CaseRecord, inputs: int) -> None:
    """All inputs were answered, each as the host answers it, and no count is off."""
    assert record.status is CaseStatus.OK, record.error_message
    equal, count = record.reading("vectors_equal"), record.reading("instructions")
    assert isinstance(equal, Measurement)
    assert isinstance(count, Measurement)
    assert (equal.value, equal.n, count.n) == (inputs, inputs, inputs)
    # What a multilayer perceptron computes depends on its input only in the last SOFTMAX.
    assert count.maximum - count.minimum <= 0.01 * count.value


def test_a_thousand_inputs_at_one_error_in_ten_thousand_bytes() -> None:
    noise = NoisyRig(rate=1e-4)
    record = noise.run(1000)
    (proxy,) = noise.proxies
    require_complete(record, 1000)
    assert set(proxy.injected) == set(FAULTS)
    harmful = sum(proxy.injected.values()) - proxy.injected["delay"]
    assert harmful >= 50
    assert record.frames_repeated is not None
    # Each fault costs at most INPUT and RUN, and a repeat now and then meets another one.
    assert harmful / 3 <= record.frames_repeated <= 3 * harmful


def test_accuracy_mode_gives_the_same_answers_through_noise_and_resets_and_no_counts() -> None:
    noise = NoisyRig(rate=1e-3)

    def reset(done: int) -> None:
        if done == 7:
            noise.boards[0].reset_and_run()

    record = noise.run(100, reset, Mode.ACCURACY)
    assert record.status is CaseStatus.OK, record.error_message
    equal = record.reading("vectors_equal")
    assert isinstance(equal, Measurement)
    assert (equal.value, equal.n) == (100, 100)
    assert record.frames_repeated
    # Those behind the seventh may have been answered out of turn before it was reset.
    told = re.fullmatch(r"input (\d+) repeated: the device had been reset", record.incidents or "")
    assert told
    assert 7 <= int(told[1]) <= 10
    assert record.reading("instructions") == Missing("instructions", LINK_ACTIVE)
    assert record.link_interrupts is None


def test_a_reset_in_mid_run_repeats_the_input_in_flight() -> None:
    noise = NoisyRig(rate=0)

    def reset(done: int) -> None:
        if done == 7:
            noise.boards[0].reset_and_run()

    record = noise.run(20, reset)
    require_complete(record, 20)
    assert record.incidents == "input 7 repeated: the device had been reset"


def test_a_port_unplugged_in_mid_run_is_opened_again() -> None:
    noise = NoisyRig(rate=0)

    def unplug(done: int) -> None:
        if done == 7:
            noise.proxies[0].unplug()

    record = noise.run(20, unplug)
    require_complete(record, 20)
    assert record.incidents == "input 7 repeated: the port was closed and opened again"
