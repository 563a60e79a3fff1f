"""Which values an operation may use: those of loops around it, but not those inside of other loops.

Source: TensorFlow 1.15, python/ops/control_flow_util.py (CheckInputFromValidContext).
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.control_primitives import ENTERS, EXITS, SWITCHES

__all__ = ["check_input"]

# These take values over the border of a loop or branch.
_BORDERS = ENTERS | SWITCHES


def check_input(op: Any, source: Any) -> None:
    """Refuse an input from inside of a loop that `op` is not in.

    Args:
      op: a new operation, in the context in which it is made.
      source: the operation that makes the input.

    Raises:
      ValueError: the input is inside of another loop.
    """
    context = source._control_flow_context
    if context is not None and source.type in EXITS:
        context = context.outer_context
    inside = None if context is None else context.GetWhileContext()
    if inside is None:
        return
    around = op._control_flow_context
    loop = None if around is None else around.GetWhileContext()
    if loop is None:
        if op.type in _BORDERS:
            return
        reason = f"'{source.name}' is in a while loop"
    else:
        if _encloses(inside, loop):
            return
        state = loop.grad_state
        forward = None if state is None else state.forward_context
        if forward is not None and (_encloses(inside, forward) or forward.outer_context is inside):
            return
        reason = "they are in different while loops"
    raise ValueError(
        f"Cannot use '{source.name}' as input to '{op.name}' because {reason}. See info log for "
        "more details."
    )


def _encloses(outer: Any, inner: Any) -> bool:
    while inner is not None:
        if inner is outer:
            return True
        inner = inner.outer_context
    return False
