"""The table of op definitions by op type, apart from what fills it and what reads it."""

from __future__ import annotations

from tensormill.graph.op_def import OpDef

OP_DEFS: dict[str, OpDef] = {}


def get_op_def(op_type: str) -> OpDef:
    """Return the definition of an op type.

    Raises:
      KeyError: no such op type is registered.
    """
    return OP_DEFS[op_type]
