"""Steps that read a record and make an element of it, for a queue or the client: found by graph.

For such a step, run again and again, many elements can be made at once (see
`runtime.record_blocks`) where each op behind the reader gives for a batch the batch of what it
gives for its elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tensormill.graph.dtypes import string
from tensormill.graph.function_library import FunctionLibrary
from tensormill.graph.graph import Graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor import Tensor
from tensormill.runtime.node import Edge, Node, NodeGraph
from tensormill.runtime.passes.batched_bodies import batched_body
from tensormill.runtime.passes.function_bodies import OrderedBody

__all__ = ["RecordPipeline", "find_record_pipeline"]

_READS: Final = ("ReaderRead", "ReaderReadV2")
_ENQUEUES: Final = ("QueueEnqueue", "QueueEnqueueV2")
_KEY: Final = 0
_VALUE: Final = 1


@dataclass(frozen=True, slots=True)
class RecordPipeline:
    """A step that reads and computes.

    Attributes:
      read: the node that reads a record.
      enqueue: the node that puts an element into a queue; None where the step returns it.
      body: takes a batch of keys and one of values, returns batches of the components.
    """

    read: Node
    enqueue: Node | None
    body: OrderedBody


def find_record_pipeline(graph: NodeGraph) -> RecordPipeline | None:
    """Return what a step does if it is a pipeline of records and nothing else; None if not."""
    reads = [node for node in graph.nodes if node.op_type in _READS]
    if graph.feeds or len(reads) != 1 or len(graph.targets) > 1:
        return None
    read, enqueue = reads[0], graph.targets[0] if graph.targets else None
    if enqueue is None:
        ends, components = [read], graph.fetches
    elif graph.fetches or enqueue.op_type not in _ENQUEUES:
        return None
    else:
        ends, components = [read, enqueue], enqueue.inputs[1:]
    if any(node.controls or node.device != read.device for node in graph.nodes):
        return None
    handles = {source for node in ends for source, _ in _handles(node)}
    between = [node for node in graph.nodes if node not in (*ends, *handles)]
    if any(node.op_def.is_stateful for node in between):
        return None
    body = _body(read, between, components)
    batched = None if body is None else batched_body(body, len(body.inputs), FunctionLibrary())
    return None if batched is None else RecordPipeline(read, enqueue, batched)


def _handles(node: Node) -> list[Edge]:
    return node.inputs if node.op_type in _READS else node.inputs[:1]


def _body(read: Node, between: list[Node], components: list[Edge]) -> OrderedBody | None:
    """Return what is between a record and the components, as operations of a graph of its own."""
    graph = Graph()
    tensors: dict[Edge, Tensor] = {}
    with graph.as_default():
        for index, name in ((_KEY, "key"), (_VALUE, "value")):
            placeholder = OP_DEFS["Placeholder"].builder(dtype=string, shape=(), name=name)
            tensors[read, index] = placeholder
        order = []
        for node in between:
            if any(edge not in tensors for edge in node.inputs):
                return None
            attrs = {name: value for name, value in node.attrs.items() if name != "_class"}
            inputs = [tensors[edge] for edge in node.inputs]
            made = graph.add_operation(
                node.op_def, inputs, attrs, graph.operation_name(node.op_type)
            )
            order.append(made)
            tensors.update(((node, i), tensor) for i, tensor in enumerate(made.outputs))
        if any(edge not in tensors for edge in components):
            return None
    arguments = [tensors[read, _KEY], tensors[read, _VALUE]]
    return OrderedBody(arguments, [tensors[edge] for edge in components], [], order)
