"""Nodes for tests of plans, and what the plan of a step consists of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensormill as tf
from tensormill.graph import dtypes
from tensormill.graph.op_def import OpDef
from tensormill.runtime.node import Node
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.plan.program import Program

_TEST_OP = OpDef("PlanTest", ("x: float32",), ("y: float32",), ())


def make_node(name: str, inputs: Sequence[Node], controls: Sequence[Node] = ()) -> Node:
    edges = [(source, 0) for source in inputs]
    return Node(name, _TEST_OP, {}, edges, list(controls), "", [dtypes.float32], [()])


def instructions_in(program: Program) -> list[Instruction]:
    """Return all instructions of a program."""
    return [i for segment in program.segments for i in segment.block.block.instructions]


def instructions_of(
    session: tf.Session,
    fetches: Sequence[Any],
    feeds: Sequence[tf.Tensor] = (),
    targets: Sequence[tf.Operation] = (),
) -> list[Instruction]:
    """Return the instructions of the plan of a step."""
    prepared = session._master_session.prepare(list(feeds), list(fetches), list(targets))
    return instructions_in(prepared.program)
