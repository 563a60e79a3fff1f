"""`tf.profiler.profile`, `advise` and `Profiler`.

Source: TensorFlow 1.15, python/profiler/model_analyzer.py,
core/profiler/internal/print_model_analysis.cc.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.graph import errors
from tensormill.graph.graph import get_default_graph
from tensormill.platform import gfile
from tensormill.profiler.advice import ALL_ADVICE, advice_of
from tensormill.profiler.groups import (
    code_roots,
    group_message,
    op_groups,
    select_code,
    select_ops,
)
from tensormill.profiler.nodes import ProfiledGraph
from tensormill.profiler.op_log import merge_default_with_oplog
from tensormill.profiler.option_builder import ProfileOptionBuilder
from tensormill.profiler.reports import code_report, op_report, options_text, tree_report
from tensormill.profiler.selection import Selection
from tensormill.profiler.step_timeline import write_timelines
from tensormill.profiler.trees import (
    graph_roots,
    node_message,
    scope_roots,
    select_graph,
    select_scope,
)
from tensormill.proto.tfprof_output_pb2 import GraphNodeProto, MultiGraphNodeProto

__all__ = ["ALL_ADVICE", "Profiler", "advise", "profile"]

_DEFAULT = 0
"""Stands for options that are not given."""

_View = Callable[[ProfiledGraph, Selection], tuple[Any, str]]
"""Returns the message of a report and its text."""


def _scope_view(graph: ProfiledGraph, selection: Selection) -> tuple[Any, str]:
    root = select_scope(scope_roots(graph), selection)
    return node_message(root, graph), tree_report(root, graph, selection)


def _graph_view(graph: ProfiledGraph, selection: Selection) -> tuple[Any, str]:
    root = select_graph(graph_roots(graph), selection)
    return node_message(root, graph), tree_report(root, graph, selection)


def _op_view(graph: ProfiledGraph, selection: Selection) -> tuple[Any, str]:
    root = select_ops(op_groups(graph), selection)
    message = group_message(root, graph, selection, chains=True)
    return message, op_report(root, graph, selection)


def _code_view(graph: ProfiledGraph, selection: Selection) -> tuple[Any, str]:
    if not graph.has_code:
        sys.stderr.write("No code trace information\n")
        return MultiGraphNodeProto(), ""
    if selection.is_displayed_only:
        sys.stderr.write("Note: code view ignores account_displayed_op_only\n")
    root = select_code(code_roots(graph), selection)
    return group_message(root, graph, selection, chains=False), code_report(root, selection)


_VIEWS: dict[str, tuple[_View, type[Any]]] = {
    "code": (_code_view, MultiGraphNodeProto),
    "graph": (_graph_view, GraphNodeProto),
    "op": (_op_view, MultiGraphNodeProto),
    "scope": (_scope_view, GraphNodeProto),
}


def _report(graph: ProfiledGraph, cmd: str, options: Mapping[str, Any]) -> Any:
    """Return the message of a report, and write the report where the options say."""
    view, message_class = _VIEWS[cmd]
    selection = Selection.parse(options)
    step = selection.numbers["step"]
    if step >= 0 and step not in graph.steps:
        known = " ".join(map(str, sorted(graph.steps)))
        sys.stderr.write(f"Options -step={step} not found.\nAvailable steps: {known} \n")
        return message_class()
    if selection.output == "pprof":
        raise errors.UnimplementedError(
            None, None, "tensormill writes no profiles for pprof; 'timeline' and 'file' it writes"
        )
    message, text = view(graph, selection)
    _write(graph, selection, text)
    return message


def _write(graph: ProfiledGraph, selection: Selection, text: str) -> None:
    missing = ""
    if graph.misses_streams:
        missing = "\nA GPU ran operations, but nothing tells how long its kernels took.\n\n"
    if selection.output == "stdout":
        sys.stdout.write(
            f"\n{'=' * 25}Options{'=' * 29}\n{options_text(selection)}"
            f"\n{'=' * 18}Model Analysis Report{'=' * 22}\n{missing}\nProfile:\n{text}"
            f"\n{'=' * 22}End of Report{'=' * 26}\n"
        )
        sys.stdout.flush()
    elif selection.output == "file":
        with gfile.GFile(selection.output_file, "w") as file:
            file.write(f"{missing}Profile:\n{text}")
    elif selection.output == "timeline":
        write_timelines(graph, selection)


class Profiler:
    """Sums up what the steps that are added to it have cost.

    Args:
      graph: the graph; None for the default one.
      op_log: an OpLogProto with types and floating-point operations of nodes.

    >>> import tensormill as tf
    >>> _ = tf.get_variable("weights", [3, 4])
    >>> profiler = tf.profiler.Profiler()
    >>> options = tf.profiler.ProfileOptionBuilder.trainable_variables_parameter()
    >>> profiler.profile_name_scope({**options, "output": "none"}).total_parameters
    12
    """

    def __init__(self, graph: Any = None, op_log: Any = None) -> None:
        self._graph = graph or get_default_graph()
        self._profile = ProfiledGraph()
        self._profile.add_graph(_graph_def(self._graph))
        self._profile.add_op_log(merge_default_with_oplog(self._graph, op_log=op_log))

    @property
    def _coverage(self) -> float:
        return self._profile.coverage()

    def add_step(self, step: int, run_meta: Any) -> None:
        """Add a traced step.

        Args:
          step: its number; steps of the same number are added up.
          run_meta: its RunMetadata.
        """
        op_log = merge_default_with_oplog(self._graph, run_meta=run_meta)
        self._profile.add_graph(_graph_def(self._graph))
        self._profile.add_run_metadata(step, run_meta)
        self._profile.add_op_log(op_log)

    def profile_python(self, options: Mapping[str, Any]) -> Any:
        """Report by lines of code; return a MultiGraphNodeProto."""
        return _report(self._profile, "code", options)

    def profile_operations(self, options: Mapping[str, Any]) -> Any:
        """Report by op types; return a MultiGraphNodeProto."""
        return _report(self._profile, "op", options)

    def profile_name_scope(self, options: Mapping[str, Any]) -> Any:
        """Report by name scopes; return a GraphNodeProto."""
        return _report(self._profile, "scope", options)

    def profile_graph(self, options: Mapping[str, Any]) -> Any:
        """Report by data flow; return a GraphNodeProto."""
        return _report(self._profile, "graph", options)

    def advise(self, options: Mapping[str, Any] | None = None) -> Any:
        """Print what could be better, and return it as an AdviceProto.

        Args:
          options: the names of checks, as in `ALL_ADVICE`; None for all.
        """
        return advice_of(self._profile, ALL_ADVICE if options is None else options)

    def serialize_to_string(self) -> bytes:
        """Return the ProfileProto, for TensorFlow's tools."""
        data: bytes = self._profile.to_proto().SerializeToString()
        return data

    def _write_profile(self, filename: str) -> None:
        with gfile.GFile(filename, "wb") as file:
            file.write(self.serialize_to_string())


