"""Walks along the edges of a graph, forwards and backwards, and the lists that they start from.

Source: TensorFlow 1.15, python/ops/op_selector.py and contrib/graph_editor/select.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tensormill.graph import gradient_registry
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor

__all__ = [
    "check_graphs",
    "concatenate_unique",
    "get_backward_walk_ops",
    "get_consuming_ops",
    "get_forward_walk_ops",
    "get_generating_ops",
    "get_tensors",
    "get_unique_graph",
    "get_walks_intersection_ops",
    "get_walks_union_ops",
    "is_differentiable",
    "is_iterable",
    "make_list_of_op",
    "make_list_of_t",
]

Neighbours = Callable[[Operation], Iterable[Operation]]


def is_differentiable(op: Operation) -> bool:
    """Return whether a gradient is registered for the type of an operation."""
    try:
        return gradient_registry.lookup(op) is not None
    except LookupError:
        return False


def is_iterable(obj: Any) -> bool:
    """Return whether something can be iterated over; a tensor counts as one thing."""
    if isinstance(obj, Tensor):
        return False
    try:
        iter(obj)
    except TypeError:
        return False
    return True


def concatenate_unique(la: list[Any], lb: Iterable[Any]) -> list[Any]:
    """Append to `la` what it does not hold yet of `lb`, and return it."""
    held = {id(each) for each in la}
    for each in lb:
        if id(each) not in held:
            la.append(each)
            held.add(id(each))
    return la


def get_tensors(graph: Any) -> list[Tensor]:
    """Return all tensors of a graph.

    Raises:
      TypeError: it is no graph.
    """
    if not isinstance(graph, Graph):
        raise TypeError(f"Expected a graph, got: {type(graph)}")
    return [tensor for op in graph.get_operations() for tensor in op.outputs]


def get_unique_graph(tops: Any, check_types: Any = None, none_if_empty: bool = False) -> Any:
    """Return the graph that all of the operations and tensors are in.

    Args:
      tops: operations and tensors, or the graph itself.
      check_types: the classes that are allowed.
      none_if_empty: return None for an empty list.

    Raises:
      TypeError: something is of another class.
      ValueError: they are in several graphs, or there are none.
    """
    if isinstance(tops, Graph):
        return tops
    if not is_iterable(tops):
        raise TypeError(f"{type(tops)} is not iterable")
    if check_types is None:
        check_types = (Operation, Tensor)
    elif not is_iterable(check_types):
        check_types = (check_types,)
    graph: Any = None
    kinds: Any = tuple(check_types)
    for each in tops:
        if not isinstance(each, kinds):
            wanted = ", ".join(str(kind) for kind in kinds)
            raise TypeError(f"Expected a type in ({wanted}), got: {type(each)}")
        graph = graph or each.graph
        if each.graph is not graph:
            raise ValueError(f"Operation {each} does not belong to given graph")
    if graph is None and not none_if_empty:
        raise ValueError("Can't find the unique graph of an empty list")
    return graph


def check_graphs(*args: Any) -> None:
    """Check that all arguments with a graph are in the same one.

    Raises:
      ValueError: they are not.
    """
    graph: Any = None
    for index, each in enumerate(args):
        graph = graph or each.graph
        if each.graph is not None and each.graph is not graph:
            raise ValueError(f"Argument[{index}]: Wrong graph!")


def make_list_of_op(
    ops: Any, check_graph: bool = True, allow_graph: bool = True, ignore_ts: bool = False
) -> list[Operation]:
    """Return the operations of a graph, a list or an operation.

    Args:
      ops: these.
      check_graph: refuse operations of several graphs.
      allow_graph: take a graph for all its operations.
      ignore_ts: leave tensors out rather than refuse them.

    Raises:
      TypeError: something else is among them.
      ValueError: they are in several graphs.
    """
    return _listed(ops, Operation, Graph.get_operations, check_graph, allow_graph, ignore_ts)


def make_list_of_t(
    ts: Any, check_graph: bool = True, allow_graph: bool = True, ignore_ops: bool = False
) -> list[Tensor]:
    """Return the tensors of a graph, a list or a tensor.

    Args:
      ts: these.
      check_graph: refuse tensors of several graphs.
      allow_graph: take a graph for all its tensors.
      ignore_ops: leave operations out rather than refuse them.

    Raises:
      TypeError: something else is among them.
      ValueError: they are in several graphs.
    """
    return _listed(ts, Tensor, get_tensors, check_graph, allow_graph, ignore_ops)


def _listed(
    given: Any,
    kind: type[Any],
    all_of: Callable[[Graph], list[Any]],
    check_graph: bool,
    allow_graph: bool,
    ignore_others: bool,
) -> list[Any]:
    if isinstance(given, Graph):
        if not allow_graph:
            raise TypeError("allow_graph is False: cannot convert a tf.Graph.")
        return all_of(given)
    members = list(given) if is_iterable(given) else [given]
    if members and check_graph:
        get_unique_graph(members, check_types=None if ignore_others else kind)
    return [member for member in members if isinstance(member, kind)]


def get_generating_ops(ts: Any) -> list[Operation]:
    """Return the operations that tensors are outputs of, one for each tensor."""
    return [tensor.op for tensor in make_list_of_t(ts, allow_graph=False)]


def get_consuming_ops(ts: Any) -> list[Operation]:
    """Return the operations that tensors are inputs of, each once."""
    tensors = make_list_of_t(ts, allow_graph=False)
    return concatenate_unique([], (op for tensor in tensors for op in tensor.consumers()))


def get_backward_walk_ops(
    seed_ops: Any,
    inclusive: bool = True,
    within_ops: Any = None,
    within_ops_fn: Callable[[Operation], bool] | None = None,
    stop_at_ts: Any = (),
    control_inputs: bool = False,
    only_differentiable: bool = False,
) -> list[Operation]:
    """Return the operations that some depend on, the nearest first.

    Args:
      seed_ops: the operations, or tensors, to begin with.
      inclusive: whether these are among what is returned.
      within_ops: the operations that the walk stays among.
      within_ops_fn: says of an operation whether the walk may go there.
      stop_at_ts: tensors that the walk does not cross.
      control_inputs: also walk along control inputs.
      only_differentiable: walk on only from operations that have a gradient, along data.
    """
    seeds = _seeds(seed_ops, get_generating_ops)
    stops = {id(tensor) for tensor in make_list_of_t(stop_at_ts)}

    def before(op: Operation) -> Iterable[Operation]:
        if only_differentiable and not is_differentiable(op):
            return
        for tensor in op.input_tensors:
            if id(tensor) not in stops:
                yield tensor.op
        if control_inputs and not only_differentiable:
            yield from op.control_inputs

    return _walk(seeds, before, inclusive, within_ops, within_ops_fn)


def get_forward_walk_ops(
    seed_ops: Any,
    inclusive: bool = True,
    within_ops: Any = None,
    within_ops_fn: Callable[[Operation], bool] | None = None,
    stop_at_ts: Any = (),
    control_outputs: Any = None,
) -> list[Operation]:
    """Return the operations that depend on some, the nearest first.

    Args:
      seed_ops: the operations, or tensors, to begin with.
      inclusive: whether these are among what is returned.
      within_ops: the operations that the walk stays among.
      within_ops_fn: says of an operation whether the walk may go there.
      stop_at_ts: tensors that the walk does not cross.
      control_outputs: True, or an object with `get`, also walks along control outputs.
    """
    seeds = _seeds(seed_ops, get_consuming_ops)
    stops = {id(tensor) for tensor in make_list_of_t(stop_at_ts)}
    controlled = _control_outputs_by(control_outputs)

    def after(op: Operation) -> Iterable[Operation]:
        for tensor in op.outputs:
            if id(tensor) not in stops:
                yield from tensor.consumers()
        yield from controlled(op)

    return _walk(seeds, after, inclusive, within_ops, within_ops_fn)


def get_walks_intersection_ops(
    forward_seed_ops: Any,
    backward_seed_ops: Any,
    forward_inclusive: bool = True,
    backward_inclusive: bool = True,
    within_ops: Any = None,
    within_ops_fn: Callable[[Operation], bool] | None = None,
    control_inputs: bool = False,
    control_outputs: Any = None,
    control_ios: Any = None,
) -> list[Operation]:
    """Return the operations on the ways from the first seeds to the second ones."""
    forward, backward = _both_walks(
        (forward_seed_ops, forward_inclusive),
        (backward_seed_ops, backward_inclusive),
        (within_ops, within_ops_fn),
        (control_inputs, control_outputs, control_ios),
    )
    behind = {id(op) for op in backward}
    return [op for op in forward if id(op) in behind]


def get_walks_union_ops(
    forward_seed_ops: Any,
    backward_seed_ops: Any,
    forward_inclusive: bool = True,
    backward_inclusive: bool = True,
    within_ops: Any = None,
    within_ops_fn: Callable[[Operation], bool] | None = None,
    control_inputs: bool = False,
    control_outputs: Any = None,
    control_ios: Any = None,
) -> list[Operation]:
    """Return the operations that depend on the first seeds or that the second ones depend on."""
    forward, backward = _both_walks(
        (forward_seed_ops, forward_inclusive),
        (backward_seed_ops, backward_inclusive),
        (within_ops, within_ops_fn),
        (control_inputs, control_outputs, control_ios),
    )
    return concatenate_unique(forward, backward)


def _both_walks(
    forward_from: tuple[Any, bool],
    backward_from: tuple[Any, bool],
    within: tuple[Any, Callable[[Operation], bool] | None],
    controls: tuple[bool, Any, Any],
) -> tuple[list[Operation], list[Operation]]:
    control_inputs, control_outputs, control_ios = controls
    if control_ios is not None:
        if control_inputs or control_outputs is not None:
            raise ValueError("control_inputs and control_outputs go without control_ios.")
        control_inputs, control_outputs = bool(control_ios), control_ios
    forward = get_forward_walk_ops(*forward_from, *within, (), control_outputs)
    backward = get_backward_walk_ops(*backward_from, *within, (), control_inputs)
    return forward, backward


def _seeds(seeds: Any, ops_of: Callable[[Any], list[Operation]]) -> list[Operation]:
    """Return the operations to begin with; `ops_of` has those of tensors."""
    seeds = list(seeds) if is_iterable(seeds) else [seeds]
    if seeds and isinstance(seeds[0], Tensor):
        return ops_of(make_list_of_t(seeds, allow_graph=False))
    return make_list_of_op(seeds, allow_graph=False)


def _control_outputs_by(given: Any) -> Neighbours:
    if given is None or given is False:
        return lambda op: ()
    if given is True:
        return lambda op: op._control_outputs_list
    return lambda op: given.get(op) or ()


def _walk(
    seeds: Sequence[Operation],
    neighbours: Neighbours,
    inclusive: bool,
    within_ops: Any,
    within_ops_fn: Callable[[Operation], bool] | None,
) -> list[Operation]:
    """Return what is reached, wave after wave."""
    inside = None
    if within_ops:
        inside = {id(op) for op in make_list_of_op(within_ops, allow_graph=False)}

    def may_enter(op: Operation) -> bool:
        if inside is not None and id(op) not in inside:
            return False
        return within_ops_fn is None or within_ops_fn(op)

    first = [op for op in concatenate_unique([], seeds) if inside is None or id(op) in inside]
    found = list(first)
    seen = {id(op) for op in found}
    for op in found:
        for other in neighbours(op):
            if id(other) not in seen and may_enter(other):
                seen.add(id(other))
                found.append(other)
    return found if inclusive else found[len(first) :]
