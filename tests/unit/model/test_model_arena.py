"""Arena plans: no overlap, never below the bound, close to it, and always the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.arena import Block, aligned, lower_bound, plan_arena


@st.composite
def some_blocks(draw: st.DrawFn) -> list[Block]:
    steps = draw(st.integers(1, 20))
    blocks = []
    for _ in range(draw(st.integers(0, 30))):
        first, last = sorted((draw(st.integers(0, steps)), draw(st.integers(0, steps))))
        blocks.append(Block(draw(st.integers(1, 5000)), first, last))
    return blocks


@settings(max_examples=60, deadline=None)
@given(some_blocks())
def test_plans_are_sound(blocks: list[Block]) -> None:
    plan = plan_arena(blocks)
    live: dict[int, set[int]] = {}
    for block, offset in zip(blocks, plan.offsets, strict=True):
        assert offset % 16 == 0
        assert offset + block.nbytes <= plan.arena_bytes
        for step in range(block.first, block.last + 1):
            mine = set(range(offset // 16, -(-(offset + block.nbytes) // 16)))
            taken = live.setdefault(step, set())
            assert not mine & taken, f"two blocks overlap at step {step}"
            taken |= mine
    assert plan.arena_bytes % 16 == 0
    assert plan.arena_bytes >= plan.lower_bound == 16 * max(map(len, live.values()), default=0)
    assert plan_arena(blocks) == plan


def test_lower_bound_counts_aligned_sizes() -> None:
    assert lower_bound([Block(1, 0, 1), Block(17, 1, 2), Block(16, 2, 2)]) == 16 + 32
    assert lower_bound([]) == 0
    assert (aligned(0), aligned(1), aligned(16), aligned(17)) == (0, 16, 16, 32)


def test_blocks_meet_at_a_shared_step_only() -> None:
    assert plan_arena([Block(16, 0, 3), Block(16, 3, 5)]).arena_bytes == 32
    assert plan_arena([Block(16, 0, 2), Block(16, 3, 5)]).arena_bytes == 16


def test_a_chain_needs_no_more_than_its_largest_pair() -> None:
    sizes = [480, 8000, 8000, 4000, 64, 16]
    plan = plan_arena([Block(size, i, i + 1) for i, size in enumerate(sizes)])
    assert plan.arena_bytes == plan.lower_bound == 16000


def test_a_residual_network_meets_its_bound() -> None:
    # A block's input outlives the two convolutions that its sum waits for.
    blocks, step = [], 0
    for size in (16384, 8192, 4096):
        blocks += [
            Block(size, step, step + 3),
            Block(size, step + 1, step + 2),
            Block(size, step + 2, step + 3),
            Block(576, step + 1, step + 1),
            Block(1152, step + 2, step + 2),
        ]
        step += 3
    plan = plan_arena(blocks)
    assert plan.arena_bytes == plan.lower_bound


def test_the_search_beats_the_greedy_orders() -> None:
    # The best of the greedy orders takes 1,680 bytes here.
    blocks = [
        Block(112, 9, 10),
        Block(464, 2, 3),
        Block(320, 2, 7),
        Block(112, 0, 3),
        Block(64, 9, 10),
        Block(304, 1, 2),
        Block(448, 4, 5),
        Block(448, 3, 4),
        Block(176, 7, 8),
        Block(528, 5, 8),
        Block(480, 9, 10),
        Block(48, 9, 10),
    ]
    plan = plan_arena(blocks)
    assert plan.arena_bytes == plan.lower_bound == 464 + 320 + 112 + 448  # step 3


@pytest.mark.parametrize("count", [1, 2000])
def test_time_is_bounded(count: int) -> None:
    plan = plan_arena([Block(16 + i % 64, i, i + 2) for i in range(count)])
    assert plan.arena_bytes >= plan.lower_bound
