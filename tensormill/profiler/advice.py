"""What could be better in a profile: slow operations, idle GPUs, slow kinds of operations.

Source: TensorFlow 1.15, core/profiler/internal/advisor.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tensormill.profiler.groups import GroupLine, code_roots, op_groups, select_code, select_ops
from tensormill.profiler.nodes import ProfiledGraph, is_accelerator
from tensormill.profiler.reports import format_time
from tensormill.profiler.selection import Selection
from tensormill.profiler.trees import scope_roots, select_scope
from tensormill.proto.tfprof_output_pb2 import AdviceProto

__all__ = ["ALL_ADVICE", "advice_of"]

ALL_ADVICE: dict[str, dict[str, str]] = {
    "ExpensiveOperationChecker": {},
    "AcceleratorUtilizationChecker": {},
    "JobChecker": {},
    "OperationChecker": {},
}
"""The checks; JobChecker has nothing to say outside Google's clusters."""

_MOST = 3
_SLOW_MICROS = 1000


def _selection(**options: Any) -> Selection:
    everything: dict[str, Any] = {
        "max_depth": 100,
        "min_micros": 1,
        "order_by": "micros",
        "account_type_regexes": [".*"],
        "start_name_regexes": [".*"],
        "show_name_regexes": [".*"],
        "select": ["micros"],
        "output": "none",
    }
    return Selection.parse({**everything, **options})


def _times(figures: Mapping[str, int]) -> str:
    return (
        f"cpu: {format_time(figures['cpu_exec_micros'])}, "
        f"accelerator: {format_time(figures['accelerator_exec_micros'])}, "
        f"total: {format_time(figures['exec_micros'])}"
    )


def _expensive_operations(graph: ProfiledGraph) -> Iterator[str]:
    if not graph.steps:
        sys.stderr.write("Missing run_meta for ExpensiveOperationChecker\n")
        return
    root = select_ops(op_groups(graph), _selection(max_depth=_MOST))
    whole = root.totals["exec_micros"]
    if root.shown:
        yield "\n".join(
            f"top {place} operation type: {group.name}, {_times(group.own)} "
            f"({100.0 * group.own['exec_micros'] / (whole + 1e-10):.2f}%)"
            for place, group in enumerate(root.shown[:_MOST], 1)
        )
    scope = select_scope(scope_roots(graph), _selection(min_micros=100))
    if scope.shown:
        yield "\n".join(
            f"top {place} graph node: {line.name}, {_times(line.own)}"
            for place, line in enumerate(scope.shown[:_MOST], 1)
        )
    if not graph.has_code:
        sys.stderr.write("Missing op_log (code traces) for ExpensiveOperationChecker\n")
        return
    line = select_code(code_roots(graph), _selection())
    while len(line.shown) == 1:
        line = line.shown[0]
    if line.shown:
        yield "\n".join(_slow_lines(line, 0))


def _slow_lines(line: GroupLine, depth: int) -> Iterator[str]:
    if len(line.shown) <= 1 or depth > _MOST:
        return
    for each in line.shown[:_MOST]:
        if each.totals["exec_micros"] >= _SLOW_MICROS:
            yield f"{'  ' * depth}{each.name}, {_times(each.totals)}"
            yield from _slow_lines(each, depth + 1)


def _accelerator_utilization(graph: ProfiledGraph) -> Iterator[str]:
    spans: dict[str, list[int]] = {}
    for node in graph.nodes.values():
        if not node.executions or not is_accelerator(node.device):
            continue
        last = node.executions[max(node.executions)]
        span = spans.setdefault(node.device, [last.start_micros, 0, 0])
        span[0] = min(span[0] or last.start_micros, last.start_micros or span[0])
        span[1] = max(span[1], last.end_micros)
        span[2] += last.figures()["accelerator_exec_micros"]
    for device, (start, end, busy) in sorted(spans.items()):
        if end > start:
            part = busy / (end - start)
            low = "" if part >= 0.5 else "low "
            yield f"device: {device} {low}utilization: {part:.2f}"


def _slow_operations(graph: ProfiledGraph) -> Iterator[str]:
    nodes = graph.nodes.values()
    if any("BatchNorm" in node.name for node in nodes) and not any(
        "FusedBatchNorm" in node.types for node in nodes
    ):
        yield "BatchNorm may be faster as FusedBatchNorm"
    if any(
        is_accelerator(node.device)
        and "data_format" in node.attrs
        and node.attrs["data_format"].s == b"NHWC"
        for node in nodes
    ):
        yield "Operations on a GPU have the data_format NHWC; NCHW may be faster"


_CHECKS: dict[str, Callable[[ProfiledGraph], Iterator[str]]] = {
    "AcceleratorUtilizationChecker": _accelerator_utilization,
    "ExpensiveOperationChecker": _expensive_operations,
    "OperationChecker": _slow_operations,
}


def advice_of(graph: ProfiledGraph, checks: Mapping[str, Any]) -> Any:
    """Print what checks have found, and return it as an AdviceProto."""
    advice = AdviceProto()
    for name, check in _CHECKS.items():
        if name in checks:
            reports = list(check(graph))
            advice.checkers[name].reports.extend(reports)
            sys.stdout.write("".join(f"{line}\n" for line in (f"\n{name}:", *reports)))
    sys.stdout.flush()
    return advice
