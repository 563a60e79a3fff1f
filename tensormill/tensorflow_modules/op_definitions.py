"""`tensorflow.python.framework.op_def_registry`: the definitions of the ops as messages."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_def_codec import to_op_def
from tensormill.graph.op_table import OP_DEFS

__all__ = ["get", "get_registered_ops", "sync"]


def get(op_type: str) -> Any:
    """Return the OpDef of an op type, None where there is none."""
    op_def = OP_DEFS.get(op_type)
    return None if op_def is None else to_op_def(op_def)


def get_registered_ops() -> dict[str, Any]:
    """Return the OpDefs by op type."""
    return {op_type: to_op_def(op_def) for op_type, op_def in OP_DEFS.items()}


def sync() -> None:
    """Do nothing: there is one registry."""
