"""Blocks of instructions: the compiled form gives what the walked one gives."""

from __future__ import annotations

from typing import Any

import pytest

from tensormill.runtime.plan import straight_line
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.plan.straight_line import Block
from tests.runtime.plans import make_node

PREDICATE, FIRST, MERGED, RESULT = range(4)


def move(source: int, target: int, **branch: Any) -> Instruction:
    return Instruction(abs, [source], [target], make_node("move", []), **branch)


def merge_and_read(padding: int) -> Block:
    """Return a block that merges two branches after `padding` other instructions, and reads it."""
    instructions = [
        *[move(FIRST, RESULT) for _ in range(padding)],
        move(FIRST, MERGED, guard=((PREDICATE, False),)),
        move(PREDICATE, MERGED, guard=((PREDICATE, True),)),
        move(MERGED, RESULT),
    ]
    return Block(instructions, {}, frozenset([RESULT]))


@pytest.mark.parametrize("is_taken", [False, True])
@pytest.mark.parametrize("padding", range(4))
def test_a_merge_that_lies_in_two_pieces_has_the_value_of_the_branch_taken(
    padding: int, is_taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(straight_line, "_MAX_INSTRUCTIONS", 3)
    walked: list[Any] = [is_taken, 7, None, None]
    compiled = list(walked)
    merge_and_read(padding).walk(walked, None)
    merge_and_read(padding).run(compiled, None)
    assert compiled[RESULT] == walked[RESULT] == (1 if is_taken else 7)
