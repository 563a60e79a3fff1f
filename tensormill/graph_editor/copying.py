"""Copies of parts of a graph, in the same graph or another one, changed on the way.

A `Transformer` copies operation after operation; its handlers say what becomes of each, and of what
comes from outside. In a loop of the graph, an operation is copied before one of its inputs: that
gets a placeholder for the time being, and its input when all are copied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.graph import Graph
from tensormill.graph.node_def_codec import attr_from_proto, to_node_def
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.graph.walks import (
    concatenate_unique,
    get_unique_graph,
    get_walks_intersection_ops,
    is_iterable,
)
from tensormill.graph_editor.placeholders import make_placeholder_from_tensor
from tensormill.graph_editor.selection import ControlOutputs
from tensormill.graph_editor.views import SubGraphView, make_view
from tensormill.ops.control_flow_context import is_containing, is_loop_enter, while_context_of

__all__ = [
    "Transformer",
    "TransformerInfo",
    "assign_renamed_collections_handler",
    "copy",
    "copy_op_handler",
    "copy_with_input_replacements",
    "graph_replace",
    "keep_t_if_possible_handler",
    "replace_t_with_placeholder_handler",
    "transform_op_if_inside_handler",
]


class TransformerInfo:
    """What was made of what, while a part of a graph is copied and afterwards.

    Attributes:
      sgv: the view that is copied.
      graph: its graph.
      scope: the scope that it is copied from, "" or ending in a slash.
      graph_: the graph of the copies.
      scope_: the scope of the copies.
      control_outputs: the control outputs of the graph.
      transformed_ops: operation -> its copy.
      transformed_ts: tensor -> its copy.
    """

    def __init__(self, sgv: SubGraphView, graph_: Graph, scope_: str, scope: str) -> None:
        self.sgv = sgv
        self.graph = sgv.graph
        self.scope = scope
        self.graph_ = graph_
        self.scope_ = scope_
        self.control_outputs = ControlOutputs(self.graph)
        self.transformed_ops: dict[Operation, Operation | None] = {}
        self.transformed_ts: dict[Tensor, Tensor] = {}
        # Programs read these two by the names that TensorFlow gives them.
        self._transformed_ops = self.transformed_ops
        self._transformed_ts = self.transformed_ts
        self._frames: dict[bytes, bytes] = {}

    def new_name(self, name: str) -> str:
        """Return the name of the copy of something, before it is made unique.

        Raises:
          ValueError: the name is not in the scope that is copied from.
        """
        if not name.startswith(self.scope):
            raise ValueError(f"{name} does not belong to source scope: {self.scope}.")
        return self.scope_ + name[len(self.scope) :]

    def frame_name(self, name: bytes) -> bytes:
        """Return the frame of the copy of a loop: two loops of a graph never share one."""
        if name not in self._frames:
            self._frames[name] = self.graph_.unique_name(name.decode()).encode()
        return self._frames[name]

    def transformed(self, original: Any, missing_fn: Callable[[Any], Any] | None = None) -> Any:
        """Return the copies of operations, tensors or a structure of them.

        Args:
          original: these; a name stands for what has it in the graph.
          missing_fn: what to return for something that was not copied; None for None.
        """
        return _mapped(original, self._forwards(), self.graph, missing_fn)

    def original(self, transformed: Any, missing_fn: Callable[[Any], Any] | None = None) -> Any:
        """Return what operations, tensors or a structure of them are copies of."""
        backwards = {
            after: before for before, after in self._forwards().items() if after is not None
        }
        return _mapped(transformed, backwards, self.graph_, missing_fn)

    def _forwards(self) -> dict[Any, Any]:
        return {**self.transformed_ops, **self.transformed_ts}

    def __str__(self) -> str:
        pairs = [(op.name, new) for op, new in self.transformed_ops.items()]
        lines = [f"  {name} -> {new and new.name}" for name, new in pairs]
        return "\n".join([f"Transformer result info: {len(pairs)} operations", *lines])


def _mapped(
    tree: Any, table: dict[Any, Any], graph: Graph, missing_fn: Callable[[Any], Any] | None
) -> Any:
    def replaced(element: Any) -> Any:
        if isinstance(element, str):
            element = graph.as_graph_element(element)
        found = table.get(element) if isinstance(element, (Tensor, Operation)) else None
        if found is None and missing_fn is not None:
            return missing_fn(element)
        return found

    if isinstance(tree, Mapping):
        return {key: _mapped(value, table, graph, missing_fn) for key, value in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(_mapped(value, table, graph, missing_fn) for value in tree))
    if isinstance(tree, (list, tuple)):
        return type(tree)(_mapped(value, table, graph, missing_fn) for value in tree)
    return replaced(tree)


def replace_t_with_placeholder_handler(info: TransformerInfo, t: Tensor) -> Tensor:
    """Return a placeholder for a tensor from outside."""
    with info.graph_.as_default():
        return make_placeholder_from_tensor(t, scope=info.scope_)


def keep_t_if_possible_handler(info: TransformerInfo, t: Tensor) -> Tensor:
    """Return a tensor from outside itself where the copies are in its graph, else a placeholder."""
    return t if info.graph is info.graph_ else replace_t_with_placeholder_handler(info, t)


def assign_renamed_collections_handler(info: TransformerInfo, elem: Any, elem_: Any) -> None:
    """Put the copy of something into the collections that the thing is in.

    A collection whose name is in the scope that is copied from has a name in the new scope.
    """
    for name in info.graph.get_all_collection_keys():
        if any(each is elem for each in info.graph.get_collection_ref(name)):
            is_inside = isinstance(name, str) and info.scope and name.startswith(info.scope)
            info.graph_.add_to_collection(info.new_name(name) if is_inside else name, elem_)


def transform_op_if_inside_handler(
    info: TransformerInfo, op: Operation, keep_if_possible: bool = True
) -> Operation | None:
    """Return the copy of an operation; of one from outside, itself where that can be kept."""
    if op in info.transformed_ops:
        return info.transformed_ops[op]
    return op if keep_if_possible and info.graph is info.graph_ else None


def copy_op_handler(
    info: TransformerInfo,
    op: Operation,
    new_inputs: list[Tensor],
    copy_shape: bool = False,
    nodedef_fn: Callable[[Any], Any] | None = None,
) -> tuple[Operation, list[Tensor]]:
    """Copy an operation.

    Args:
      info: what is copied, and where to.
      op: the operation.
      new_inputs: the inputs of the copy.
      copy_shape: whether the outputs get the static shapes of the original ones.
      nodedef_fn: makes of a NodeDef that of the copy; its attributes count.

    Returns:
      The copy and its outputs.
    """
    attrs = dict(op.attrs)
    if nodedef_fn is not None:
        changed = nodedef_fn(to_node_def(op))
        attrs = {key: attr_from_proto(value) for key, value in changed.attr.items()}
    if is_loop_enter(op):
        attrs["frame_name"] = info.frame_name(attrs["frame_name"])
    name = info.graph_.unique_name(info.new_name(op.name))
    made = info.graph_.add_operation(
        op.op_schema, list(new_inputs), attrs, name, apply_scopes=False
    )
    made._set_device(op.device)
    if copy_shape:
        for old, new in zip(op.outputs, made.outputs, strict=True):
            new.set_shape(old.shape)
    return made, made.outputs


class Transformer:
    """Copies a part of a graph.

    Attributes:
      transform_op_handler: called with the info, an operation and its new inputs; returns the copy
        and its outputs.
      transform_control_input_handler: called with the info and an operation; returns what stands
        for it as a control input, None for nothing.
      transform_external_input_handler: called with the info and an input of the view.
      transform_external_hidden_input_handler: the same for a tensor from outside that is no input
        of the view, as one that was remapped away.
      transform_original_op_handler: returns what the copy of an operation was derived from.
      assign_collections_handler: called with the info, a thing and its copy.
    """

    def __init__(self) -> None:
        self.transform_op_handler: Any = copy_op_handler
        self.transform_control_input_handler: Any = transform_op_if_inside_handler
        self.transform_external_input_handler: Any = keep_t_if_possible_handler
        self.transform_external_hidden_input_handler: Any = keep_t_if_possible_handler
        self.transform_original_op_handler: Any = transform_op_if_inside_handler
        self.assign_collections_handler: Any = assign_renamed_collections_handler

    def __call__(
        self,
        sgv: Any,
        dst_graph: Graph,
        dst_scope: str,
        src_scope: str = "",
        reuse_dst_scope: bool = False,
    ) -> tuple[SubGraphView, TransformerInfo]:
        """Copy what a view holds.

        Args:
          sgv: the view, or what makes one.
          dst_graph: the graph of the copies.
          dst_scope: their scope.
          src_scope: the scope that is taken off the names.
          reuse_dst_scope: whether the scope may be one that exists.

        Returns:
          A view of the copies, and what was made of what.

        Raises:
          TypeError: `dst_graph` is no graph.
          ValueError: an operation is not in `src_scope`.
        """
        view = make_view(sgv)
        if not isinstance(dst_graph, Graph):
            raise TypeError(f"Expected a tf.Graph, got: {type(dst_graph)}")
        source, target = _scope(src_scope), _scope(dst_scope)
        if target and not reuse_dst_scope:
            target = _scope(dst_graph.unique_name(target[:-1]))
        info = TransformerInfo(view, dst_graph, target, source)
        self._copy_ops(info)
        self._connect_control_inputs(info)
        return _view_of_copies(info), info

    def _copy_ops(self, info: TransformerInfo) -> None:
        later: list[tuple[Operation, int, Tensor]] = []
        inside = {id(op) for op in info.sgv.ops}
        for op in _in_order(info.sgv.ops):
            new_inputs = []
            for index, tensor in enumerate(op.input_tensors):
                if id(tensor.op) in inside and tensor not in info.transformed_ts:
                    later.append((op, index, tensor))
                    new_inputs.append(replace_t_with_placeholder_handler(info, tensor))
                else:
                    new_inputs.append(self._new_tensor(info, tensor))
            made, outputs = self.transform_op_handler(info, op, new_inputs)
            info.transformed_ops[op] = made
            if made is not None and made is not op:
                if op._original_op is not None:
                    made._original = self.transform_original_op_handler(info, op._original_op)
                self.assign_collections_handler(info, op, made)
            for old, new in zip(op.outputs, outputs, strict=True):
                info.transformed_ts[old] = new
                if new is not old:
                    self.assign_collections_handler(info, old, new)
        for op, index, tensor in later:
            copied = info.transformed_ops[op]
            if copied is not None:
                copied._update_input(index, info.transformed_ts[tensor])

    def _new_tensor(self, info: TransformerInfo, tensor: Tensor) -> Tensor:
        """Return the copy of an input, or what stands for it from outside."""
        found = info.transformed_ts.get(tensor)
        if found is None:
            if any(tensor is each for each in info.sgv.inputs):
                found = self.transform_external_input_handler(info, tensor)
            else:
                found = self.transform_external_hidden_input_handler(info, tensor)
            info.transformed_ts[tensor] = found
        return found

    def _connect_control_inputs(self, info: TransformerInfo) -> None:
        for op, made in list(info.transformed_ops.items()):
            if made is None or made is op:
                continue
            new = [self.transform_control_input_handler(info, each) for each in op.control_inputs]
            made._add_control_inputs([each for each in new if each is not None])


def _scope(scope: str) -> str:
    return f"{scope}/" if scope and not scope.endswith("/") else scope


def _in_order(ops: list[Operation]) -> list[Operation]:
    """Return operations in the order in which they were made: inputs first, but in loops."""
    return sorted(ops, key=lambda op: op._id)


def _view_of_copies(info: TransformerInfo) -> SubGraphView:
    """Return a view of the copies with inputs and outputs in the order of the original ones."""
    view = info.sgv
    copies = [made for made in info.transformed_ops.values() if made is not None]
    passing = [info.transformed_ts.get(tensor, tensor) for tensor in view.passthroughs]
    other = SubGraphView(copies, [t for t in passing if t.graph is info.graph_])
    others_in, others_out = list(other.inputs), list(other.outputs)
    other._input_ts = concatenate_unique([], _known(info, view.inputs, others_in))
    other._output_ts = _known(info, view.outputs, others_out)
    return other


def _known(info: TransformerInfo, tensors: list[Tensor], there: list[Tensor]) -> list[Tensor]:
    copies = [info.transformed_ts.get(tensor) for tensor in tensors]
    return [tensor for tensor in copies if any(tensor is each for each in there)]  # type: ignore[misc]


def copy(
    sgv: Any,
    dst_graph: Graph | None = None,
    dst_scope: str = "",
    src_scope: str = "",
    reuse_dst_scope: bool = False,
) -> tuple[SubGraphView, TransformerInfo]:
    """Copy a part of a graph; see `Transformer`.

    Args:
      sgv: the part.
      dst_graph: the graph of the copies; None for the same.
      dst_scope: their scope.
      src_scope: the scope that is taken off the names.
      reuse_dst_scope: whether the scope may be one that exists.
    """
    view = make_view(sgv)
    graph = view.graph if dst_graph is None else dst_graph
    return Transformer()(view, graph, dst_scope, src_scope, reuse_dst_scope)


def copy_with_input_replacements(
    sgv: Any,
    replacement_ts: Mapping[Any, Any],
    dst_graph: Graph | None = None,
    dst_scope: str = "",
    src_scope: str = "",
    reuse_dst_scope: bool = False,
) -> tuple[SubGraphView, TransformerInfo]:
    """Copy a part of a graph with other tensors for some of its inputs.

    Args:
      sgv: the part.
      replacement_ts: tensor -> what stands for it in the copy.
      dst_graph: the graph of the copies; None for the same.
      dst_scope: their scope.
      src_scope: the scope that is taken off the names.
      reuse_dst_scope: whether the scope may be one that exists.
    """
    view = make_view(sgv)
    graph = view.graph if dst_graph is None else dst_graph
    replacements = dict(_tensors_by_tensor(replacement_ts))

    def replaced(info: TransformerInfo, tensor: Tensor) -> Tensor:
        found = replacements.get(tensor)
        return keep_t_if_possible_handler(info, tensor) if found is None else found

    transformer = Transformer()
    transformer.transform_external_input_handler = replaced
    return transformer(view, graph, dst_scope, src_scope, reuse_dst_scope)


def graph_replace(
    target_ts: Any,
    replacement_ts: Mapping[Any, Any],
    dst_scope: str = "",
    src_scope: str = "",
    reuse_dst_scope: bool = False,
) -> Any:
    """Return what tensors would be if some tensors that they depend on were others.

    What lies between is copied.

    Args:
      target_ts: a tensor or a structure of tensors.
      replacement_ts: tensor -> the other one.
      dst_scope: the scope of the copies.
      src_scope: the scope that is taken off the names.
      reuse_dst_scope: whether the scope may be one that exists.

    Raises:
      ValueError: the targets do not depend on what is to be replaced.
    """
    targets = _leaves(target_ts)
    graph = get_unique_graph(targets, check_types=Tensor)
    replacements = dict(_tensors_by_tensor(replacement_ts))
    controls = ControlOutputs(graph)
    ops = get_walks_intersection_ops(list(replacements), targets, control_ios=controls)
    if not ops:
        raise ValueError("Targets and replacements are not connected!")
    ops = _with_whole_loops(ops)
    _, info = copy_with_input_replacements(
        ops, replacements, None, dst_scope, src_scope, reuse_dst_scope
    )
    return info.transformed(target_ts, lambda original: original)


def _tensors_by_tensor(pairs: Mapping[Any, Any]) -> list[tuple[Tensor, Tensor]]:
    """Return pairs of tensors; variables stand for their values."""
    return [(convert_to_tensor(old), convert_to_tensor(new)) for old, new in pairs.items()]


def _leaves(tree: Any) -> list[Any]:
    if isinstance(tree, Mapping):
        return [leaf for value in tree.values() for leaf in _leaves(value)]
    if is_iterable(tree) and not isinstance(tree, str):
        return [leaf for value in tree for leaf in _leaves(value)]
    return [tree]


def _with_whole_loops(ops: list[Operation]) -> list[Operation]:
    """Add the other operations of the loops that some are in, without which no loop is sound."""
    loops = {id(loop): loop for op in ops if (loop := while_context_of(op)) is not None}
    if not loops:
        return ops
    inside = [
        op
        for op in ops[0].graph.get_operations()
        if any(is_containing(loop, op._control_flow_context) for loop in loops.values())
    ]
    return concatenate_unique(list(ops), inside)
