"""`tensorflow.python.ops.control_flow_util`: questions about loops and branches.

Source: TensorFlow 1.15, python/ops/control_flow_util.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.control_primitives import MERGES
from tensormill.ops.control_flow_context import (
    is_loop_constant_enter,
    is_loop_enter,
    is_loop_exit,
    is_switch,
    output_context,
)

__all__ = [
    "ENABLE_CONTROL_FLOW_V2",
    "CheckInputFromValidContext",
    "EnableControlFlowV2",
    "GetContainingCondContext",
    "GetContainingWhileContext",
    "GetContainingXLAContext",
    "GetLoopConstantEnter",
    "GetOutputContext",
    "GetWhileContext",
    "GraphOrParentsInXlaContext",
    "InXlaContext",
    "IsCondMerge",
    "IsCondSwitch",
    "IsContainingContext",
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
    "OpInContext",
    "TensorInContext",
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
    return op.type in MERGES


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


def IsCondSwitch(op: Any) -> bool:
    """Return whether an operation is a Switch that leads into branches only."""
    if not is_switch(op) or not op.outputs:
        return False
    for consumer in (each for output in op.outputs for each in output.consumers()):
        context = consumer._get_control_flow_context()
        if is_loop_enter(consumer):
            context = context.outer_context
        if context is None or not context.IsCondContext():
            return False
    return True


def IsCondMerge(op: Any) -> bool:
    """Return whether an operation is a Merge of what branches give."""
    if not IsMerge(op) or not op.inputs:
        return False
    contexts = [output_context(tensor.op) for tensor in op.inputs]
    return all(context is not None and context.IsCondContext() for context in contexts)


def GetLoopConstantEnter(value: Any) -> Any:
    """Return the Enter by which a tensor comes into a loop that does not change it, or None."""
    op = value.op
    while op.type in ("Switch", "RefSwitch", "Identity", "RefIdentity"):
        op = op.inputs[0].op
    return op if is_loop_constant_enter(op) else None


def GetContainingXLAContext(ctxt: Any) -> Any:
    """Return None: there is no such compiler."""
    return None


def IsContainingContext(ctxt: Any, maybe_containing_ctxt: Any) -> bool:
    """Return whether a context is another, or inside of it; None is around all of them."""
    while ctxt is not maybe_containing_ctxt:
        if ctxt is None:
            return False
        ctxt = ctxt.outer_context
    return True


def OpInContext(op: Any, ctxt: Any) -> bool:
    """Return whether an operation is in a context."""
    return IsContainingContext(op._get_control_flow_context(), ctxt)


def TensorInContext(tensor: Any, ctxt: Any) -> bool:
    """Return whether the operation of a tensor is in a context."""
    return OpInContext(tensor.op, ctxt)


def CheckInputFromValidContext(op: Any, input_op: Any) -> None:
    """Raise a ValueError where an operation may not take what another one in a loop gives."""
    own, other = op._get_control_flow_context(), output_context(input_op)
    if other is None or own is other:
        return
    loop, other_loop = GetContainingWhileContext(own), GetContainingWhileContext(other)
    name, input_name = op.name, input_op.name
    if loop is None:
        if other_loop is None or is_loop_enter(op) or is_switch(op):
            return
        raise ValueError(
            f"Cannot use '{input_name}' as input to '{name}' because '{input_name}' is in a while "
            "loop. See info log for more details."
        )
    if not IsContainingContext(loop, other_loop) and not _is_gradient_of(loop, other_loop):
        raise ValueError(
            f"Cannot use '{input_name}' as input to '{name}' because they are in different while "
            "loops. See info log for more details."
        )


def _is_gradient_of(loop: Any, other: Any) -> bool:
    """Return whether one of two loops computes gradients for the other, or for what is in it."""
    forward = getattr(loop.grad_state, "forward_context", None)
    if forward is not None and (
        IsContainingContext(forward, other) or forward is getattr(other, "outer_context", None)
    ):
        return True
    behind = getattr(getattr(other, "grad_state", None), "forward_context", None)
    return behind is not None and behind is loop
