"""A graph of nodes as a GraphDef message: what a partition looks like when it runs."""

from __future__ import annotations

from typing import Any

from tensorboard.compat.proto import graph_pb2, node_def_pb2

from tensormill.graph.graph_def_writer import GRAPH_DEF_VERSIONS
from tensormill.graph.node_def_codec import attr_to_proto
from tensormill.runtime.node import Node, NodeGraph

__all__ = ["input_names", "retval_name", "to_graph_def"]


def input_names(node: Node) -> list[str]:
    """Return the inputs as a NodeDef writes them: `name`, `name:i`, `^name` for control inputs."""
    names = [
        source.name if index == 0 else f"{source.name}:{index}" for source, index in node.inputs
    ]
    return names + [f"^{control.name}" for control in node.controls]


def retval_name(node: Node, output: int, index: int) -> str:
    """Return the name of the node that stands for a fetch, the output of a node."""
    return f"_retval_{node.name}_{output}_{index}"


def to_graph_def(graph: NodeGraph) -> Any:
    """Return the GraphDef of a graph of nodes, with devices."""
    message = graph_pb2.GraphDef(versions=GRAPH_DEF_VERSIONS)
    for node in graph.nodes:
        message.node.append(_to_node_def(node))
    library = graph.library()
    if library is not None:
        library.write_to(message.library)
    for index, (node, output) in enumerate(graph.fetches):
        retval = message.node.add(
            name=retval_name(node, output, index), op="_Retval", device=node.device
        )
        retval.input.append(node.name if output == 0 else f"{node.name}:{output}")
        retval.attr["T"].type = node.output_dtypes[output].base_dtype.as_datatype_enum
        retval.attr["index"].i = index
    return message


def _to_node_def(node: Node) -> Any:
    message = node_def_pb2.NodeDef(
        name=node.name, op=node.op_type, device=node.device, input=input_names(node)
    )
    for name, value in node.attrs.items():
        attr = node.op_def.attrs.get(name)
        message.attr[name].CopyFrom(attr_to_proto(value, attr.kind if attr is not None else None))
    return message
