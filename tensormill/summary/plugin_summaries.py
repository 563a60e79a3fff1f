"""Summaries that a graph writes by itself, for plugins of TensorBoard: `tf.compat.v2.summary`.

Source: TensorFlow 1.15, python/ops/summary_ops_v2.py; TensorBoard 1.15, plugins/*/summary_v2.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tensorboard.compat.proto.config_pb2 import RunMetadata
from tensorboard.compat.proto.summary_pb2 import SummaryMetadata

from tensormill.graph import dtypes, tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import (
    add_to_collection,
    control_dependencies,
    device,
    name_scope,
)
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.identities import identity
from tensormill.ops.smart_cond import smart_cond
from tensormill.ops.summary_writers import write_raw_proto_summary_op, write_summary_op
from tensormill.summary.default_writer import defaults, get_step, should_record_unless_told

__all__ = [
    "keras_model",
    "run_metadata",
    "run_metadata_graphs",
    "tag_scope",
    "trace_export",
    "trace_off",
    "trace_on",
    "write",
    "write_raw_pb",
]

_NOT_IN_SCOPES = re.compile(r"[^-_/.A-Za-z0-9]")


@contextmanager
def tag_scope(
    name: str | None, default_name: str = "summary", values: Any = None
) -> Iterator[tuple[str, str]]:
    """Open the name scope of a summary (`tf.summary.experimental.summary_scope`).

    Unlike the scope, the tag may have any characters, and be that of another summary.

    Args:
      name: the name of the summary.
      default_name: its name where there is none.
      values: the tensors that it is made of.

    Yields:
      The tag and the scope.
    """
    name = name or default_name
    around = get_default_graph().get_name_scope()
    tag = f"{around}/{name}" if around else name
    with name_scope(_NOT_IN_SCOPES.sub("", name) or None, default_name, values) as scope:
        yield tag, scope


def _recorded(step: Any, make: Callable[[Any], Operation]) -> Tensor:
    """Return a bool tensor that is True once `make(step)` has written, where that is wanted."""
    if step is None:
        step = get_step()
    if step is None:
        raise ValueError("No step set via 'step' argument or tf.summary.experimental.set_step()")

    def record() -> Tensor:
        with device("cpu:0"), control_dependencies([make(step)]):
            return constant(True)

    with device("cpu:0"):
        made: Tensor = smart_cond(
            should_record_unless_told(), record, lambda: constant(False), name="summary_cond"
        )
        add_to_collection(GraphKeys._SUMMARY_COLLECTION, made)
        return made


def write(
    tag: str, tensor: Any, step: Any = None, metadata: Any = None, name: str | None = None
) -> Tensor:
    """Write a tensor to the default writer; return a bool tensor: whether it was written.

    Args:
      tag: names the summary.
      tensor: any tensor.
      step: an integer, by default what `set_step` said.
      metadata: a SummaryMetadata message, serialized or not: which plugins understand it.
      name: of the operation.

    Raises:
      ValueError: there is a writer but no step.
    """
    with name_scope(name, "write_summary") as scope:
        writer = defaults.writer
        if writer is None:
            return constant(False)
        described = b"" if metadata is None else metadata
        if hasattr(described, "SerializeToString"):
            described = described.SerializeToString()

        def make(at: Any) -> Operation:
            content = identity(tensor)
            return write_summary_op.make(writer._resource, at, content, tag, described, name=scope)

        return _recorded(step, make)


def write_raw_pb(tensor: Any, step: Any = None, name: str | None = None) -> Tensor:
    """Write Summary messages to the default writer; return a bool tensor: whether it was done.

    Args:
      tensor: strings, serialized messages.
      step: an integer, by default what `set_step` said.
      name: of the operation.

    Raises:
      ValueError: there is a writer but no step.
    """
    with name_scope(name, "write_raw_pb") as scope:
        writer = defaults.writer
        if writer is None:
            return constant(False)

        def make(at: Any) -> Operation:
            content = identity(tensor)
            return write_raw_proto_summary_op.make(writer._resource, at, content, name=scope)

        return _recorded(step, make)


def _write_message(
    name: str, plugin_name: str, default_name: str, data: Any, content: Any, step: Any
) -> Tensor:
    plugin = SummaryMetadata.PluginData(plugin_name=plugin_name, content=b"1")
    with tag_scope(name, default_name, [data, step]) as (tag, _):
        with device("cpu:0"):
            tensor = constant(content, dtypes.string)
        return write(tag, tensor, step, SummaryMetadata(plugin_data=plugin))


def run_metadata(name: str, data: Any, step: Any = None) -> Tensor:
    """Write a RunMetadata message: the graphs and the times of a step; see `write`."""
    return _write_message(
        name,
        "graph_run_metadata",
        "graph_run_metadata_summary",
        data,
        data.SerializeToString(),
        step,
    )


def run_metadata_graphs(name: str, data: Any, step: Any = None) -> Tensor:
    """Write the graphs of a RunMetadata message; see `write`."""
    shown = RunMetadata(
        function_graphs=data.function_graphs, partition_graphs=data.partition_graphs
    )
    return _write_message(
        name,
        "graph_run_metadata_graph",
        "graph_run_metadata_graph_summary",
        shown,
        shown.SerializeToString(),
        step,
    )


def keras_model(name: str, data: Any, step: Any = None) -> Any:
    """Write the layers of a Keras model; return False where they cannot be said; see `write`."""
    try:
        content = data.to_json()
    except Exception as error:  # noqa: BLE001 - layers of users may raise anything
        tf_logging.warning("Model failed to serialize as JSON. Ignoring... %s", error)
        return False
    return _write_message(name, "graph_keras_model", "graph_keras_model", data, content, step)


def trace_on(graph: bool = True, profiler: bool = False) -> None:
    """Warn that only eager execution can be traced so; `RunOptions` asks for traces of steps."""
    tf_logging.warning("Must enable trace in eager mode.")


def trace_export(name: str, step: Any = None, profiler_outdir: Any = None) -> None:
    """Warn that only eager execution can be traced so."""
    tf_logging.warning("Can only export trace while executing eagerly.")


def trace_off() -> None:
    """Do nothing: nothing is traced."""
