"""Changing GraphDef messages: taking a part, removing training nodes, freezing variables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorboard.compat.proto import graph_pb2, node_def_pb2, types_pb2

from tensormill.graph.constants import to_tensor_value
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.operation import Operation
from tensormill.graph.tensor_codec import array_to_proto

__all__ = [
    "convert_variables_to_constants",
    "extract_sub_graph",
    "must_run_on_cpu",
    "remove_training_nodes",
    "tensor_shape_from_node_def_name",
]

_VARIABLE_OPS = frozenset(
    "Assign AssignAdd AssignSub Queue ScatterAdd ScatterSub ScatterUpdate TruncatedNormal Variable "
    "VariableV2".split()
)
_PASSING_OPS = frozenset("Switch Enter Exit Identity Merge NextIteration".split())


def _node_name(text: str) -> str:
    return text[1:] if text.startswith("^") else text.partition(":")[0]


def _colocated_with(node: Any) -> list[str]:
    if "_class" not in node.attr:
        return []
    return [group.decode().removeprefix("loc:@") for group in node.attr["_class"].list.s]


def must_run_on_cpu(node: Any, pin_variables_on_cpu: bool = False) -> bool:
    """Return whether a node (an Operation or NodeDef) is one that only CPUs run.

    Args:
      node: the node.
      pin_variables_on_cpu: count the ops on variables among these.
    """
    node_def = node.node_def if isinstance(node, Operation) else node
    if pin_variables_on_cpu and node_def.op in _VARIABLE_OPS:
        return True
    if node_def.op == "Const":
        return node_def.attr["dtype"].type in (types_pb2.DT_STRING, types_pb2.DT_INT32)
    if node_def.op in ("DynamicStitch", "ParallelDynamicStitch"):
        return bool(node_def.attr["T"].type == types_pb2.DT_INT32)
    return bool(node_def.op == "Cast" and node_def.attr["SrcT"].type == types_pb2.DT_INT32)


def extract_sub_graph(graph_def: Any, dest_nodes: Iterable[str]) -> Any:
    """Return the part of a GraphDef that `dest_nodes` need, colocated nodes included.

    Args:
      graph_def: a GraphDef message.
      dest_nodes: names of nodes.

    Raises:
      AssertionError: a node is not in the graph.
      TypeError: an argument is of the wrong type.
    """
    if not isinstance(graph_def, graph_pb2.GraphDef):
        raise TypeError("graph_def must be a graph_pb2.GraphDef proto.")
    if isinstance(dest_nodes, str):
        raise TypeError("dest_nodes must be a list.")
    by_name = {node.name: node for node in graph_def.node}
    waiting = list(dest_nodes)
    for name in waiting:
        if name not in by_name:
            raise AssertionError(f"{name} is not in graph")
    kept: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in kept or name not in by_name:
            continue
        kept.add(name)
        node = by_name[name]
        waiting.extend(map(_node_name, node.input))
        waiting.extend(_colocated_with(node))
    part = graph_pb2.GraphDef(library=graph_def.library, versions=graph_def.versions)
    part.node.extend(node for node in graph_def.node if node.name in kept)
    return part


def tensor_shape_from_node_def_name(graph: Any, input_name: str) -> Any:
    """Return the static shape of what the text of a NodeDef's input names."""
    name = input_name if ":" in input_name else f"{input_name}:0"
    return graph.get_tensor_by_name(name).get_shape()


def remove_training_nodes(input_graph: Any, protected_nodes: Iterable[str] | None = None) -> Any:
    """Return a GraphDef without CheckNumerics, Identity and StopGradient where these do nothing.

    Args:
      input_graph: a GraphDef message.
      protected_nodes: names of nodes to keep.
    """
    protected = set(protected_nodes or ())
    checks = {n.name for n in input_graph.node if n.op == "CheckNumerics"} - protected
    remaining = []
    for node in input_graph.node:
        if node.name in checks:
            continue
        inputs = [text for text in node.input if text.removeprefix("^") not in checks]
        remaining.append(_with_inputs(node, inputs))
    spliced = _spliceable(remaining, protected)
    result = graph_pb2.GraphDef()
    for node in remaining:
        if node.name in spliced:
            continue
        inputs = []
        for text in node.input:
            name = text.removeprefix("^")
            while name in spliced:
                text = spliced[name]
                name = text.removeprefix("^")
            inputs.append(text)
        result.node.append(_with_inputs(node, inputs))
    return result


def _with_inputs(node: Any, inputs: list[str]) -> Any:
    copy = node_def_pb2.NodeDef()
    copy.CopyFrom(node)
    del copy.input[:]
    copy.input.extend(inputs)
    return copy


