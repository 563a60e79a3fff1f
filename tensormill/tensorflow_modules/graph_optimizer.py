"""`tf_optimizer.OptimizeGraph`: the graph of a MetaGraphDef, rewritten as a session rewrites it.

What a meta graph is run for stands in its collections and signatures; these nodes keep their names,
and what they do not need is left out. Constants are folded, equal nodes merged and identities
dropped by the same pass that prepares steps.

Source: TensorFlow 1.15, python/grappler/tf_optimizer.py, core/grappler/grappler_item_builder.cc.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from tensorboard.compat.proto.config_pb2 import ConfigProto
from tensorboard.compat.proto.rewriter_config_pb2 import RewriterConfig
from tensorboard.compat.proto.variable_pb2 import VariableDef

from tensormill.graph import errors
from tensormill.graph.graph import Graph
from tensormill.graph.graph_def_import import import_graph_def
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.proto.queue_runner_pb2 import QueueRunnerDef
from tensormill.runtime.node import Edge, Node, NodeGraph
from tensormill.runtime.node_graph_codec import to_graph_def
from tensormill.runtime.passes.prune import prune
from tensormill.runtime.passes.simplify import Evaluator, simplify
from tensormill.runtime.plan.folding import fold_node

__all__ = ["OptimizeGraph"]

_VARIABLES = ("variables", "local_variables", "model_variables", "trainable_variables")
_FOLDING = ("constfold", "function", "arithmetic", "dependency", "remap", "memory", "layout")
_KEEP = "_grappler_do_not_remove"


def OptimizeGraph(
    config_proto: Any,
    metagraph: Any,
    verbose: bool = True,
    graph_id: bytes = b"graph_to_optimize",
    cluster: Any = None,
) -> Any:
    """Return the GraphDef of a meta graph with the same results, that does less.

    Args:
      config_proto: a ConfigProto; `graph_options.rewrite_options` says which passes run. The
        RewriterConfig that TensorFlow took before 1.14 is taken as well.
      metagraph: a MetaGraphDef; it is run for what is in its collection `train_op` and for the
        outputs of its signatures. What its other collections name is kept.
      verbose: not used.
      graph_id: not used.
      cluster: not used: nodes stay on the devices that they ask for.

    Raises:
      TypeError: `config_proto` is of another class.
      InvalidArgumentError: nothing says what the graph is run for.
    """
    if isinstance(config_proto, ConfigProto):
        rewriter = config_proto.graph_options.rewrite_options
    elif isinstance(config_proto, RewriterConfig):
        rewriter = config_proto
    else:
        raise TypeError(f"Expected config_proto to be a ConfigProto, saw type {type(config_proto)}")
    wanted = list(_wanted_names(metagraph))
    if not wanted:
        raise errors.InvalidArgumentError(
            None, None, "Failed to import metagraph, check error log for more info."
        )
    graph = Graph()
    with graph.as_default():
        import_graph_def(metagraph.graph_def, name="")
    operations = {op.name: op for op in graph.get_operations()}
    names = dict.fromkeys((*wanted, *_kept_names(metagraph)))
    kept = [operations[name] for name in names if name in operations]
    if rewriter.disable_meta_optimizer:
        return metagraph.graph_def
    optimized = _optimized(graph, kept, _evaluator(rewriter))
    optimized.versions.CopyFrom(metagraph.graph_def.versions)
    if metagraph.graph_def.HasField("library"):
        optimized.library.CopyFrom(metagraph.graph_def.library)
    return optimized


def _evaluator(rewriter: Any) -> Evaluator | None:
    """Return what folds constants; None where the graph is only to be pruned."""
    named = list(rewriter.optimizers)
    if named and not any(name in _FOLDING for name in named):
        return None
    is_folded = rewriter.constant_folding != RewriterConfig.OFF and (
        not named or "constfold" in named
    )
    return fold_node if is_folded else _fold_nothing


def _fold_nothing(node: Node) -> list[np.ndarray[Any, Any]] | None:
    return None


def _node_name(name: str) -> str:
    return name.removeprefix("^").partition(":")[0]


def _wanted_names(metagraph: Any) -> Iterator[str]:
    """Yield the nodes that the graph is run for."""
    yield from map(_node_name, metagraph.collection_def["train_op"].node_list.value)
    for signature in metagraph.signature_def.values():
        for info in signature.outputs.values():
            yield from _names_of_info(info)


def _names_of_info(info: Any) -> Iterator[str]:
    if info.HasField("coo_sparse"):
        sparse = info.coo_sparse
        yield _node_name(sparse.values_tensor_name)
        yield _node_name(sparse.indices_tensor_name)
        yield _node_name(sparse.dense_shape_tensor_name)
    else:
        yield _node_name(info.name)


def _kept_names(metagraph: Any) -> Iterator[str]:
    """Yield the other nodes that programs find by their names."""
    for signature in metagraph.signature_def.values():
        for info in signature.inputs.values():
            yield from _names_of_info(info)
    for name, collection in metagraph.collection_def.items():
        yield from map(_node_name, collection.node_list.value)
        for data in collection.bytes_list.value:
            if name in _VARIABLES:
                variable = VariableDef.FromString(data)
                yield from map(_node_name, (variable.variable_name, variable.initializer_name))
            elif name == "queue_runners":
                runner = QueueRunnerDef.FromString(data)
                yield from map(_node_name, (*runner.enqueue_op_name, runner.close_op_name))
    saver = metagraph.saver_def
    yield from map(
        _node_name, (saver.save_tensor_name, saver.filename_tensor_name, saver.restore_op_name)
    )
    yield from (node.name for node in metagraph.graph_def.node if node.attr[_KEEP].b)


def _optimized(graph: Graph, kept: list[Operation], evaluate: Evaluator | None) -> Any:
    devices = {op: op.device for op in graph.get_operations()}
    tensors = [t for op in kept for t in op.outputs if not t.dtype._is_ref_dtype]
    nodes = prune([], tensors, kept, devices)
    originals = {node.name: node for node in nodes.nodes}
    if evaluate is not None:
        nodes = simplify(nodes, evaluate)
    edges = dict(zip(tensors, nodes.fetches, strict=True))
    made = {node.name for node in nodes.nodes}
    standing_in = [
        _stand_in(op, originals[op.name], [edges[t] for t in op.outputs])
        for op in kept
        if op.name not in made
    ]
    return to_graph_def(_plain([*nodes.nodes, *standing_in]))


def _plain(nodes: Iterable[Node]) -> NodeGraph:
    return NodeGraph(list(nodes), [], [], [])


def _stand_in(op: Operation, original: Node, edges: list[Edge]) -> Node:
    """Return a node under the name of a merged one, with its values."""
    if op.type == "Const":
        return original
    tensors: list[Tensor] = list(op.outputs)
    dtypes = [tensor.dtype for tensor in tensors]
    is_one = len(edges) == 1
    return Node(
        op.name,
        OP_DEFS["Identity" if is_one else "IdentityN"],
        {"T": dtypes[0] if is_one else dtypes},
        edges,
        [],
        original.device,
        dtypes,
        original.output_dims,
        op,
    )
