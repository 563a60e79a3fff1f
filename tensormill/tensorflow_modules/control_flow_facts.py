"""`tensorflow.python.ops.control_flow_util`: questions about loops and branches.

Source: TensorFlow 1.15, python/ops/control_flow_util.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.ops.control_flow_context import (
    is_loop_constant_enter,
    is_loop_enter,
    is_loop_exit,
    is_switch,
    output_context,
)

__all__ = [
    "ENABLE_CONTROL_FLOW_V2",
    "EnableControlFlowV2",
    "GetContainingCondContext",
    "GetContainingWhileContext",
    "GetOutputContext",
    "GetWhileContext",
    "GraphOrParentsInXlaContext",
    "InXlaContext",
    "IsInCond",
    "IsInWhileLoop",
    "IsInXLAContext",
    "IsLoopConstantEnter",
    "IsLoopEnter",
    "IsLoopExit",
    "IsLoopMerge",
    "IsLoopSwitch",
    "IsMerge",
    "IsSwitch",
    "enable_control_flow_v2",
]

# Functional control flow: programs may set this, and nothing changes.
ENABLE_CONTROL_FLOW_V2 = False

IsSwitch = is_switch
IsLoopEnter = is_loop_enter
IsLoopExit = is_loop_exit
IsLoopConstantEnter = is_loop_constant_enter
GetOutputContext = output_context


def enable_control_flow_v2() -> None:
    """Do nothing: loops and branches are always made of Switch, Merge and the like."""


def EnableControlFlowV2(graph: Any) -> bool:
    """Return False: loops and branches are never functional."""
    return False


def IsMerge(op: Any) -> bool:
    """Return whether an operation is a Merge."""
    return op.type in ("Merge", "RefMerge")


def IsInXLAContext(op: Any) -> bool:
    """Return False: there is no such compiler."""
    return False


InXlaContext = GraphOrParentsInXlaContext = IsInXLAContext


def GetContainingWhileContext(ctxt: Any, stop_ctxt: Any = None) -> Any:
    """Return the first loop from a context outwards; `stop_ctxt` ends the search."""
    while ctxt is not None:
        if ctxt.IsWhileContext() or ctxt is stop_ctxt:
            return ctxt
        ctxt = ctxt.outer_context
    return None


def GetContainingCondContext(ctxt: Any) -> Any:
    """Return the first branch from a context outwards, or None."""
    while ctxt is not None:
        if ctxt.IsCondContext():
            return ctxt
        ctxt = ctxt.outer_context
    return None


def GetWhileContext(op: Any) -> Any:
    """Return the loop that an operation is in, or None."""
    context = op._get_control_flow_context()
    return None if context is None else context.GetWhileContext()


def IsInWhileLoop(op: Any) -> bool:
    """Return whether an operation is in a loop."""
    return GetContainingWhileContext(op._get_control_flow_context()) is not None


def IsInCond(op: Any) -> bool:
    """Return whether an operation is in a branch."""
    return GetContainingCondContext(op._get_control_flow_context()) is not None


def IsLoopSwitch(op: Any) -> bool:
    """Return whether an operation is a Switch of a loop itself, not of a branch in it."""
    context = op._get_control_flow_context()
    return is_switch(op) and context is not None and context.IsWhileContext()


def IsLoopMerge(op: Any) -> bool:
    """Return whether an operation is a Merge of a loop itself, not of a branch in it."""
    context = op._get_control_flow_context()
    return IsMerge(op) and context is not None and context.IsWhileContext()
