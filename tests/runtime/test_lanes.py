"""Lanes give what straight-line code gives, whatever the cut, and end when one of them fails."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensormill.runtime.node import Node
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.plan.lane_threads import LaneThreads
from tensormill.runtime.plan.lanes import LaneBlock, schedule
from tensormill.runtime.plan.straight_line import Block, InstructionFailed
from tests.runtime.plans import make_node

THREADS = LaneThreads(limit=4)


def make_block(sources: list[list[int]], fetched: list[int]) -> Block:
    """Each instruction adds up the results of earlier ones, and its own number."""
    nodes: list[Node] = []
    instructions = []
    for number, needed in enumerate(sources):
        nodes.append(make_node(f"n{number}", [nodes[i] for i in needed]))
        instructions.append(
            Instruction(
                lambda *values, number=number: sum(values) + number,
                list(needed),
                [number],
                nodes[-1],
            )
        )
    kept = frozenset(fetched)
    needed_later = set(kept)
    for instruction in reversed(instructions):
        slots = dict.fromkeys(instruction.argument_slots() + instruction.outputs)
        instruction.drops = [slot for slot in slots if slot not in needed_later]
        needed_later.update(slots)
    return Block(instructions, {}, kept)


graphs = st.integers(1, 40).flatmap(
    lambda count: st.tuples(
        *[
            st.lists(st.integers(0, max(0, i - 1)), max_size=3, unique=True) if i else st.just([])
            for i in range(count)
        ]
    )
)


@settings(max_examples=60, deadline=None)
@given(sources=graphs, seed=st.integers(0, 1000), lanes=st.integers(2, 4))
def test_any_cut_into_lanes_gives_the_same_values(sources, seed, lanes):
    fetched = [len(sources) - 1, len(sources) // 2]
    expected = [None] * len(sources)
    make_block(sources, fetched).walk(expected, None)
    block = make_block(sources, fetched)
    chosen = random.Random(seed)
    lane_of = [chosen.randrange(lanes) for _ in sources]
    values = [None] * len(sources)
    assert LaneBlock(block, lane_of, THREADS).run(values, None)
    assert [values[i] for i in fetched] == [expected[i] for i in fetched]


def test_independent_expensive_instructions_are_shared_out():
    block = make_block([[] for _ in range(8)], [])
    lane_of, estimate = schedule(block.instructions, [10_000_000] * 8, 2)
    assert sorted(lane_of) == [0] * 4 + [1] * 4
    assert estimate < 41_000_000


def test_a_chain_stays_in_one_lane():
    block = make_block([[]] + [[i] for i in range(7)], [])
    lane_of, _ = schedule(block.instructions, [10_000_000] * 8, 2)
    assert set(lane_of) == {0}


def test_control_inputs_order_instructions_across_lanes():
    done = []
    first = make_node("first", [])
    second = make_node("second", [], [first])
    instructions = [
        Instruction(lambda: done.append("first"), [], [0], first),
        Instruction(lambda: done.append("second"), [], [1], second),
    ]
    for lane_of in ([0, 1], [1, 0]):
        done.clear()
        block = LaneBlock(Block(instructions, {}, frozenset()), lane_of, THREADS)
        assert block.run([None, None], None)
        assert done == ["first", "second"]


def test_what_has_no_instruction_stands_for_what_it_comes_after():
    # As with `assign_add(step, 1)` under control dependencies: its constant waits for the update.
    done = []
    update = make_node("update", [])
    value = make_node("value", [], [update])
    increment = make_node("increment", [make_node("copy", [value])])
    instructions = [
        Instruction(lambda: done.append("update"), [], [0], update),
        Instruction(lambda: done.append("increment"), [], [1], increment),
    ]
    for lane_of in ([0, 1], [1, 0]):
        done.clear()
        block = LaneBlock(Block(instructions, {}, frozenset()), lane_of, THREADS)
        assert block.run([None, None], None)
        assert done == ["update", "increment"]


@pytest.mark.parametrize("failing", range(6))
def test_a_failing_instruction_ends_all_lanes_with_its_error(failing):
    block = make_block([[], [0], [], [1, 2], [3], [0, 4]], [5])

    def fail(*values):
        raise ValueError("no")

    block.instructions[failing].function = fail
    lanes = LaneBlock(block, [0, 1, 1, 0, 1, 0], THREADS)
    with pytest.raises(InstructionFailed) as caught:
        lanes.run([None] * 6, None)
    assert caught.value.instruction.node is block.instructions[failing].node
    assert str(caught.value.__cause__) == "no"


@pytest.mark.parametrize("interrupted", [0, 3])
def test_ctrl_c_in_the_first_lane_leaves_no_lane_waiting(interrupted):
    threads = LaneThreads(limit=1)
    block = make_block([[], [0], [], [1, 2], [3], [0, 4]], [5])
    usual = block.instructions[interrupted].function

    def stop(*values):
        raise KeyboardInterrupt

    block.instructions[interrupted].function = stop
    for lane_of in ([0, 1, 1, 0, 1, 0], [0, 1, 0, 0, 1, 1]):
        with pytest.raises(KeyboardInterrupt):
            LaneBlock(block, lane_of, threads).run([None] * 6, None)
    block.instructions[interrupted].function = usual
    values = [None] * 6
    assert LaneBlock(block, [0, 1, 1, 0, 1, 0], threads).run(values, None)
    assert values[5] == 15


def test_lanes_without_free_threads_say_so():
    block = make_block([[], []], [0, 1])
    assert not LaneBlock(block, [0, 1], LaneThreads(limit=0)).run([None, None], None)
