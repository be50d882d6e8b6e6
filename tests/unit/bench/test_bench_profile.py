"""A profile on a desk without hardware: two passes that must agree, and a painted stack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from bench_desk import Desk, MemoryBoard
from hypothesis import given
from hypothesis import strategies as st

from harness.bench.closure import closure_bound
from harness.bench.events import CaseStarted, Event, nobody
from harness.bench.prepare import prepare
from harness.bench.profile import profile_case, profile_cases
from harness.bench.profile_stack import MOST_BYTES, high_water, paint, painted
from harness.domain.device import ProfileReply
from harness.domain.kernel_code import OperatorKernel
from harness.domain.measurement import Missing
from harness.domain.profile import FirmwareParts, Part, Profile, Tenant
from harness.domain.target import Region
from harness.domain.units import Unit
from harness.errors import (
    BadFrame,
    BoardBroken,
    CompileFailed,
    CounterStuck,
    FlashFailed,
    HarnessError,
    MeasurementError,
    ToolMissing,
    WindowMissed,
)

STACK = Region(0x2000_0800, 0x800)
KERNEL = OperatorKernel(0, "FULLY_CONNECTED", "reference/fully_connected.c")
PARTS = FirmwareParts((Part("kernels", 15_000, 52_000),), STACK)


@dataclass
class StackBoard(MemoryBoard):
    """A board whose firmware writes the last `depth` bytes of the stack when it starts."""

    depth: int = 100

    def reset_and_run(self) -> None:
        super().reset_and_run()
        if STACK.origin in self.memory:
            kept = self.memory[STACK.origin][: -self.depth]
            self.memory[STACK.origin] = kept + bytes(self.depth)


@pytest.fixture
def stacked(tmp_path: Path) -> Desk:
    return Desk(tmp_path, board=StackBoard())


def read_parts(elf: Path, library: str) -> FirmwareParts:
    assert (elf.name, library) == ("firmware.elf", "")
    return PARTS


def profiled(desk: Desk) -> Profile:
    return profile_case(desk.prepared(), desk.rig, read_parts, nobody)


def test_a_profile_holds_what_both_passes_gave(stacked: Desk) -> None:
    stacked.device.profiled = (2, 102)
    profile = profiled(stacked)
    (operator,) = profile.operators
    assert (operator.name, operator.kernel, operator.ticks) == ("FULLY_CONNECTED", KERNEL, 102)
    assert (operator.inputs, operator.outputs) == (((1, 4),), ((1, 4),))
    assert (operator.count, operator.share) == (102 * 40, 1.0)
    assert (operator.macs, operator.weight_bytes) == (16, 16)
    assert (operator.arena_in, operator.arena_out, operator.scratch_bytes) == (4, 4, 0)
    assert (profile.unit, profile.resolution) == (Unit.INSTRUCTIONS, 40)
    assert (profile.whole, profile.total, profile.empty_window) == (4000, 4080, 80)
    assert profile.bound == 3 * 40
    assert profile.stack_used == 100
    assert profile.parts == PARTS.parts
    assert stacked.device.runs == 4  # a warm-up and a measured inference in each pass


def test_arena_tenants_have_their_times(stacked: Desk) -> None:
    """Input and output are live together while the only operator runs, so they lie apart."""
    profile = profiled(stacked)
    assert {(tenant.first, tenant.last, tenant.nbytes) for tenant in profile.arena} == {
        (0, 1, 4),
        (1, 2, 4),
    }
    assert {tenant.offset for tenant in profile.arena} == {0, 16}
    assert all(isinstance(tenant, Tenant) and not tenant.scratch for tenant in profile.arena)


def test_scratch_is_a_tenant_of_its_operator(stacked: Desk) -> None:
    stacked.device.scratch = (64,)
    scratch = [tenant for tenant in profiled(stacked).arena if tenant.scratch]
    assert [(t.names, t.nbytes, t.first, t.last) for t in scratch] == [
        (("scratch of FULLY_CONNECTED",), 64, 1, 1)
    ]


def test_the_stack_is_painted_while_the_core_stands_still(stacked: Desk) -> None:
    profiled(stacked)
    assert stacked.board.steps[-3:] == ["halt", "write", "reset"]


@pytest.mark.parametrize("parts", [98, 102])
def test_parts_that_do_not_add_up_are_no_profile(stacked: Desk, parts: int) -> None:
    stacked.device.profiled = (0, parts)
    with pytest.raises(MeasurementError) as caught:
        profiled(stacked)
    assert str(caught.value) == (
        f"copying · desk · reference: the operators add up to {parts} ticks, the whole inference "
        "took 100; they may differ by 1 (1 tick of the counter and 0 of an empty window for each "
        "of 1 operators)\n"
        "  -> Profile again with more --warmup; if it stays, the counter is disturbed."
    )


@pytest.mark.parametrize("parts", [99, 100, 101])
def test_a_tick_per_operator_is_allowed(stacked: Desk, parts: int) -> None:
    stacked.device.profiled = (0, parts)
    assert profiled(stacked).total == 40 * parts


@given(
    st.lists(st.integers(0, 10_000), min_size=1, max_size=30),
    st.integers(0, 500),
    st.integers(1, 100),
)
def test_the_bound_holds_for_every_exact_counter(
    costs: list[int], overhead: int, tick: int
) -> None:
    """A counter that only rounds down, windows that all cost the same."""
    reply = ProfileReply(
        empty_window=overhead // tick,
        ticks=tuple((cost + overhead) // tick for cost in costs),
        link_interrupts=0,
        outputs=(),
    )
    whole = (sum(costs) + overhead) // tick
    assert abs(sum(reply.ticks) - whole) <= closure_bound(reply)


@pytest.mark.parametrize("where", ["link_interrupts", "profile_interrupts"])
def test_interrupts_in_either_pass_spoil_it(stacked: Desk, where: str) -> None:
    setattr(stacked.device, where, 3)
    with pytest.raises(WindowMissed, match="3 link interrupts fell into the measured windows"):
        profiled(stacked)


def test_passes_that_give_different_outputs_are_no_profile(stacked: Desk) -> None:
    stacked.device.profile_output = b"\1\2\3\4"
    with pytest.raises(MeasurementError, match="gave another output than the one measured as a"):
        profiled(stacked)


def test_where_nothing_counts_the_reason_is_told_before_anything_is_measured(
    stacked: Desk,
) -> None:
    stacked.no_counter = "no C compiler on PATH"
    stacked.device.counts = {0: (0,)}
    with pytest.raises(MeasurementError) as caught:
        profiled(stacked)
    assert type(caught.value) is MeasurementError
    assert caught.value.what == "nothing can be counted on desk: no C compiler on PATH"
    assert caught.value.hint == "See what it lacks with `harness doctor --target desk`."


def test_a_counter_that_stands_still_is_no_profile(stacked: Desk) -> None:
    stacked.device.counts = {0: (0,)}
    with pytest.raises(CounterStuck, match="the counter did not move"):
        profiled(stacked)


def test_another_number_of_operators_is_a_bad_frame(stacked: Desk) -> None:
    stacked.device.profiled = (0, 50, 50)
    with pytest.raises(BadFrame, match="holds 3 windows, wanted 2"):
        profiled(stacked)


def test_a_case_that_fails_does_not_stop_the_next(stacked: Desk) -> None:
    stacked.failing_builds = {1: CompileFailed("does not compile", where="x.c", hint="Mend it.")}
    events: list[Event] = []
    prepared = prepare([stacked.case(), stacked.case()], stacked.rig.load_dataset)
    first, second = profile_cases(prepared, stacked.rig, read_parts, events.append)
    assert isinstance(first, CompileFailed)
    assert isinstance(second, Profile)
    started = [event for event in events if isinstance(event, CaseStarted)]
    assert [(event.number, event.total) for event in started] == [(1, 2), (2, 2)]


def test_a_board_that_fails_twice_is_not_profiled_again(stacked: Desk) -> None:
    stacked.board.failing = [FlashFailed("no power"), FlashFailed("no power")]
    prepared = prepare([stacked.case()] * 3, stacked.rig.load_dataset)
    ended = list(profile_cases(prepared, stacked.rig, read_parts, nobody))
    assert [type(one) for one in ended] == [FlashFailed, FlashFailed, BoardBroken]
    assert stacked.starts == 2


def test_a_missing_tool_ends_it(stacked: Desk) -> None:
    stacked.failing_builds = {1: ToolMissing("no compiler", where="cc", hint="Install it.")}
    prepared = prepare([stacked.case()] * 2, stacked.rig.load_dataset)
    results: list[Profile | HarnessError] = []
    with pytest.raises(ToolMissing):
        results.extend(profile_cases(prepared, stacked.rig, read_parts, nobody))
    assert results == []


def test_paint_covers_the_upper_end_of_a_large_stack() -> None:
    assert painted(Region(0x2000_0002, 0x40_000)) == Region(0x2003_8002, MOST_BYTES)
    assert painted(Region(0x2000_0000, 0x403)) == Region(0x2000_0003, 0x400)


@pytest.mark.parametrize(
    ("used", "found"),
    [
        (b"\x01", 1),
        (b"\x01" + b"\xa5" * 7, 8),  # what a frame left untouched above the deepest byte counts
        (b"\x01" * 0x7FF, 0x7FF),
    ],
)
def test_high_water_is_the_lowest_byte_that_changed(used: bytes, found: int) -> None:
    board = MemoryBoard()
    paint(board, STACK)
    board.memory[STACK.origin] = board.memory[STACK.origin][: -len(used)] + used
    assert high_water(board, STACK) == found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x01" * 0x800, "all 2,048 painted bytes were written"),
        (b"\xa5" * 0x800, "no painted byte was written: the stack lies elsewhere"),
    ],
)
def test_a_stack_without_a_mark_is_missing_with_the_reason(content: bytes, reason: str) -> None:
    assert high_water(MemoryBoard(memory={STACK.origin: content}), STACK) == Missing(
        "stack", reason
    )
