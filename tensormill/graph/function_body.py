"""The body of a function as a graph of its own, made from its FunctionDef."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tensorboard.compat.proto import function_pb2, graph_pb2

from tensormill.graph.creation_site import NO_FRAMES
from tensormill.graph.function_library import FunctionLibrary, GraphFunction
from tensormill.graph.graph import Graph
from tensormill.graph.graph_def_import import GraphDefImport
from tensormill.graph.node_def_codec import attr_to_proto
from tensormill.graph.op_def import OpDef
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor

__all__ = ["FunctionBody", "make_body"]


@dataclass(eq=False)
class FunctionBody:
    """The body of a function.

    Attributes:
      graph: the nodes; it shares the library of the graph that has the function.
      inputs: the placeholders of the arguments.
      outputs: what the function returns.
      effects: the operations that run in each call, whether an output needs them or not.
    """

    graph: Graph
    inputs: list[Tensor]
    outputs: list[Tensor]
    effects: list[Operation]


class _BodyImport(GraphDefImport):
    """Imports a body; functions come from programs of any version."""

    is_from_runtime = True

    def __init__(self, graph: Graph, message: Any) -> None:
        super().__init__(graph, message, "", {})
        self.frames = NO_FRAMES

    def _colocation(self, node_name: str, groups: tuple[bytes, ...]) -> tuple[bytes, ...]:
        known = (b"loc:@" + name.encode() for name in self.final_names)
        return tuple(set(groups).intersection(known))  # others are left out of the body


def make_body(
    function: GraphFunction, library: FunctionLibrary, attrs: Mapping[str, Any] | None = None
) -> FunctionBody:
    """Return the body of a function as a new graph.

    Args:
      function: the function.
      library: the functions that it may call.
      attrs: the attributes of the call, which take the place of the function's own parameters.

    Raises:
      ValueError: the body is not sound.
    """
    return _BodyMaker(function, library, attrs or {}).make()


class _BodyMaker:
    def __init__(
        self, function: GraphFunction, library: FunctionLibrary, attrs: Mapping[str, Any]
    ) -> None:
        self._definition = function.definition
        self._library = library
        self._attrs = {name: attr_to_proto(value) for name, value in attrs.items()}
        self._message = graph_pb2.GraphDef()
        self._refs: dict[str, str] = {}
        self._args: list[str] = []

    def make(self) -> FunctionBody:
        for index, arg in enumerate(self._definition.signature.input_arg):
            self._add_argument(index, arg)
        nodes = [self._resolved(node) for node in self._definition.node_def]
        for node in nodes:
            self._note_outputs(node)
        for node in nodes:
            inputs = [self._input(text) for text in node.input]
            added = self._message.node.add()
            added.CopyFrom(node)
            del added.input[:]
            added.input.extend(inputs)
        graph = Graph()
        graph.functions = self._library
        work = _BodyImport(graph, self._message)
        with graph.as_default():
            work.build()
            work.commit()
        definition = self._definition
        outputs = [
            work.element(_with_index(self._refs[definition.ret[arg.name]]))
            for arg in definition.signature.output_arg
        ]
        if definition.control_ret:
            effects = [work.made[name] for name in definition.control_ret.values()]
        else:
            effects = [op for op in work.order if _has_effect(op)]
        return FunctionBody(graph, [work.made[n].outputs[0] for n in self._args], outputs, effects)

    def _add_argument(self, index: int, arg: Any) -> None:
        if arg.type_list_attr or arg.number_attr:
            raise ValueError(
                f"function '{self._definition.signature.name}': argument '{arg.name}' is a list"
            )
        node = self._message.node.add(name=arg.name, op="Placeholder")
        if arg.type_attr:
            node.attr["dtype"].CopyFrom(self._attrs[arg.type_attr])
        else:
            node.attr["dtype"].type = arg.type
        given = self._definition.arg_attr.get(index, function_pb2.FunctionDef.ArgAttrs())
        is_known = "_output_shapes" in given.attr
        shapes = given.attr["_output_shapes"].list.shape if is_known else []
        if len(shapes) == 1:
            node.attr["shape"].shape.CopyFrom(shapes[0])
        else:
            node.attr["shape"].shape.unknown_rank = True
        self._refs[arg.name] = self._refs[f"{arg.name}:0"] = arg.name
        self._args.append(arg.name)

    def _resolved(self, node: Any) -> Any:
        """Return a node with the values of the attributes that name parameters of the function."""
        open_attrs = [n for n in node.attr if node.attr[n].WhichOneof("value") == "placeholder"]
        if not open_attrs:
            return node
        copy = type(node)()
        copy.CopyFrom(node)
        for name in open_attrs:
            copy.attr[name].CopyFrom(self._attrs[node.attr[name].placeholder])
        return copy

    def _schema(self, op_type: str) -> OpDef | None:
        found = OP_DEFS.get(op_type)
        if found is None and op_type in self._library:
            found = self._library[op_type].schema
        return found

    def _note_outputs(self, node: Any) -> None:
        schema = self._schema(node.op)
        if schema is None:
            return  # the import says so
        at = 0
        for arg in schema.outputs:
            for index in range(_tensor_count(arg, node, schema)):
                name = node.name if at == 0 else f"{node.name}:{at}"
                self._refs[f"{node.name}:{arg.name}:{index}"] = name
                self._refs.setdefault(f"{node.name}:{arg.name}", name)
                at += 1

    def _input(self, text: str) -> str:
        if text.startswith("^"):
            return text
        found = self._refs.get(text)
        if found is None:
            raise ValueError(
                f"function '{self._definition.signature.name}': unknown input '{text}'"
            )
        return found


def _tensor_count(arg: Any, node: Any, schema: OpDef) -> int:
    """Return how many tensors an output argument of a node stands for."""
    name = arg.number_attr or arg.type_list_attr
    if name is None:
        return 1
    if name not in node.attr:
        default = schema.attrs[name].default
        return int(default) if arg.number_attr else len(default)
    return int(node.attr[name].i) if arg.number_attr else len(node.attr[name].list.type)


def _with_index(name: str) -> str:
    return name if ":" in name else f"{name}:0"


def _has_effect(op: Operation) -> bool:
    return op.op_schema.is_stateful and op.type not in _ONLY_NAMES


_ONLY_NAMES = frozenset(["Placeholder", "VarHandleOp", "VariableV2", "Variable", "ReadVariableOp"])
"""Op types with state whose nodes do nothing by themselves."""
