"""Budgets of small networks, worked out by hand, and the order of branches that needs least RAM."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from builders.tflite_builder import TfliteModel
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import network_of

from harness.domain.budget import Budget, node_overruns, overruns
from harness.domain.network import Network
from harness.model.branch_order import Step, least_peak, live_bytes
from harness.model.budget import network_cost

Q = (0.5, 0)


def branches(folder: Path) -> Network:
    """x (32 bytes) is widened to 256 bytes and narrowed to 16 on two ways, which are added.

    In the file both are widened first: 32 + 256, then 256 + 256 + 32 are alive.
    """
    model = TfliteModel()
    x = model.tensor((1, 32), "int8", *Q, name="x")
    ends = []
    wide = []
    for way in "ab":
        weights = np.ones((256, 32), np.int8)
        w = model.tensor((256, 32), "int8", 0.01, 0, weights, name=f"widen {way}")
        y = model.tensor((1, 256), "int8", *Q, name=f"wide {way}")
        model.operator("FULLY_CONNECTED", [x, w, -1], [y])
        wide.append(y)
    for way, y in zip("ab", wide, strict=True):
        weights = np.full((16, 256), 1 if way == "a" else 2, np.int8)
        w = model.tensor((16, 256), "int8", 0.01, 0, weights, name=f"narrow {way}")
        z = model.tensor((1, 16), "int8", *Q, name=f"narrow {way} out")
        model.operator("FULLY_CONNECTED", [y, w, -1], [z])
        ends.append(z)
    total = model.tensor((1, 16), "int8", *Q, name="sum")
    model.operator("ADD", ends, [total])
    return network_of(model.build([x], [total]), folder)


def test_nodes_take_what_is_live_while_they_run(tmp_path: Path) -> None:
    cost = network_cost(branches(tmp_path))
    assert [node.ram for node in cost.nodes] == [
        32 + 256,
        32 + 256 + 256,
        256 + 256 + 16,
        256 + 16 + 16,
        16 + 16 + 16,
    ]
    assert cost.peak == 544
    assert cost.arena == 544


def test_constants_shrink_with_the_bits_of_a_weight(tmp_path: Path) -> None:
    cost = network_cost(branches(tmp_path))
    assert cost.nodes[0].rom == {8: 8192, 4: 4096, 2: 2048}
    assert cost.nodes[3].rom == {8: 4096, 4: 2048, 2: 1024}
    # Both ways are widened by equal weights, of which an image has one copy: 8192 + 2 x 4096.
    assert cost.image[8] - cost.image[4] == 16384 // 2
    assert cost.image[8] - cost.image[2] == 16384 * 3 // 4


def test_macs_are_counted_node_by_node(tmp_path: Path) -> None:
    cost = network_cost(branches(tmp_path))
    assert [node.macs for node in cost.nodes] == [8192, 8192, 4096, 4096, 0]
    assert cost.macs == 24576


def test_one_branch_after_the_other_needs_less(tmp_path: Path) -> None:
    best = network_cost(branches(tmp_path)).best
    # One way to its end leaves 16 bytes: then x, those 16 and 256 are the most.
    assert best.peak == 32 + 256 + 16
    assert best.arena == 304
    assert best.complete
    assert best.order in ((0, 2, 1, 3, 4), (1, 3, 0, 2, 4))


def test_a_reshape_takes_no_place_of_its_own(tmp_path: Path) -> None:
    model = TfliteModel()
    x = model.tensor((1, 4, 4, 4), "int8", *Q)
    y = model.tensor((1, 64), "int8", *Q)
    shape = model.tensor((2,), "int32", data=np.array([1, 64], np.int32))
    model.operator("RESHAPE", [x, shape], [y], new_shape=[1, 64])
    (node,) = network_cost(network_of(model.build([x], [y]), tmp_path)).nodes
    assert (node.ram, node.shares_place, node.rom[8]) == (64, True, 0)


@pytest.mark.parametrize(
    ("budget", "above"),
    [
        (Budget(), {}),
        (Budget(ram=544, macs=24576), {}),
        (Budget(ram=543), {"ram": 1}),
        (Budget(macs=24575), {"macs": 1}),
        (Budget(ram=500, macs=20000), {"ram": 44, "macs": 4576}),
    ],
)
def test_a_budget_is_kept_to_the_byte(
    tmp_path: Path, budget: Budget, above: dict[str, int]
) -> None:
    cost = network_cost(branches(tmp_path))
    found = {one.resource: one.need - one.limit for one in overruns(cost, budget)}
    assert found == above


def test_the_node_at_which_a_sum_leaves_the_budget_is_the_first_to_fail(tmp_path: Path) -> None:
    cost = network_cost(branches(tmp_path))
    failing = node_overruns(cost, Budget(flash=16384, ram=300))
    assert [[one.resource for one in above] for above in failing] == [
        [],
        ["ram"],
        ["flash", "ram"],
        ["flash"],
        ["flash"],
    ]
    narrow = node_overruns(cost, Budget(flash=16384), bits=4)
    assert not any(narrow)


def test_the_flash_of_the_whole_has_the_tables_of_the_image_too(tmp_path: Path) -> None:
    cost = network_cost(branches(tmp_path))
    assert cost.image[8] > 16384
    (above,) = overruns(cost, Budget(flash=16384))
    assert (above.resource, above.need) == ("flash", cost.image[8])


def test_scratch_is_part_of_the_nodes_that_need_it(tmp_path: Path) -> None:
    network = branches(tmp_path)
    cost = network_cost(network, scratch=[0, 0, 0, 1000, 0])
    assert cost.nodes[3].ram == 256 + 16 + 16 + 1008
    assert cost.scratch_known
    assert not network_cost(network).scratch_known


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Step], list[int]]:
    """Operators that each read one or two earlier places and write a new one, from 0 on."""
    count = draw(st.integers(1, 6))
    steps = []
    for i in range(count):
        reads = draw(st.sets(st.integers(0, i), min_size=1, max_size=2))
        steps.append(Step(frozenset(reads), frozenset({i + 1}), draw(st.sampled_from([0, 16, 64]))))
    sizes = draw(st.lists(st.integers(1, 200), min_size=count + 1, max_size=count + 1))
    return steps, sizes


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_no_order_that_is_allowed_needs_less(graph: tuple[list[Step], list[int]]) -> None:
    steps, sizes = graph
    read = frozenset().union(*(step.reads for step in steps))
    inputs = frozenset({0})
    outputs = frozenset(range(1, len(sizes))) - read
    found = least_peak(steps, sizes, inputs, outputs)
    size = [-(-one // 16) * 16 for one in sizes]
    edges = max(size[0], sum(size[place] for place in outputs))

    def allowed(order: tuple[int, ...]) -> bool:
        at = {step: position for position, step in enumerate(order)}
        return all(place == 0 or at[place - 1] < at[i] for i in order for place in steps[i].reads)

    peaks = [
        max(edges, *live_bytes(steps, sizes, inputs, outputs, order))
        for order in itertools.permutations(range(len(steps)))
        if allowed(order)
    ]
    assert found.complete
    assert found.peak == min(peaks)
    assert allowed(found.order)
    assert max(edges, *live_bytes(steps, sizes, inputs, outputs, found.order)) == found.peak


def test_a_search_that_is_given_up_keeps_the_order_of_the_file() -> None:
    steps = [Step(frozenset({0}), frozenset({i + 1})) for i in range(4)]
    steps += [Step(frozenset({i + 1}), frozenset({i + 5})) for i in range(4)]
    sizes = [16, *(256,) * 4, *(16,) * 4]
    outputs = frozenset(range(5, 9))
    given_up = least_peak(steps, sizes, frozenset({0}), outputs, most_sets=2)
    assert (given_up.complete, given_up.order) == (False, tuple(range(8)))
    assert least_peak(steps, sizes, frozenset({0}), outputs).peak == 16 + 256 + 4 * 16 - 16
