"""Inputs written by the probe into the device's pool, which checks them before it runs them."""

from __future__ import annotations

import numpy as np
import pytest
from bench_desk import Desk
from devices.scripted import Seen

from harness import assembly
from harness.domain.measurement import Measurement
from harness.domain.plan import InputsBy, Mode
from harness.domain.record import CaseRecord, CaseStatus
from harness.errors import ConfigError, WrongInput

POOL_AT = 0x2000_1000
INPUT, RUN, POOL, RUN_SAMPLE = 3, 4, 6, 7


def run(desk: Desk, **changes: object) -> CaseRecord:
    record, error = desk.run(inputs_by=InputsBy.PROBE, **changes)
    assert error is None, error
    assert record.status is CaseStatus.OK
    return record


def kinds(desk: Desk) -> list[int]:
    return [seen.kind for seen in desk.device.seen if seen.kind > 2]


def test_results_are_those_of_the_link_and_no_input_travels_on_it(desk: Desk) -> None:
    desk.device.counts = {0: (10,), 1: (13,), 2: (12,), 3: (30,)}
    record = run(desk)
    count, accuracy = record.reading("instructions"), record.reading("accuracy")
    assert isinstance(count, Measurement)
    assert isinstance(accuracy, Measurement)
    assert (count.value, count.n, accuracy.value) == (500.0, 4, 0.75)
    assert kinds(desk) == [POOL] + [RUN_SAMPLE] * 4
    assert desk.board.steps[-2:] == ["write", "resume"]


def test_samples_lie_16_bytes_apart_as_many_as_the_pool_holds(desk: Desk) -> None:
    desk.inputs = np.arange(24, dtype=np.int8).reshape(6, 4)
    desk.labels = None
    run(desk)
    assert kinds(desk) == [POOL] + [RUN_SAMPLE] * 4 + [POOL] + [RUN_SAMPLE] * 2
    assert desk.board.memory[POOL_AT] == (
        bytes([16, 17, 18, 19]) + bytes(12) + bytes([20, 21, 22, 23]) + bytes(12)
    )


def test_the_core_is_halted_only_while_nothing_is_unanswered(desk: Desk) -> None:
    desk.inputs = np.arange(24, dtype=np.int8).reshape(6, 4)
    desk.labels = None
    answered_at: list[int] = []
    write = desk.board.write

    def halting(address: int, data: bytes) -> None:
        if address == POOL_AT:
            answered_at.append(kinds(desk).count(RUN_SAMPLE))
            assert kinds(desk)[-1] == POOL
        write(address, data)

    desk.board.write = halting  # type: ignore[method-assign]
    run(desk)
    assert answered_at == [0, 4]


def test_a_byte_that_came_wrong_is_refused_by_the_device(desk: Desk) -> None:
    desk.board.corrupt = lambda data: b"\x7f" + data[1:] if len(data) == 64 else data
    record, error = desk.run(inputs_by=InputsBy.PROBE)
    assert isinstance(error, WrongInput)
    assert "the device's pool holds other bytes than were written: their CRC-32 is 0x" in str(error)
    assert error.hint == "Check the probe's cable and clock, or take `--inputs link`."
    assert record.readings == ()


def test_after_a_reset_the_pool_is_written_anew(desk: Desk) -> None:
    left = [desk]

    def reset(seen: Seen) -> bytes | None:
        if seen.kind == RUN_SAMPLE and desk.device.requests == 2 and left:
            left.clear()
            desk.device.reset()
            desk.board.memory[POOL_AT] = bytes(64)
            return b""
        return None

    desk.device.misbehave = reset
    record = run(desk)
    assert record.incidents == "input 2 repeated: the device had been reset"
    equal = record.reading("vectors_equal")
    assert isinstance(equal, Measurement)
    assert equal.value == 4


def test_a_lost_answer_is_asked_for_and_nothing_runs_twice(desk: Desk) -> None:
    left = [desk]

    def lose(seen: Seen) -> bytes | None:
        if seen.kind == RUN_SAMPLE and desk.device.requests == 2 and left:
            left.clear()
            return desk.device.reply(seen)[:5] + b"\0"
        return None

    desk.device.misbehave = lose
    assert run(desk, warmup=0).frames_repeated == 1
    assert desk.device.runs == 4


def test_accuracy_mode_needs_the_link() -> None:
    with pytest.raises(ConfigError) as caught:
        assembly.plan(models=["mlp-digits"], mode=Mode.ACCURACY, inputs_by=InputsBy.PROBE)
    assert str(caught.value) == (
        "--inputs: accuracy mode sends an input over the link while one computes; a probe would "
        "halt it\n  -> Take --mode latency with --inputs probe."
    )
