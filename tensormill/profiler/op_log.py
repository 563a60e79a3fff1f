"""`OpLogProto`: what the graph knows of its nodes, for a profile.

Source: TensorFlow 1.15, python/profiler/tfprof_logger.py.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from tensorboard.compat.proto.tfprof_log_pb2 import OpLogEntry, OpLogProto

from tensormill.graph.collections import GraphKeys
from tensormill.graph.graph import get_default_graph
from tensormill.graph.shapes import TensorShape
from tensormill.platform import gfile
from tensormill.profiler.float_operations import get_stats_for_node_def

__all__ = ["TRAINABLE_VARIABLES", "merge_default_with_oplog", "write_op_log"]

TRAINABLE_VARIABLES = "_trainable_variables"


def merge_default_with_oplog(
    graph: Any,
    op_log: Any = None,
    run_meta: Any = None,
    add_trace: bool = True,
    add_trainable_var: bool = True,
) -> Any:
    """Return the OpLogProto of a graph, with what the caller adds to it.

    Args:
      graph: the graph; None for the default one.
      op_log: the caller's OpLogProto.
      run_meta: the RunMetadata of a traced step; shapes that are not known are taken from it.
      add_trace: tell where each operation was made.
      add_trainable_var: give trainable variables a type of their own.
    """
    graph = graph or get_default_graph()
    entries, string_ids = _entries_of(graph, run_meta, add_trace, add_trainable_var)
    merged = OpLogProto()
    if op_log is not None:
        given = {entry.name: entry for entry in op_log.log_entries}
        for name, entry in entries.items():
            if name not in given:
                given[name] = entry
                continue
            own = given[name]
            own.types.extend(entry.types)
            own.float_ops = own.float_ops or entry.float_ops
            if entry.code_def.traces and not own.code_def.traces:
                own.code_def.MergeFrom(entry.code_def)
        entries = given
    merged.log_entries.extend(entries.values())
    for text, number in string_ids.items():
        merged.id_to_string[number] = text
    return merged


def _entries_of(
    graph: Any, run_meta: Any, add_trace: bool, add_trainable_var: bool
) -> tuple[dict[str, Any], dict[str, int]]:
    if run_meta is not None:
        _take_shapes(graph, run_meta)
    string_ids = {"none": 0}
    entries: dict[str, Any] = {}
    without_shape = 0
    for op in graph.get_operations():
        entry = OpLogEntry(name=op.name)
        try:
            float_ops = get_stats_for_node_def(graph, op.node_def, "flops").value
        except ValueError:
            without_shape += 1
            float_ops = None
        if float_ops:
            entry.float_ops = int(float_ops)
        if add_trace:
            _write_traces(entry, op.traceback_with_start_lines, string_ids)
        if float_ops or add_trace:
            entries[op.name] = entry
    if add_trainable_var:
        for variable in graph.get_collection(GraphKeys.TRAINABLE_VARIABLES):
            name = variable.op.name
            entries.setdefault(name, OpLogEntry(name=name)).types.append(TRAINABLE_VARIABLES)
    if without_shape and run_meta is None:
        sys.stderr.write(f"{without_shape} ops no flops stats due to incomplete shapes.\n")
    return entries, string_ids


def _write_traces(entry: Any, frames: Any, string_ids: dict[str, int]) -> None:
    def number(text: str) -> int:
        return string_ids.setdefault(text, len(string_ids)) if text else 0

    entry.code_def.SetInParent()
    for file, line, function, source, start in frames:
        entry.code_def.traces.add(
            file_id=number(file),
            lineno=line or -1,
            function_id=number(function),
            line_id=number(source),
            func_start_line=start or -1,
        )


def _take_shapes(graph: Any, run_meta: Any) -> None:
    """Let tensors have the shapes that their values had in a step."""
    operations = {op.name: op for op in graph.get_operations()}
    for device in run_meta.step_stats.dev_stats:
        for stats in device.node_stats:
            op = operations.get(stats.node_name)
            if op is None or len(stats.output) != len(op.outputs):
                continue
            for tensor, output in zip(op.outputs, stats.output, strict=True):
                if tensor.shape.is_fully_defined():
                    continue
                sizes = [dim.size for dim in output.tensor_description.shape.dim]
                try:
                    tensor.set_shape(TensorShape(sizes))
                except ValueError as error:
                    sys.stderr.write(f"Node {op.name} incompatible shapes: {error}.\n")


def write_op_log(
    graph: Any, log_dir: str, op_log: Any = None, run_meta: Any = None, add_trace: bool = True
) -> None:
    """Write the OpLogProto of a graph into `log_dir/tfprof_log`, for TensorFlow's tools.

    Args:
      graph: the graph; None for the default one.
      log_dir: the folder.
      op_log: what to add.
      run_meta: the RunMetadata of a traced step, for shapes.
      add_trace: tell where each operation was made.
    """
    merged = merge_default_with_oplog(graph, op_log, run_meta, add_trace)
    with gfile.GFile(os.path.join(log_dir, "tfprof_log"), "wb") as file:
        file.write(merged.SerializeToString())
