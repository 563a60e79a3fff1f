"""What a step is to show: watches in its RunOptions.

Source: TensorFlow 1.15, python/debug/lib/debug_utils.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["add_debug_tensor_watch", "watch_graph", "watch_graph_with_blacklists"]


def _as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def add_debug_tensor_watch(
    run_options: Any,
    node_name: str,
    output_slot: int = 0,
    debug_ops: str | Sequence[str] = "DebugIdentity",
    debug_urls: str | Sequence[str] | None = None,
    tolerate_debug_op_creation_failures: bool = False,
    global_step: int = -1,
) -> None:
    """Add a tensor to what a step shows.

    Args:
      run_options: the RunOptions of the step.
      node_name: the node, "*" for all.
      output_slot: which output; -1 for all.
      debug_ops: how it is seen: whole by DebugIdentity, or in figures.
      debug_urls: where it is written to: "file:///folder".
      tolerate_debug_op_creation_failures: not needed: values that cannot be seen are passed over.
      global_step: the step of the program, for those who read the values.
    """
    run_options.debug_options.global_step = global_step
    run_options.debug_options.debug_tensor_watch_opts.add(
        node_name=node_name,
        output_slot=output_slot,
        debug_ops=_as_list(debug_ops),
        debug_urls=_as_list(debug_urls),
        tolerate_debug_op_creation_failures=tolerate_debug_op_creation_failures,
    )


def watch_graph(
    run_options: Any,
    graph: Any,
    debug_ops: str | Sequence[str] = "DebugIdentity",
    debug_urls: str | Sequence[str] | None = None,
    node_name_regex_whitelist: str | None = None,
    op_type_regex_whitelist: str | None = None,
    tensor_dtype_regex_whitelist: str | None = None,
    tolerate_debug_op_creation_failures: bool = False,
    global_step: int = -1,
    reset_disk_byte_usage: bool = False,
) -> None:
    """Let a step show the tensors of a graph, by default all.

    Args:
      run_options: the RunOptions of the step.
      graph: the graph.
      debug_ops: how tensors are seen.
      debug_urls: where they are written to.
      node_name_regex_whitelist: only those of nodes whose names begin so.
      op_type_regex_whitelist: only those of op types that begin so.
      tensor_dtype_regex_whitelist: only those of dtypes whose names begin so.
      tolerate_debug_op_creation_failures: not needed.
      global_step: the step of the program.
      reset_disk_byte_usage: not used.

    Raises:
      ValueError: `debug_ops` or `debug_urls` are empty.
    """
    lists = (node_name_regex_whitelist, op_type_regex_whitelist, tensor_dtype_regex_whitelist)

    def is_wanted(texts: Sequence[str]) -> bool:
        return all(
            not pattern or re.match(pattern, text)
            for pattern, text in zip(lists, texts, strict=True)
        )

    _watch(run_options, graph, debug_ops, debug_urls, global_step, is_wanted, not any(lists))


def watch_graph_with_blacklists(
    run_options: Any,
    graph: Any,
    debug_ops: str | Sequence[str] = "DebugIdentity",
    debug_urls: str | Sequence[str] | None = None,
    node_name_regex_blacklist: str | None = None,
    op_type_regex_blacklist: str | None = None,
    tensor_dtype_regex_blacklist: str | None = None,
    tolerate_debug_op_creation_failures: bool = False,
    global_step: int = -1,
    reset_disk_byte_usage: bool = False,
) -> None:
    """Let a step show the tensors of a graph, but for some; see `watch_graph`."""
    lists = (node_name_regex_blacklist, op_type_regex_blacklist, tensor_dtype_regex_blacklist)

    def is_wanted(texts: Sequence[str]) -> bool:
        return not any(
            pattern and re.match(pattern, text) for pattern, text in zip(lists, texts, strict=True)
        )

    _watch(run_options, graph, debug_ops, debug_urls, global_step, is_wanted, not any(lists))


def _watch(
    run_options: Any,
    graph: Any,
    debug_ops: str | Sequence[str],
    debug_urls: str | Sequence[str] | None,
    global_step: int,
    is_wanted: Callable[[Sequence[str]], bool],
    takes_all: bool,
) -> None:
    if not debug_ops:
        raise ValueError("debug_ops must not be empty or None.")
    if not debug_urls:
        raise ValueError("debug_urls must not be empty or None.")
    if takes_all:
        add_debug_tensor_watch(run_options, "*", -1, debug_ops, debug_urls, global_step=global_step)
        return
    for op in graph.get_operations():
        for slot, tensor in enumerate(op.outputs):
            if is_wanted((op.name, op.type, tensor.dtype.name)):
                add_debug_tensor_watch(
                    run_options, op.name, slot, debug_ops, debug_urls, global_step=global_step
                )
