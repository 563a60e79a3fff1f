"""Cutting a part of a graph out of its surroundings, connecting two, and going around one."""

from __future__ import annotations

from typing import Any

from tensormill.graph.tensor import Tensor
from tensormill.graph.walks import check_graphs
from tensormill.graph_editor import rerouting
from tensormill.graph_editor.placeholders import make_placeholder_from_tensor
from tensormill.graph_editor.selection import ControlOutputs, check_cios
from tensormill.graph_editor.views import SubGraphView, make_view

__all__ = [
    "bypass",
    "connect",
    "detach",
    "detach_control_inputs",
    "detach_control_outputs",
    "detach_inputs",
    "detach_outputs",
]


def detach_control_inputs(sgv: Any) -> None:
    """Let the operations of a view run without waiting for others outside of it."""
    view = make_view(sgv)
    within = {id(op) for op in view.ops}
    for op in view.ops:
        outside = [other for other in op.control_inputs if id(other) not in within]
        rerouting.remove_control_inputs(op, outside)


def detach_control_outputs(sgv: Any, control_outputs: ControlOutputs) -> None:
    """Let the operations outside of a view run without waiting for those of the view.

    Raises:
      TypeError: `control_outputs` is no `ControlOutputs`.
    """
    if not isinstance(control_outputs, ControlOutputs):
        raise TypeError(f"Expected a util.ControlOutputs, got: {type(control_outputs)}")
    view = make_view(sgv)
    within = {id(op) for op in view.ops}
    for op in view.ops:
        for other in control_outputs.get(op):
            if id(other) not in within:
                rerouting.remove_control_inputs(other, op)


def detach_inputs(sgv: Any, control_inputs: bool = False) -> tuple[SubGraphView, list[Tensor]]:
    """Give a view placeholders for inputs.

    Returns:
      The view, and the placeholders.
    """
    view = make_view(sgv)
    placeholders = _placeholders(view, view.inputs)
    rerouting.swap_inputs(view, placeholders)
    if control_inputs:
        detach_control_inputs(view)
    return view, placeholders


def detach_outputs(
    sgv: Any, control_outputs: ControlOutputs | None = None
) -> tuple[SubGraphView, list[Tensor]]:
    """Give what takes the outputs of a view placeholders for them.

    Returns:
      The view, with those outputs only that something takes, and the placeholders.
    """
    view = make_view(sgv)
    taken = [index for index, tensor in enumerate(view.outputs) if tensor.consumers()]
    view = view.remap_outputs(taken)
    placeholders = _placeholders(view, view.outputs)
    rerouting.swap_outputs(view, placeholders)
    if control_outputs is not None:
        detach_control_outputs(view, control_outputs)
    return view, placeholders


def detach(
    sgv: Any, control_inputs: Any = False, control_outputs: Any = None, control_ios: Any = None
) -> tuple[SubGraphView, list[Tensor], list[Tensor]]:
    """Cut a view out: placeholders for its inputs, and for its outputs where they are taken.

    Returns:
      The view, the placeholders for its inputs, and those for its outputs.
    """
    control_inputs, control_outputs = check_cios(control_inputs, control_outputs, control_ios)
    _, for_inputs = detach_inputs(sgv, control_inputs)
    view, for_outputs = detach_outputs(sgv, control_outputs)
    return view, for_inputs, for_outputs


def connect(
    sgv0: Any, sgv1: Any, disconnect_first: bool = False
) -> tuple[SubGraphView, SubGraphView]:
    """Make the outputs of the first view the inputs of the second.

    Args:
      sgv0: the first view.
      sgv1: the second one.
      disconnect_first: take the outputs of the first from whatever takes them now.
    """
    view0, view1 = make_view(sgv0), make_view(sgv1)
    check_graphs(view0, view1)
    if disconnect_first:
        detach_outputs(view0)
    rerouting.reroute_inputs(SubGraphView(passthrough_ts=view0.outputs), view1)
    return view0, view1


def bypass(sgv: Any) -> tuple[SubGraphView, list[Tensor]]:
    """Give what takes the outputs of a view its inputs instead.

    Returns:
      The view, which has placeholders for inputs then, and these.
    """
    view = make_view(sgv)
    around = SubGraphView(passthrough_ts=view.inputs)
    view, placeholders = detach_inputs(view)
    rerouting.reroute_outputs(around, view)
    return view, placeholders


def _placeholders(view: SubGraphView, tensors: list[Tensor]) -> list[Tensor]:
    with view.graph.as_default():
        return [make_placeholder_from_tensor(tensor) for tensor in tensors]
