"""Giving operations other inputs: one after another, or all of those of a view."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.graph.walks import (
    check_graphs,
    get_consuming_ops,
    get_generating_ops,
    get_unique_graph,
    make_list_of_op,
    make_list_of_t,
)
from tensormill.graph_editor.views import SubGraphView, make_view

__all__ = [
    "add_control_inputs",
    "remove_control_inputs",
    "reroute_inputs",
    "reroute_ios",
    "reroute_outputs",
    "reroute_ts",
    "swap_inputs",
    "swap_ios",
    "swap_outputs",
    "swap_ts",
]

MayChange = Callable[[Operation], bool]


def reroute_ts(ts0: Any, ts1: Any, can_modify: Any = None, cannot_modify: Any = None) -> int:
    """Give what takes the tensors of `ts1` those of `ts0` in their place.

    Args:
      ts0: tensors.
      ts1: as many tensors.
      can_modify: the operations that may be given others; None for all.
      cannot_modify: operations that may not.

    Returns:
      How many inputs were changed.
    """
    return _reroute(ts0, ts1, _permission(can_modify, cannot_modify), swap=False)


def swap_ts(ts0: Any, ts1: Any, can_modify: Any = None, cannot_modify: Any = None) -> int:
    """Give what takes the tensors of one list those of the other, both ways; see `reroute_ts`."""
    return _reroute(ts0, ts1, _permission(can_modify, cannot_modify), swap=True)


def _permission(can_modify: Any, cannot_modify: Any) -> MayChange:
    allowed = None if can_modify is None else {id(op) for op in make_list_of_op(can_modify)}
    refused = {id(op) for op in make_list_of_op(() if cannot_modify is None else cannot_modify)}

    def may_change(op: Operation) -> bool:
        return id(op) not in refused and (allowed is None or id(op) in allowed)

    return may_change


def _reroute(ts0: Any, ts1: Any, may_change: MayChange, swap: bool) -> int:
    first, second = make_list_of_t(ts0), make_list_of_t(ts1)
    get_unique_graph([*first, *second], none_if_empty=True)
    if len(first) != len(second):
        raise ValueError(f"Cannot reroute {len(first)} tensors to {len(second)}")
    # All consumers are looked up before the first of them is changed.
    changes = []
    for tensor0, tensor1 in zip(first, second, strict=True):
        if tensor0 is tensor1:
            continue
        changes += list(_uses(tensor1, tensor0, may_change))
        if swap:
            changes += list(_uses(tensor0, tensor1, may_change))
    for op, index, tensor in changes:
        op._update_input(index, tensor)
    return len(changes)


def _uses(
    old: Tensor, new: Tensor, may_change: MayChange
) -> Iterable[tuple[Operation, int, Tensor]]:
    if not new.dtype.is_compatible_with(old.dtype):
        raise ValueError(f"Cannot give {new.name} ({new.dtype.name}) for {old.dtype.name}")
    for op in get_consuming_ops(old):
        if may_change(op):
            for index, tensor in enumerate(op.input_tensors):
                if tensor is old:
                    yield op, index, new


def swap_inputs(sgv0: Any, sgv1: Any) -> tuple[SubGraphView, SubGraphView]:
    """Give each of two views the inputs of the other."""
    return _reroute_inputs(sgv0, sgv1, swap=True)


def reroute_inputs(sgv0: Any, sgv1: Any) -> tuple[SubGraphView, SubGraphView]:
    """Give the second view the inputs of the first."""
    return _reroute_inputs(sgv0, sgv1, swap=False)


def swap_outputs(sgv0: Any, sgv1: Any) -> tuple[SubGraphView, SubGraphView]:
    """Give what takes the outputs of each of two views those of the other."""
    return _reroute_outputs(sgv0, sgv1, swap=True)


def reroute_outputs(sgv0: Any, sgv1: Any) -> tuple[SubGraphView, SubGraphView]:
    """Give what takes the outputs of the second view those of the first."""
    return _reroute_outputs(sgv0, sgv1, swap=False)


def swap_ios(sgv0: Any, sgv1: Any) -> tuple[SubGraphView, SubGraphView]:
    """Swap both inputs and outputs."""
    swap_inputs(sgv0, sgv1)
    return swap_outputs(sgv0, sgv1)


def reroute_ios(sgv0: Any, sgv1: Any) -> tuple[SubGraphView, SubGraphView]:
    """Reroute both inputs and outputs."""
    reroute_inputs(sgv0, sgv1)
    return reroute_outputs(sgv0, sgv1)


def _views(sgv0: Any, sgv1: Any) -> tuple[SubGraphView, SubGraphView]:
    view0, view1 = make_view(sgv0), make_view(sgv1)
    check_graphs(view0, view1)
    return view0, view1


def _reroute_inputs(sgv0: Any, sgv1: Any, swap: bool) -> tuple[SubGraphView, SubGraphView]:
    view0, view1 = _views(sgv0, sgv1)
    inputs0, inputs1 = view0.inputs, view1.inputs
    # A tensor that passes through a view has its ends outside of it.
    changed = [*view1.ops, *get_consuming_ops(view1.passthroughs)]
    if swap:
        changed += [*view0.ops, *get_consuming_ops(view0.passthroughs)]
    _reroute(inputs0, inputs1, _permission(changed, None), swap)
    if swap:
        view0._set_inputs(inputs1)
    view1._set_inputs(inputs0)
    return view0, view1


def _reroute_outputs(sgv0: Any, sgv1: Any, swap: bool) -> tuple[SubGraphView, SubGraphView]:
    view0, view1 = _views(sgv0, sgv1)
    # What is inside of a view goes on with what it makes itself.
    kept = [*view0.ops, *get_generating_ops(view0.passthroughs)]
    kept += [*view1.ops, *get_generating_ops(view1.passthroughs)]
    _reroute(view0.outputs, view1.outputs, _permission(None, kept), swap)
    return view0, view1


def remove_control_inputs(op: Operation, cops: Any) -> None:
    """Let an operation run without waiting for some.

    Raises:
      TypeError: it is no operation.
      ValueError: one of `cops` is not a control input of it.
    """
    _check_op(op)
    removed = {id(other) for other in make_list_of_op(cops, allow_graph=False)}
    for other in make_list_of_op(cops, allow_graph=False):
        if all(other is not each for each in op.control_inputs):
            raise ValueError(f"{op.name} is not a control_input of {other.name}")
    kept = [other for other in op.control_inputs if id(other) not in removed]
    op._remove_all_control_inputs()
    op._add_control_inputs(kept)


def add_control_inputs(op: Operation, cops: Any) -> None:
    """Let an operation run only after some others.

    Raises:
      TypeError: it is no operation.
      ValueError: one of `cops` is a control input of it already.
    """
    _check_op(op)
    added = make_list_of_op(cops, allow_graph=False)
    for other in added:
        if any(other is each for each in op.control_inputs):
            raise ValueError(f"{op.name} is already a control_input of {other.name}")
    op._add_control_inputs(added)


def _check_op(op: Any) -> None:
    if not isinstance(op, Operation):
        raise TypeError(f"Expected a tf.Operation, got: {type(op)}")
