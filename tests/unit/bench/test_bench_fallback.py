"""The share of operators without a kernel of the library: measured after all that is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from bench_desk import FULLY_CONNECTED, LIBRARY, Desk, DeskDevice
from devices.scripted import Seen
from devices.transports import over_tcp

from harness.bench.events import Event, Stage, StageStarted
from harness.bench.fallback import fallback_share
from harness.bench.operator_kernels import operator_kernels
from harness.domain.device import ProfileReply
from harness.domain.kernel_code import CodePath, LinkedFunction, LinkedKernel, OperatorKernel
from harness.domain.measurement import Measurement, Missing, Reading
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.units import Fidelity, Unit

RUN, PROFILE = 4, 5
FALLEN = replace(FULLY_CONNECTED, fallback=True)
CALLING = replace(
    FULLY_CONNECTED,
    origin="cmsis-nn",
    source="cmsis-nn/fully_connected.c",
    functions=(
        LinkedFunction("arm_wrapper", CodePath.SCALAR, direct=True),
        LinkedFunction("arm_inner", CodePath.DSP, direct=False),
    ),
)


@pytest.fixture
def calling(desk: Desk) -> Desk:
    """A desk whose firmware calls a library, but not for its only operator."""
    desk.library, desk.linked = LIBRARY, (FALLEN,)
    return desk


def ended(desk: Desk) -> CaseRecord:
    record, error = desk.run()
    assert error is None, error
    assert record.status is CaseStatus.OK
    return record


def share_of(desk: Desk) -> Reading:
    return ended(desk).reading("fallback_share")


def missing(desk: Desk) -> str:
    """The reason why there is no share; the counts must be there all the same."""
    record = ended(desk)
    count, share = record.reading("instructions"), record.reading("fallback_share")
    assert isinstance(count, Measurement)
    assert (count.value, count.n) == (4000.0, 4)
    assert isinstance(share, Missing), share
    return share.reason


def requests(desk: Desk) -> list[int]:
    return [seen.kind for seen in desk.device.seen if seen.kind in (RUN, PROFILE)]


def test_the_share_is_measured_after_the_last_count(calling: Desk) -> None:
    told: list[Event] = []
    record, _ = calling.run(on_event=told.append)
    assert requests(calling) == [RUN] * 4 + [PROFILE]
    assert [event.stage for event in told if isinstance(event, StageStarted)] == list(Stage)[:-1]
    share = record.reading("fallback_share")
    assert isinstance(share, Measurement)
    assert (share.value, share.unit, share.n) == (1.0, Unit.FRACTION, 1)
    assert (share.fidelity, share.instrument) == (Fidelity.SIMULATED, "ticker")
    assert share.resolution == 1 / 100
    assert share.method == (
        "instructions in fallback operators by those in all; one PROFILE of the last input, "
        "after the counted ones"
    )


def test_where_no_operator_falls_back_it_is_0_without_a_profile(calling: Desk) -> None:
    calling.linked = (CALLING,)
    share = share_of(calling)
    assert isinstance(share, Measurement)
    assert share.value == 0
    assert share.method == (
        "0 by construction: no operator of the model lacks a kernel of cmsis-nn"
    )
    assert requests(calling) == [RUN] * 4


def test_a_fallback_that_the_model_does_not_use_is_none(calling: Desk) -> None:
    calling.linked = (CALLING, LinkedKernel(25, "SOFTMAX", "reference", fallback=True))
    share = share_of(calling)
    assert isinstance(share, Measurement)
    assert share.value == 0
    assert PROFILE not in requests(calling)


def test_without_a_library_there_is_nothing_to_fall_back_from(desk: Desk) -> None:
    record = ended(desk)
    assert "fallback_share" not in [reading.quantity for reading in record.readings]
    assert PROFILE not in requests(desk)


# Counts


@pytest.mark.parametrize(
    ("fallen", "ticks", "share"),
    [
        ((True, False), (50, 50), 0.5),
        ((True, False), (51, 49), 0.51),
        ((False, True), (51, 49), 0.49),
        ((True, True), (3, 97), 1.0),
    ],
)
def test_the_share_is_that_of_the_fallen_operators(
    desk: Desk, fallen: tuple[bool, ...], ticks: tuple[int, ...], share: float
) -> None:
    kernels = [OperatorKernel(n, "ADD", "x.c", fallback=one) for n, one in enumerate(fallen)]
    found = fallback_share(desk.case(), ProfileReply(0, ticks, 0, (b"\1\2",)), kernels)
    assert (found.value, found.minimum, found.maximum) == (share, share, share)


# A profile that fails costs no count


def test_parts_that_do_not_add_up_are_no_share(calling: Desk) -> None:
    calling.device.profiled = (0, 98)
    assert missing(calling) == (
        "no profile: the operators add up to 98 ticks, the whole inference took 100; they may "
        "differ by 1 (1 tick of the counter and 0 of an empty window for each of 1 operators)"
    )


def test_the_whole_is_that_of_the_same_input(calling: Desk) -> None:
    calling.device.counts = {0: (10,), 1: (20,), 2: (30,), 3: (100,)}
    assert isinstance(share_of(calling), Measurement)


def test_another_output_is_no_share(calling: Desk) -> None:
    calling.device.profile_output = bytes(4)
    assert missing(calling) == (
        "no profile: the profiled inference gave another output than the one measured as a whole"
    )


def test_a_disturbed_profile_is_no_share(calling: Desk) -> None:
    calling.device.profile_interrupts = 2
    assert missing(calling) == "no profile: 2 link interrupts fell into the measured windows"


def test_operators_of_less_than_a_tick_have_no_share(calling: Desk) -> None:
    calling.device.profiled = (0, 0)
    calling.device.counts = dict.fromkeys(range(4), (1,))
    share = share_of(calling)
    assert share == Missing(
        "fallback_share", "no profile: the counter did not move in any operator's window"
    )


def refuse(device: DeskDevice) -> Callable[[Seen], bytes | None]:
    return lambda seen: device.error(seen, 7, operator=0, detail=-1) if seen.kind == 5 else None


def test_a_device_that_refuses_costs_no_count(calling: Desk) -> None:
    calling.device.misbehave = refuse(calling.device)
    assert missing(calling).startswith("no profile: ")


def test_a_link_that_is_lost_costs_no_count(calling: Desk) -> None:
    def hang_up(seen: Seen) -> bytes | None:
        if seen.kind == PROFILE:
            raise OSError
        return None

    calling.link = over_tcp
    calling.device.misbehave = hang_up
    assert missing(calling).startswith("no profile: ")


def test_what_fails_before_fails_the_case(calling: Desk) -> None:
    calling.device.link_interrupts = 1
    record, error = calling.run()
    assert (record.status, record.error_class) == (CaseStatus.FAILED, "WindowMissed")
    assert record.readings == ()
    assert error is not None


# Which code each operator ran


def test_a_record_names_the_kernel_of_each_operator(calling: Desk) -> None:
    calling.linked = (CALLING,)
    assert ended(calling).operator_kernels == (
        OperatorKernel(
            *(0, "FULLY_CONNECTED", "cmsis-nn/fully_connected.c", ("arm_wrapper",), CodePath.DSP)
        ),
    )


def test_an_operator_without_code_has_no_source(desk: Desk) -> None:
    operators = desk.prepared().image.operators
    assert operator_kernels(operators, []) == (OperatorKernel(0, "FULLY_CONNECTED", ""),)
    (kernel,) = operator_kernels(operators, [FALLEN])
    assert kernel == OperatorKernel(
        0, "FULLY_CONNECTED", "reference/fully_connected.c", fallback=True
    )