def _graph_def(graph: Any) -> Any:
    return graph.as_graph_def(add_shapes=True)


def _profiled(graph: Any, run_meta: Any, op_log: Any, add_trace: bool) -> ProfiledGraph:
    graph = graph or get_default_graph()
    merged = merge_default_with_oplog(graph, op_log, run_meta, add_trace=add_trace)
    profiled = ProfiledGraph()
    profiled.add_graph(_graph_def(graph))
    if run_meta is not None and run_meta.HasField("step_stats"):
        profiled.add_run_metadata(0, run_meta)
    profiled.add_op_log(merged)
    return profiled


def profile(
    graph: Any = None,
    run_meta: Any = None,
    op_log: Any = None,
    cmd: str = "scope",
    options: Any = _DEFAULT,
) -> Any:
    """Report what a graph, or a traced step of it, costs.

    Args:
      graph: the graph; None for the default one.
      run_meta: the RunMetadata of a traced step: needed for time and memory.
      op_log: an OpLogProto with types and floating-point operations of nodes.
      cmd: what the report is made of: scope, graph, op or code.
      options: what it shows, see `ProfileOptionBuilder`; by default how many numbers the trainable
        variables hold.

    Returns:
      A GraphNodeProto for scope and graph, a MultiGraphNodeProto for op and code.

    Raises:
      InvalidArgumentError: `cmd` or an option is not known.
    """
    if cmd not in _VIEWS:
        raise errors.InvalidArgumentError(None, None, f"unknown cmd: {cmd}\n")
    if options == _DEFAULT:
        options = ProfileOptionBuilder.trainable_variables_parameter()
    return _report(_profiled(graph, run_meta, op_log, cmd == "code"), cmd, options)


def advise(graph: Any = None, run_meta: Any = None, options: Any = _DEFAULT) -> Any:
    """Print what could be better in a graph or a traced step, and return it as an AdviceProto.

    Args:
      graph: the graph; None for the default one.
      run_meta: the RunMetadata of a traced step.
      options: the names of checks, as in `ALL_ADVICE`; by default all.
    """
    checks = ALL_ADVICE if options == _DEFAULT else options
    return advice_of(_profiled(graph, run_meta, None, True), checks)