def _spliceable(nodes: list[Any], protected: set[str]) -> dict[str, str]:
    """Return the nodes that pass one input on and take part in no control edge, with that input."""
    in_control: set[str] = set()
    colocated: set[str] = set()
    for node in nodes:
        colocated.update(_colocated_with(node))
        for text in node.input:
            if text.startswith("^"):
                in_control.update((text[1:], node.name))
    return {
        node.name: node.input[0]
        for node in nodes
        if node.op in ("Identity", "StopGradient")
        and node.name not in protected
        and node.name not in colocated
        and node.name not in in_control
    }


def convert_variables_to_constants(
    sess: Any,
    input_graph_def: Any,
    output_node_names: Iterable[str],
    variable_names_whitelist: Iterable[str] | None = None,
    variable_names_blacklist: Iterable[str] | None = None,
) -> Any:
    """Return the part of a GraphDef that some nodes need, with the variables' values as constants.

    Args:
      sess: a session of the graph, in which the variables have values.
      input_graph_def: a GraphDef message.
      output_node_names: names of the nodes that are needed.
      variable_names_whitelist: names of the variables to convert; all by default.
      variable_names_blacklist: names of variables to leave as they are.
    """
    part = extract_sub_graph(input_graph_def, output_node_names)
    frozen = _Frozen(part, variable_names_whitelist, variable_names_blacklist)
    values = sess.run(list(frozen.sources.values())) if frozen.sources else []
    constants = dict(zip(frozen.sources, values, strict=True))
    result = graph_pb2.GraphDef(library=part.library, versions=part.versions)
    for node in part.node:
        result.node.extend(frozen.rewrite(node, constants))
    return result


class _Frozen:
    """Which variables are frozen, where their values come from, and what becomes of their readers.

    Attributes:
      sources: name of a variable to the tensor that holds its value.
    """

    def __init__(
        self, part: Any, whitelist: Iterable[str] | None, blacklist: Iterable[str] | None
    ) -> None:
        wanted = None if whitelist is None else set(whitelist)
        refused = set(blacklist or ())
        self._by_name = {node.name: node for node in part.node}
        self.sources: dict[str, str] = {}
        for node in part.node:
            if wanted is not None and node.name not in wanted:
                continue
            if node.op in ("Variable", "VariableV2") and node.name not in refused:
                self.sources[node.name] = f"{node.name}:0"
            elif node.op == "VarHandleOp" and node.name not in refused:
                self.sources[node.name] = f"{node.name}/Read/ReadVariableOp:0"

    def _handle_of(self, node: Any) -> str | None:
        """Return the frozen resource variable that a node's first input passes on, if any."""
        while node is not None and node.input:
            node = self._by_name.get(_node_name(node.input[0]))
            if node is None or node.op not in _PASSING_OPS:
                break
        if node is None or node.op != "VarHandleOp" or node.name not in self.sources:
            return None
        return str(node.name)

    def rewrite(self, node: Any, constants: dict[str, Any]) -> list[Any]:
        """Return the nodes that take the place of `node`."""
        if node.name in constants:
            return [_const_node(node.name, constants[node.name], node.attr["dtype"].type)]
        is_passing = node.op in _PASSING_OPS and node.attr["T"].type == types_pb2.DT_RESOURCE
        if not is_passing and node.op not in ("ReadVariableOp", "ResourceGather"):
            return [node]
        handle = self._handle_of(node)
        if handle is None:
            return [node]
        dtype = self._by_name[handle].attr["dtype"]
        copy = node_def_pb2.NodeDef()
        copy.CopyFrom(node)
        if is_passing:
            copy.attr["T"].CopyFrom(dtype)
            return [copy]
        if node.op == "ReadVariableOp":
            copy.op = "Identity"
            del copy.attr["dtype"]
            copy.attr["T"].CopyFrom(dtype)
            return [copy]
        axis = _const_node(f"{node.name}/axis", 0, types_pb2.DT_INT32)
        copy.op = "GatherV2"
        data = [text for text in node.input if not text.startswith("^")]
        controls = [text for text in node.input if text.startswith("^")]
        copy.attr.clear()
        copy.attr["Tparams"].CopyFrom(dtype)
        copy.attr["Tindices"].CopyFrom(node.attr["Tindices"])
        copy.attr["Taxis"].type = types_pb2.DT_INT32
        return [axis, _with_inputs(copy, [*data, axis.name, *controls])]


def _const_node(name: str, value: Any, type_enum: int) -> Any:
    made = to_tensor_value(value, as_dtype(type_enum).base_dtype)
    node = node_def_pb2.NodeDef(name=name, op="Const")
    node.attr["dtype"].type = made.dtype.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(array_to_proto(made.array, made.dtype))
    return node
