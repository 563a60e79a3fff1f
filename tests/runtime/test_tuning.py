"""Which ways to run a block are worth a trial."""

from __future__ import annotations

import pytest

from tensormill.runtime.plan import tuning
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.plan.straight_line import Block
from tensormill.runtime.plan.tuning import TunedBlock
from tests.runtime.plans import make_node

MS = 1_000_000


class Costs:
    """Stands for a stopwatch that measured these costs."""

    def __init__(self, instructions: list[Instruction], costs_ns: list[int]) -> None:
        self._costs = {id(i): cost for i, cost in zip(instructions, costs_ns, strict=True)}

    def total_ns(self) -> int:
        return sum(self._costs.values())

    def cost_ns(self, instruction: Instruction) -> int:
        return self._costs[id(instruction)]


def lane_forms(sources: list[list[int]], costs_ns: list[int]) -> int:
    """Return how many forms with lanes are tried for instructions of these sources and costs."""
    nodes = []
    instructions = []
    for number, needed in enumerate(sources):
        nodes.append(make_node(f"n{number}", [nodes[i] for i in needed]))
        nodes[-1].output_dims = [(number,)]  # each of a kind of its own
        instructions.append(Instruction(max, list(needed), [number], nodes[-1]))
    block = TunedBlock(Block(instructions, {}, frozenset()), 2)
    return len(block._lane_forms(Costs(instructions, costs_ns)))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "intra_op_threads", lambda: 2)


def test_lanes_are_tried_for_two_branches_of_long_kernels() -> None:
    assert lane_forms([[], []], [5 * MS, 5 * MS]) == 1


def test_lanes_are_tried_for_many_kernels_too_short_to_widen() -> None:
    assert lane_forms([[] for _ in range(100)], [MS // 20] * 100) == 1


def test_lanes_are_not_tried_for_a_chain_of_long_kernels_with_a_branch() -> None:
    assert lane_forms([[], [0], [1], [1], [2]], [5 * MS, 5 * MS, 3 * MS, 3 * MS, 5 * MS]) == 0


def test_only_kernels_of_many_elements_are_widened() -> None:
    nodes = [make_node(f"n{number}", []) for number in range(3)]
    for node, dims in zip(nodes, [(50, 10), (500, 100), None], strict=True):
        node.output_dims = [dims]
    instructions = [Instruction(max, [], [number], node) for number, node in enumerate(nodes)]
    block = TunedBlock(Block(instructions, {}, frozenset()), 1)
    (form,) = block._wide_forms(Costs(instructions, [MS, MS, MS]))  # type: ignore[arg-type]
    made = form.__self__.instructions  # type: ignore[attr-defined]
    assert [new is old for new, old in zip(made, instructions, strict=True)] == [True, False, False]


def test_the_forms_are_tried_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    block = TunedBlock(Block([], {}, frozenset()), 1)
    now = 0
    took = {"plain": 10, "wide": 30}
    ran: list[str] = []
    monkeypatch.setattr(tuning.time, "perf_counter_ns", lambda: now)

    def form(name: str) -> tuning.Runner:
        def run(values: object, step: object) -> None:
            nonlocal now
            now += took[name]
            ran.append(name)

        return run

    plain, wide = form("plain"), form("wide")
    monkeypatch.setattr(block.block, "run", plain)
    block._times = {plain: [], wide: []}
    block._next = block._try

    def last_of(runs: int) -> str:
        for _ in range(runs):
            block.run([], None)
        return ran[-1]

    first_trials = 2 * (tuning._TRIALS + 1)
    assert last_of(first_trials + tuning._FIRST_PERIOD) == "plain"
    took["wide"] = 5
    later_trials = 2 * (tuning._LATER_TRIALS + 1)
    assert last_of(1 + later_trials + 2 * tuning._FIRST_PERIOD) == "wide"
    assert set(ran[-2 * tuning._FIRST_PERIOD :]) == {"wide"}
    took["wide"] = 30
    assert last_of(1 + later_trials + 4 * tuning._FIRST_PERIOD) == "plain"
