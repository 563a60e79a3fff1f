"""`Timeline`: the StepStats of a traced step as a picture that Chrome's trace viewer shows.

Every device is a process with a row for each thing that it does at the same time. The events, their
order and their names are TensorFlow's, so that what reads its timelines reads these.

Source: TensorFlow 1.15, python/client/timeline.py.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["AllocationMaximum", "StepStatsAnalysis", "Timeline"]

_LABEL = re.compile(r"(.*) = (.*)\((.*)\)")


class AllocationMaximum(NamedTuple):
    """The most that an allocator held at one time."""

    timestamp: int
    num_bytes: int
    tensors: set[str]


class StepStatsAnalysis(NamedTuple):
    """What a timeline found out about a step."""

    chrome_trace: ChromeTrace
    allocator_maximums: dict[str, AllocationMaximum]


class ChromeTrace:
    """The events of a trace; times in microseconds."""

    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []
        self._processes: list[dict[str, Any]] = []

    def add_process(self, name: str, pid: int) -> None:
        """Name a process."""
        self._processes.append(
            {"name": "process_name", "ph": "M", "pid": pid, "args": {"name": name}}
        )

    def add_thread(self, name: str, row: tuple[int, int]) -> None:
        """Name a thread of a process."""
        pid, tid = row
        self._processes.append(
            {"name": "thread_name", "ph": "M", "pid": pid, "tid": tid, "args": {"name": name}}
        )

    def add(
        self,
        phase: str,
        category: str,
        name: str,
        row: tuple[int, int],
        time_us: int,
        **more: Any,
    ) -> None:
        """Add an event.

        Args:
          phase: the kind of event, one letter.
          category: what it is about.
          name: its name.
          row: process and thread.
          time_us: when it happened.
          **more: fields of this kind of event.
        """
        pid, tid = row
        event = {"ph": phase, "cat": category, "name": name, "pid": pid, "tid": tid, "ts": time_us}
        self._events.append(event | more)

    def format_to_string(self, pretty: bool = False) -> str:
        """Return the trace as JSON."""
        trace = {"traceEvents": self._processes + self._events}
        if pretty:
            return json.dumps(trace, indent=4, separators=(",", ": "))
        return json.dumps(trace, separators=(",", ":"))


@dataclass(slots=True)
class _TrackedTensor:
    """One output of a node, from the moment it is made until its last consumer is done."""

    object_id: int
    pid: int
    create_time_us: int
    allocator: str
    size_bytes: int
    made_at: tuple[int, int, int]  # time, process, thread: where arrows begin
    last_used_us: int = field(default=0)


class Timeline:
    """The picture of one step.

    Args:
      step_stats: of a step that ran with a trace (`RunMetadata.step_stats`).
      graph: the graph that ran; not needed.
    """

    def __init__(self, step_stats: Any, graph: Any = None) -> None:
        self._origin = step_stats
        self._graph = graph

    def generate_chrome_trace_format(
        self, show_dataflow: bool = True, show_memory: bool = False, op_time: str = "schedule"
    ) -> str:
        """Return the trace as JSON, to be loaded into chrome://tracing.

        Args:
          show_dataflow: draw arrows from producers to consumers.
          show_memory: show tensors with their sizes and lifetimes, and how much each allocator
            holds.
          op_time: "schedule" shows an operation while it was scheduled, "gpu" while its kernels ran
            on the GPU, "all" from the one to the other.
        """
        analysis = self.analyze_step_stats(show_dataflow, show_memory, op_time)
        return analysis.chrome_trace.format_to_string(pretty=True)

    def analyze_step_stats(
        self, show_dataflow: bool = True, show_memory: bool = True, op_time: str = "schedule"
    ) -> StepStatsAnalysis:
        """Return the trace, and the most that each allocator held."""
        step_stats = self._origin
        if op_time != "schedule":
            step_stats = _with_kernel_times(step_stats, from_kernel_start=op_time == "gpu")
        return _Drawing(step_stats).draw(show_dataflow, show_memory)


class _Drawing:
    """The state while one trace is made."""

    def __init__(self, step_stats: Any) -> None:
        self._step_stats = step_stats
        self._trace = ChromeTrace()
        self._tensors: dict[str, _TrackedTensor] = {}
        self._arrow_count = 0

    def draw(self, show_dataflow: bool, show_memory: bool) -> StepStatsAnalysis:
        allocators_pid = 0
        self._trace.add_process("Allocators", allocators_pid)
        compute_pids = {}
        tensor_pids = {}
        for number, stats in enumerate(self._step_stats.dev_stats):
            compute_pids[stats.device] = 2 * number + 1
            tensor_pids[stats.device] = 2 * number + 2
            self._trace.add_process(f"{stats.device} Compute", compute_pids[stats.device])
            self._trace.add_process(f"{stats.device} Tensors", tensor_pids[stats.device])
        rows = [_assign_rows(stats.node_stats) for stats in self._step_stats.dev_stats]
        for stats, tids in zip(self._step_stats.dev_stats, rows, strict=True):
            for node, tid in zip(stats.node_stats, tids, strict=True):
                self._track_outputs(
                    node, (compute_pids[stats.device], tid), tensor_pids[stats.device], show_memory
                )
        for stats, tids in zip(self._step_stats.dev_stats, rows, strict=True):
            for node, tid in zip(stats.node_stats, tids, strict=True):
                row = (compute_pids[stats.device], tid)
                self._draw_node(node, row, _is_kernel_trace(stats.device), show_dataflow)
        maximums = self._draw_memory(allocators_pid) if show_memory else {}
        return StepStatsAnalysis(self._trace, maximums)

    def _track_outputs(
        self, node: Any, row: tuple[int, int], tensors_pid: int, show_memory: bool
    ) -> None:
        start, end = node.all_start_micros, node.all_start_micros + node.all_end_rel_micros
        for index, output in enumerate(node.output):
            name = f"{node.node_name}:{index}" if index else node.node_name
            allocation = output.tensor_description.allocation_description
            tensor = _TrackedTensor(
                len(self._tensors),
                tensors_pid,
                start,
                allocation.allocator_name,
                allocation.requested_bytes,
                (end, *row),
                end,
            )
            self._tensors[name] = tensor
            if show_memory:
                place = (tensors_pid, row[1])
                self._trace.add("N", "Tensor", name, place, start, id=tensor.object_id)
                text = str(output.tensor_description).replace('"', "")
                self._trace.add(
                    "O",
                    "Tensor",
                    name,
                    place,
                    end - 1,
                    id=tensor.object_id,
                    args={"snapshot": {"tensor_description": text}},
                )

    def _draw_node(
        self, node: Any, row: tuple[int, int], is_kernel: bool, show_dataflow: bool
    ) -> None:
        name, op_type, inputs = node.node_name, "RecvTensor", list[str]()
        if is_kernel:
            name, op_type = _parse_kernel_label(node.timeline_label, name)
        elif name != "RecvTensor":
            _, op_type, inputs = _parse_label(node.timeline_label)
        args = {"name": name, "op": op_type}
        args |= {f"input{index}": source for index, source in enumerate(inputs)}
        start, duration = node.all_start_micros, node.all_end_rel_micros
        self._trace.add("X", "Op", op_type, row, start, dur=duration, args=args)
        for source in inputs:
            known = source
            if known not in self._tensors and "/_" in known[1:]:
                known = known[: known.rfind("/_")]  # a Send and Recv stand between
            tensor = self._tensors.get(known)
            if tensor is None:
                continue
            tensor.last_used_us = max(tensor.last_used_us, start + duration - 1)
            if show_dataflow:
                self._draw_arrow(known, tensor, row, start)

    def _draw_arrow(
        self, name: str, tensor: _TrackedTensor, row: tuple[int, int], time_us: int
    ) -> None:
        made_us, *made_row = tensor.made_at
        if tuple(made_row) == row:
            return  # along one row an arrow shows nothing
        number = self._arrow_count
        self._arrow_count += 1
        self._trace.add("s", "DataFlow", name, (made_row[0], made_row[1]), made_us, id=number)
        self._trace.add("t", "DataFlow", name, row, time_us, id=number)

    def _draw_memory(self, allocators_pid: int) -> dict[str, AllocationMaximum]:
        changes: dict[str, list[tuple[int, int, str]]] = {}
        for name, tensor in self._tensors.items():
            end = tensor.last_used_us
            self._trace.add("D", "Tensor", name, (tensor.pid, 0), end, id=tensor.object_id)
            of_allocator = changes.setdefault(tensor.allocator, [])
            of_allocator.append((tensor.create_time_us, tensor.size_bytes, name))
            of_allocator.append((end, -tensor.size_bytes, name))
        maximums = {}
        for allocator, of_allocator in changes.items():
            held, held_by = 0, set[str]()
            maximum = AllocationMaximum(0, 0, set())
            for time_us, size_bytes, name in sorted(of_allocator):
                held += size_bytes
                if size_bytes < 0:
                    held_by.discard(name)
                else:
                    held_by.add(name)
                if held > maximum.num_bytes:
                    maximum = AllocationMaximum(time_us, held, set(held_by))
                self._trace.add(
                    "C", "Memory", allocator, (allocators_pid, 0), time_us, args={allocator: held}
                )
            maximums[allocator] = maximum
        return maximums


def _assign_rows(nodes: Any) -> list[int]:
    """Return a row for each node: what happened at the same time stands in different rows."""
    ends = [0]
    rows = []
    for node in nodes:
        start, end = node.all_start_micros, node.all_start_micros + node.all_end_rel_micros
        row = next((r for r, last in enumerate(ends) if start > last), len(ends))
        if row == len(ends):
            ends.append(end)
        else:
            ends[row] = end
        rows.append(row)
    return rows


def _is_kernel_trace(device: str) -> bool:
    return "/stream:" in device or "/memcpy" in device


def _parse_label(label: str) -> tuple[str, str, list[str]]:
    """Return name, op type and inputs of a label such as `sum = AddV2(a, b)`."""
    match = _LABEL.match(label)
    if match is None:
        return "unknown", "unknown", []
    name, op_type, inputs = match.groups()
    return name, op_type, inputs.split(", ") if inputs else []


def _parse_kernel_label(label: str, node_name: str) -> tuple[str, str]:
    """Return name and op type of a kernel, from a label such as `kernel @@name:type#detail`."""
    start, end = label.find("@@"), label.find("#")
    if start >= 0 and end >= 0 and start + 2 < end:
        node_name = label[start + 2 : end]
    name, op_type = [*node_name.split(":"), "unknown"][:2]
    return name, op_type


def _with_kernel_times(step_stats: Any, from_kernel_start: bool) -> Any:
    """Return the statistics with each operation lasting until its last kernel on a GPU is done."""
    step_stats = copy.deepcopy(step_stats)
    spans: dict[str, tuple[int, int]] = {}
    for stats in step_stats.dev_stats:
        if "/stream:all" not in stats.device:
            continue
        for kernel in stats.node_stats:
            name, _ = _parse_kernel_label(kernel.timeline_label, kernel.node_name)
            start, end = (
                kernel.all_start_micros,
                kernel.all_start_micros + kernel.all_end_rel_micros,
            )
            known = spans.get(name, (start, end))
            spans[name] = (min(start, known[0]), max(end, known[1]))
    for stats in step_stats.dev_stats:
        if "/stream:all" in stats.device or "/job" not in stats.device:
            continue
        for node in stats.node_stats:
            if node.node_name not in spans:
                continue
            start, end = spans[node.node_name]
            end = max(end, node.all_start_micros + node.all_end_rel_micros)
            if from_kernel_start:
                node.all_start_micros = start
            node.all_end_rel_micros = end - node.all_start_micros
    return step_stats
