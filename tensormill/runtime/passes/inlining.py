"""Inlining: what a node calls takes the node's place.

The body of a function replaces each call, so that all later stages see plain nodes. Branches and
loops become control-flow primitives, as TensorFlow's own lowering makes them. The rules of a call
are kept: nothing in the body runs before the call's control inputs have, or where an input of the
call is dead; who waits for the call waits for all that has an effect in it.

Source: TensorFlow 1.15, core/common_runtime/lower_function_call_op.cc, lower_if_op.cc,
lower_case_op.cc, lower_while_op.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensormill.graph import dtypes, errors
from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.control_primitives import MERGES
from tensormill.graph.device_names import host_beside, merge_device_scopes
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor
from tensormill.graph.tensor_value import TensorValue
from tensormill.ops.functional import FUNCTIONAL_OP_TYPES
from tensormill.runtime.node import Edge, Node, NodeGraph
from tensormill.runtime.passes.function_bodies import FunctionBodies, OrderedBody
from tensormill.runtime.passes.structure import has_control_flow

__all__ = ["Place", "calls_functions", "inline_functions"]

Place = Callable[[Operation, str, Sequence[Edge]], str]
"""Returns the device of an operation of a body, from that of the call and the inputs."""


def calls_functions(node: Node) -> bool:
    """Return whether a node is replaced by what it calls."""
    return node.op_def.is_function or node.op_type in FUNCTIONAL_OP_TYPES


def inline_functions(graph: NodeGraph, bodies: FunctionBodies, place: Place) -> NodeGraph:
    """Return a graph without calls; one without calls is returned as it is.

    Args:
      graph: the nodes of a step, placed; they are used up.
      bodies: the functions.
      place: places the operations of the bodies.

    Raises:
      NotFoundError: a function does not exist.
      InvalidArgumentError: a body is not sound, or cannot be placed.
    """
    if not any(map(calls_functions, graph.nodes)):
        return graph
    return _Inlining(graph, bodies, place).run()


@dataclass(slots=True)
class _Call:
    """How the body of a function is put in.

    Attributes:
      node: the node that is replaced; it lends the body its name, device and user's line.
      prefix: the names of the new nodes begin with this.
      controls: what the whole body waits for.
      pivots: what nodes without inputs wait for, so that they are dead where the call is.
    """

    node: Node
    prefix: str
    controls: list[Node]
    pivots: list[Node]


class _Inlining:
    """The state of one pass over the nodes, producers first."""

    def __init__(self, graph: NodeGraph, bodies: FunctionBodies, place: Place) -> None:
        self._graph = graph
        self._bodies = bodies
        self._place = place
        self._nodes: list[Node] = []
        self._edges: dict[Edge, Edge] = {}
        self._signals: dict[Node, list[Node]] = {}
        self._may_be_dead = has_control_flow(graph)
        self._names: set[str] = set()

    def run(self) -> NodeGraph:
        for node in self._graph.nodes:
            self._visit(node)
        for node in self._nodes:
            if node.op_type in MERGES:  # back edges point forward in the order
                node.inputs = [self._edge(edge) for edge in node.inputs]
        return NodeGraph(
            self._nodes,
            self._graph.feeds,
            [self._edge(edge) for edge in self._graph.fetches],
            self._expanded(self._graph.targets),
        )

    def _edge(self, edge: Edge) -> Edge:
        return self._edges.get(edge, edge)

    def _expanded(self, nodes: Sequence[Node]) -> list[Node]:
        signals = self._signals
        return list(dict.fromkeys(s for node in nodes for s in signals.get(node, (node,))))

    def _visit(self, node: Node) -> None:
        if self._edges:
            node.inputs = [self._edge(edge) for edge in node.inputs]
        if node.controls and self._signals:
            node.controls = self._expanded(node.controls)
        if not calls_functions(node):
            self._nodes.append(node)
            return
        outputs, signals = self._replace(node)
        for index, edge in enumerate(outputs):
            self._edges[(node, index)] = edge
        self._signals[node] = signals

    def _replace(self, node: Node) -> tuple[list[Edge], list[Node]]:
        """Put in what stands for a call; return its outputs, and what tells that it has run."""
        kind = node.op_type.removeprefix("Stateless")
        if kind == "If":
            return self._if(node)
        if kind == "Case":
            return self._case(node)
        if kind == "While":
            condition = self._bodies.body(node.attrs["cond"])
            return self._while(node, condition, self._bodies.body(node.attrs["body"]))
        if kind == "For":
            return self._for(node)
        inputs = node.inputs
        if kind == "SymbolicGradient":
            body = self._bodies.gradient(node.attrs["f"])
            if len(body.outputs) != len(node.output_dtypes):
                raise errors.invalid_argument(
                    f"SymGrad expects to return {len(node.output_dtypes)} tensor(s), but get "
                    f"{len(body.outputs)} tensor(s) instead."
                )
        elif kind == "RemoteCall":
            node.device, inputs = _remote_device(node), inputs[1:]
            body = self._bodies.body(node.attrs["f"])
        elif node.op_def.is_function:
            attrs = {n: v for n, v in node.attrs.items() if not n.startswith("_")}
            body = self._bodies.body(FunctionRef(node.op_type, attrs))
        else:
            body = self._bodies.body(node.attrs["f"])
        pivots = self._pivots(node, inputs) if self._may_be_dead else []
        return self._called(_Call(node, node.name, node.controls, pivots), body, inputs)

    def _called(
        self, call: _Call, body: OrderedBody, inputs: Sequence[Edge]
    ) -> tuple[list[Edge], list[Node]]:
        """Put in a body that always runs; return its outputs, and what tells that it has run.

        An argument that is handed on comes when the call may run, not before.
        """
        node = call.node
        given = frozenset(inputs if call.controls else ())
        outputs, effects = self._inline(call, body, inputs)
        for i, edge in enumerate(outputs):
            waits = [*effects, *(call.controls if edge in given else ())]
            if waits:
                outputs[i] = (self._identity(node, f"{node.name}/output_{i}", edge, waits), 0)
        signals = [*effects, *(source for source, _ in outputs)] or call.controls
        return outputs, list(dict.fromkeys(signals))

    def _pivots(self, node: Node, inputs: Sequence[Edge]) -> list[Node]:
        """Return nodes that are dead where an input of a call is."""
        return [
            self._identity(node, f"{node.name}/input_{index}", edge, [])
            for index, edge in enumerate(inputs)
        ]

    def _inline(
        self, call: _Call, body: OrderedBody, inputs: Sequence[Edge]
    ) -> tuple[list[Edge], list[Node]]:
        """Put in a body; return the outputs, and the nodes that have an effect."""
        if len(inputs) != len(body.inputs):
            raise errors.invalid_argument(
                f"{call.node.name}: the function takes {len(body.inputs)} arguments, "
                f"{len(inputs)} are given"
            )
        arguments = dict(zip(body.inputs, inputs, strict=True))
        made: dict[Operation, Node] = {}
        back_edges: list[tuple[Node, int, Tensor]] = []
        argument_ops = {tensor.op for tensor in body.inputs}
        for op in body.order:
            node = self._body_node(call, op, arguments, made, back_edges)
            self._add_controls(call, op, node, made, argument_ops)
            made[op] = node
            self._visit(node)
        for node, index, tensor in back_edges:
            node.inputs[index] = self._edge((made[tensor.op], tensor.value_index))

        def edge_of(tensor: Tensor) -> Edge:
            found = arguments.get(tensor)
            return found or self._edge((made[tensor.op], tensor.value_index))

        return [edge_of(t) for t in body.outputs], self._expanded([made[e] for e in body.effects])

    def _body_node(
        self,
        call: _Call,
        op: Operation,
        arguments: dict[Tensor, Edge],
        made: dict[Operation, Node],
        back_edges: list[tuple[Node, int, Tensor]],
    ) -> Node:
        attrs = op.attrs
        if "_class" in attrs:
            attrs = {name: value for name, value in attrs.items() if name != "_class"}
        if "frame_name" in attrs:  # each call has frames of its own
            frame = call.prefix.encode() + b"/" + attrs["frame_name"]
            attrs = {**attrs, "frame_name": frame}
        node = Node(
            f"{call.prefix}/{op.name}",
            op.op_schema,
            attrs,
            [],
            [],
            "",
            [tensor.dtype for tensor in op.outputs],
            [tensor.dims for tensor in op.outputs],
            call.node.operation,
        )
        for index, tensor in enumerate(op.input_tensors):
            argument = arguments.get(tensor)
            if argument is not None:
                node.inputs.append(argument)
            elif tensor.op in made:
                node.inputs.append(self._edge((made[tensor.op], tensor.value_index)))
            else:
                back_edges.append((node, index, tensor))
                node.inputs.append((node, 0))
        node.device = self._place(op, call.node.device, node.inputs)
        return node

    @staticmethod
    def _add_controls(
        call: _Call,
        op: Operation,
        node: Node,
        made: dict[Operation, Node],
        argument_ops: set[Operation],
    ) -> None:
        inner = [made[c] for c in op.control_input_list if c in made]
        waits = call.controls if all(t.op in argument_ops for t in op.input_tensors) else []
        pivots = call.pivots if not op.input_tensors and not inner else []
        node.controls = list(dict.fromkeys([*inner, *waits, *pivots]))

    def _if(self, node: Node) -> tuple[list[Edge], list[Node]]:
        predicate = self._predicate(node, node.inputs[0])
        return self._branch(
            node,
            node.name,
            predicate,
            node.inputs[1:],
            lambda call, inputs: self._inline(
                call, self._bodies.body(node.attrs["then_branch"]), inputs
            ),
            lambda call, inputs: self._inline(
                call, self._bodies.body(node.attrs["else_branch"]), inputs
            ),
        )

    def _case(self, node: Node) -> tuple[list[Edge], list[Node]]:
        index, inputs = node.inputs[0], node.inputs[1:]
        branches = [self._bodies.body(ref) for ref in node.attrs["branches"]]
        last = len(branches) - 1

        def choose(
            number: int, call: _Call, index: Edge, inputs: Sequence[Edge]
        ) -> tuple[list[Edge], list[Node]]:
            if number == last:
                return self._inline(call, branches[number], inputs)
            prefix = f"{call.prefix}/case_{number}"
            const = self._constant(node, f"{prefix}/number", number, dtypes.int32, call.pivots)
            is_chosen = self._node(
                node, "Equal", f"{prefix}/is_chosen",
                {"T": dtypes.int32, "incompatible_shape_error": True},
                [index, (const, 0)], [dtypes.bool], [()],
            )  # fmt: skip
            return self._branch(
                node,
                prefix,
                (is_chosen, 0),
                [index, *inputs],
                lambda inner, values: self._inline(inner, branches[number], values[1:]),
                lambda inner, values: choose(number + 1, inner, values[0], values[1:]),
                call.controls,
            )

        pivots = self._pivots(node, [index]) if self._may_be_dead else []
        call = _Call(node, node.name, node.controls, pivots)
        return choose(0, call, index, inputs) if last else self._called(call, branches[0], inputs)

    def _branch(
        self,
        node: Node,
        prefix: str,
        predicate: Edge,
        inputs: Sequence[Edge],
        then_body: Callable[[_Call, list[Edge]], tuple[list[Edge], list[Node]]],
        else_body: Callable[[_Call, list[Edge]], tuple[list[Edge], list[Node]]],
        controls: Sequence[Node] | None = None,
    ) -> tuple[list[Edge], list[Node]]:
        """Put in two bodies of which one runs; return the merged outputs, and what tells of it."""
        if controls is None:
            controls = node.controls
        if controls:
            guarded = self._identity(node, f"{prefix}/pred", predicate, controls)
            predicate = (guarded, 0)
        was_dead, self._may_be_dead = self._may_be_dead, True
        pivot = self._switch(node, f"{prefix}/pivot", predicate, predicate)
        switches = [
            self._switch(node, f"{prefix}/switch_{i}", edge, predicate)
            for i, edge in enumerate(inputs)
        ]
        results = []
        for side, name, body in ((1, "then", then_body), (0, "else", else_body)):
            taken = self._identity(node, f"{prefix}/{name}_pivot", (pivot, side), [])
            call = _Call(node, f"{prefix}/{name}", [], [taken])
            outputs, effects = body(call, [(switch, side) for switch in switches])
            done = self._identity(node, f"{prefix}/{name}_done", (pivot, side), effects)
            outputs = [
                self._live_only_there(node, f"{prefix}/{name}_{i}", edge, taken, effects)
                for i, edge in enumerate(outputs)
            ]
            results.append((outputs, done))
        (then_outputs, then_done), (else_outputs, else_done) = results
        merged = [
            self._merge(node, f"{prefix}/merge_{i}", [b, a])
            for i, (a, b) in enumerate(zip(then_outputs, else_outputs, strict=True))
        ]
        self._may_be_dead = was_dead
        told = self._merge(node, f"{prefix}/done", [(else_done, 0), (then_done, 0)])
        return merged, list(dict.fromkeys([told[0], *(source for source, _ in merged)]))

    def _live_only_there(
        self, node: Node, name: str, edge: Edge, pivot: Node, effects: Sequence[Node]
    ) -> Edge:
        """Return an output of a branch, which has a value only where the branch is taken."""
        is_sure = edge[0].op_type in ("Switch", "Merge") or bool(edge[0].inputs)
        if is_sure and not effects:
            return edge
        return (self._identity(node, name, edge, [pivot, *effects]), 0)

    def _predicate(self, node: Node, edge: Edge) -> Edge:
        """Return the condition of an If as a bool."""
        dtype = edge[0].output_dtypes[edge[1]].base_dtype
        if dtype is dtypes.bool:
            return edge
        if dtype is dtypes.string:
            size = self._node(
                node, "StringLength", f"{node.name}/cond_size", {"unit": b"BYTE"}, [edge],
                [dtypes.int32], [edge[0].output_dims[edge[1]]],
            )  # fmt: skip
            size.device = host_beside(node.device)
            edge, dtype = (size, 0), dtypes.int32
        zero = self._constant(node, f"{node.name}/cond_zero", 0, dtype, [])
        attrs = {"T": dtype, "incompatible_shape_error": True}
        made = self._node(
            node, "NotEqual", f"{node.name}/cond", attrs, [edge, (zero, 0)], [dtypes.bool],
            [edge[0].output_dims[edge[1]]],
        )  # fmt: skip
        return (made, 0)

    def _for(self, node: Node) -> tuple[list[Edge], list[Node]]:
        begin, condition, body = self._bodies.counted(node.attrs["body"])
        if [t.dtype for t in body.inputs[3:]] != node.output_dtypes:
            raise errors.invalid_argument(
                f"{node.name}: For loop body takes other types than those of the node"
            )
        pivots = self._pivots(node, node.inputs) if self._may_be_dead else []
        _, checks = self._inline(
            _Call(node, f"{node.name}/begin", node.controls, pivots), begin, node.inputs
        )
        given: list[Edge] = [
            (self._identity(node, f"{node.name}/checked_{i}", edge, checks), 0)
            for i, edge in enumerate(node.inputs)
        ]
        loop = Node(
            node.name, OP_DEFS["While"], {"parallel_iterations": 1}, given, node.controls,
            node.device, [*[dtypes.int32] * 3, *node.output_dtypes],
            [*[()] * 3, *node.output_dims], node.operation,
        )  # fmt: skip
        outputs, signals = self._while(loop, condition, body)
        return outputs[3:], signals

    def _while(
        self, node: Node, condition: OrderedBody, body: OrderedBody
    ) -> tuple[list[Edge], list[Node]]:
        _check_loop(node, len(condition.outputs), len(body.outputs))
        same = _unchanged(body)
        if all(same):
            same[0] = False  # something has to carry the loop
        was_dead, self._may_be_dead = self._may_be_dead, True
        values = [self._enter(node, i, edge, same[i]) for i, edge in enumerate(node.inputs)]
        merges = [
            None if same[i] else self._merge(node, f"{node.name}/merge_{i}", [edge, edge], i)[0]
            for i, edge in enumerate(values)
        ]
        current = [
            value if merge is None else (merge, 0)
            for value, merge in zip(values, merges, strict=True)
        ]
        first = next(merge for merge in merges if merge is not None)
        call = _Call(node, f"{node.name}/cond", [], [first])
        (decided,), asked = self._inline(call, condition, current)
        if asked:
            decided = (self._identity(node, f"{node.name}/decided", decided, asked), 0)
        loop_cond = self._node(
            node, "LoopCond", f"{node.name}/loop_cond", {}, [decided], [dtypes.bool], [()]
        )
        switches = [
            None
            if merge is None
            else self._switch(node, f"{node.name}/switch_{i}", (merge, 0), (loop_cond, 0))
            for i, merge in enumerate(merges)
        ]
        inside = [
            value
            if switch is None
            else (self._identity(node, f"{node.name}/body_{i}", (switch, 1), []), 0)
            for i, (value, switch) in enumerate(zip(values, switches, strict=True))
        ]
        pivot = next(edge[0] for edge, switch in zip(inside, switches, strict=True) if switch)
        call = _Call(node, f"{node.name}/body", [], [pivot])
        results, effects = self._inline(call, body, inside)
        outputs = list(node.inputs)
        for i, (merge, switch) in enumerate(zip(merges, switches, strict=True)):
            if merge is None or switch is None:
                continue
            edge = results[i]
            if effects or not edge[0].inputs:
                identity = self._identity(node, f"{node.name}/next_{i}", edge, [pivot, *effects])
                edge = (identity, 0)
            merge.inputs[1] = (
                self._like(node, "NextIteration", f"{node.name}/next_iteration_{i}", edge), 0
            )  # fmt: skip
            outputs[i] = (self._like(node, "Exit", f"{node.name}/exit_{i}", (switch, 0)), 0)
        self._may_be_dead = was_dead
        signals = [edge[0] for edge, merge in zip(outputs, merges, strict=True) if merge]
        if effects or asked or node.controls or any(source.controls for source, _ in node.inputs):
            outputs = self._after_loop(node, outputs, signals)
        return outputs, signals

    def _after_loop(self, node: Node, outputs: list[Edge], exits: Sequence[Node]) -> list[Edge]:
        """Let who reads a variable that stays the same come after the loop."""
        return [
            (self._identity(node, f"{node.name}/output_{i}", edge, exits[:1]), 0)
            if edge == node.inputs[i]
            else edge
            for i, edge in enumerate(outputs)
        ]

    def _enter(self, node: Node, index: int, edge: Edge, is_constant: bool) -> Edge:
        attrs = {
            "T": edge[0].output_dtypes[edge[1]].base_dtype,
            "frame_name": node.name.encode(),
            "is_constant": is_constant,
            "parallel_iterations": node.attrs["parallel_iterations"],
        }
        made = self._like(node, "Enter", f"{node.name}/enter_{index}", edge, attrs)
        made.controls = list(node.controls)
        return (made, 0)

    def _node(
        self,
        origin: Node,
        op_type: str,
        name: str,
        attrs: dict[str, Any],
        inputs: list[Edge],
        output_dtypes: list[dtypes.DType],
        output_dims: list[Dims],
    ) -> Node:
        made = Node(
            name,
            OP_DEFS[op_type],
            attrs,
            inputs,
            [],
            origin.device,
            output_dtypes,
            output_dims,
            origin.operation,
        )
        self._nodes.append(made)
        return made

    def _like(
        self,
        origin: Node,
        op_type: str,
        name: str,
        edge: Edge,
        attrs: dict[str, Any] | None = None,
    ) -> Node:
        """Return a new node that passes on a value, where the value is."""
        source, index = edge
        dtype = source.output_dtypes[index].base_dtype
        given = {"T": dtype} if attrs is None else attrs
        dims = source.output_dims[index]
        made = self._node(origin, op_type, name, given, [edge], [dtype], [dims])
        made.device = source.device or origin.device
        return made

    def _identity(self, origin: Node, name: str, edge: Edge, controls: Sequence[Node]) -> Node:
        made = self._like(origin, "Identity", name, edge)
        made.controls = list(controls)
        return made

    def _constant(
        self, origin: Node, name: str, value: int, dtype: dtypes.DType, controls: Sequence[Node]
    ) -> Node:
        array = TensorValue(np.array(value, dtype.as_numpy_dtype), dtype)
        made = self._node(
            origin, "Const", name, {"value": array, "dtype": dtype}, [], [dtype], [()]
        )
        made.controls = list(controls)
        return made

    def _switch(self, origin: Node, name: str, edge: Edge, predicate: Edge) -> Node:
        source, index = edge
        dtype, dims = source.output_dtypes[index].base_dtype, source.output_dims[index]
        made = self._node(
            origin, "Switch", name, {"T": dtype}, [edge, predicate], [dtype] * 2, [dims] * 2
        )
        made.device = source.device or origin.device
        return made

    def _merge(self, origin: Node, name: str, edges: list[Edge], output: int | None = None) -> Edge:
        source, index = edges[0]
        dtype = source.output_dtypes[index].base_dtype
        dims = (
            _common_dims([s.output_dims[i] for s, i in edges])
            if output is None
            else origin.output_dims[output]
        )
        made = self._node(
            origin, "Merge", name, {"T": dtype, "N": len(edges)}, list(edges),
            [dtype, dtypes.int32], [dims, ()],
        )  # fmt: skip
        made.device = source.device or origin.device
        return (made, 0)


def _common_dims(shapes: list[Dims]) -> Dims:
    """Return the static shape that all shapes fit."""
    first = shapes[0]
    if any(dims is None or first is None or len(dims) != len(first) for dims in shapes):
        return None
    return tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes, strict=True))


def _check_loop(node: Node, condition_outputs: int, body_outputs: int) -> None:
    if condition_outputs != 1:
        raise errors.invalid_argument(
            f"{node.name}: Expected a single scalar return value from WhileOp cond, got "
            f"{condition_outputs} tensors."
        )
    if body_outputs != len(node.inputs):
        raise errors.invalid_argument(
            f"{node.name}: While loop body returned {body_outputs} arguments. Expected: "
            f"{len(node.inputs)}"
        )


def _unchanged(body: OrderedBody) -> list[bool]:
    """Return which variables of a loop its body hands on as they are."""
    return [out is given for given, out in zip(body.inputs, body.outputs, strict=True)]


def _remote_device(node: Node) -> str:
    source = node.inputs[0][0]
    if source.op_type != "Const":
        raise errors.unimplemented(
            f"RemoteCall '{node.name}': the target device must be known when the step is prepared"
        )
    target = source.attrs["value"].array.item()
    return merge_device_scopes(target.decode(), node.device)
