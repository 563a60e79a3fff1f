"""`cluster_trace`: a step over several tasks as one picture for Chrome's trace viewer.

It is TensorFlow's timeline with two things more. An arrow leads from each Send to its Recv. And
where the clocks of two hosts differ, so that values would arrive before they were sent, the events
of one task are shifted by what puts that right.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tensorboard.compat.proto import step_stats_pb2

from tensormill.runtime.trace import add_step_stats
from tensormill.session.timeline import Timeline

__all__ = ["clock_shifts_us", "cluster_trace"]

_SENDS = ("_Send", "_HostSend")
_RECVS = ("_Recv", "_HostRecv")
_NUMBER = re.compile(r"/_[SG]?(\d+)$")
_OP_TYPE = re.compile(r" = (\w+)\(")


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a transfer; times in microseconds since the epoch."""

    device: str
    node_name: str
    start_us: int
    end_us: int

    @property
    def task(self) -> str:
        """The task of the device."""
        return self.device.partition("/device:")[0]


def cluster_trace(run_metadata: Any) -> str:
    """Return a trace, as JSON text to be opened in chrome://tracing or Perfetto.

    Args:
      run_metadata: the RunMetadata of a step that was run with FULL_TRACE, or its StepStats.
    """
    step_stats = step_stats_pb2.StepStats()
    # Servers of TensorFlow tell what a device did and what came to it apart.
    add_step_stats(step_stats, getattr(run_metadata, "step_stats", run_metadata))
    shifts = clock_shifts_us(step_stats)
    for stats in step_stats.dev_stats:
        for node in stats.node_stats:
            node.all_start_micros += shifts.get(stats.device.partition("/device:")[0], 0)
    trace = json.loads(Timeline(step_stats).generate_chrome_trace_format())
    rows = _rows(trace["traceEvents"])
    for number, (send, recv) in enumerate(_transfers(step_stats)):
        source = rows.get((send.device, send.node_name, send.start_us))
        target = rows.get((recv.device, recv.node_name, recv.start_us))
        if source is None or target is None:
            continue
        name = _NUMBER.sub("", send.node_name)
        arrow = {"cat": "Transfer", "name": name, "id": f"transfer {number}"}
        trace["traceEvents"] += [
            {**arrow, "ph": "s", "pid": source[0], "tid": source[1], "ts": send.end_us},
            {**arrow, "ph": "f", "bp": "e", "pid": target[0], "tid": target[1], "ts": recv.end_us},
        ]
    return json.dumps(trace, indent=2)


def clock_shifts_us(step_stats: Any) -> dict[str, int]:
    """Return by how much to shift the events of each task so that no value comes before it is sent.

    The clock of the first task is taken as right; a task whose events agree with it is not shifted.
    """
    least: dict[tuple[str, str], int] = defaultdict(lambda: -(1 << 62))
    for send, recv in _transfers(step_stats):
        pair = (send.task, recv.task)
        least[pair] = max(least[pair], send.end_us - recv.end_us)
    tasks = list(dict.fromkeys(s.device.partition("/device:")[0] for s in step_stats.dev_stats))
    shifts = {tasks[0]: 0} if tasks else {}
    reached = list(shifts)
    for known in reached:
        for task in tasks:
            if task in shifts or not {(known, task), (task, known)} & least.keys():
                continue
            lowest = least[known, task] + shifts[known]
            highest = shifts[known] - least[task, known]
            if lowest <= shifts[known] <= highest:
                shifts[task] = shifts[known]
            elif lowest <= -(1 << 61):
                shifts[task] = highest
            elif highest >= 1 << 61:
                shifts[task] = lowest
            else:
                shifts[task] = (lowest + highest) // 2
            reached.append(task)
    return shifts


def _rows(events: Sequence[Any]) -> dict[tuple[str, str, int], tuple[int, int]]:
    """Return process and row of each operation by device, name and start."""
    devices = {
        event["pid"]: event["args"]["name"].removesuffix(" Compute")
        for event in events
        if event["ph"] == "M" and event["name"] == "process_name"
    }
    return {
        (devices[event["pid"]], event["args"]["name"], event["ts"]): (event["pid"], event["tid"])
        for event in events
        if event["ph"] == "X"
    }


def _transfers(step_stats: Any) -> Iterator[tuple[_End, _End]]:
    """Yield Sends with their Recvs.

    Both are named after the tensor, with a number that is larger at the Recv; what is sent several
    times, to several devices or in a loop, is received in the same order.
    """
    sends, recvs = _ends(step_stats, _SENDS), _ends(step_stats, _RECVS)
    for tensor, sent in sends.items():
        received = recvs.get(tensor, [])
        for send, recv in zip(sent, received, strict=False):
            if send.task != recv.task:
                yield send, recv


def _ends(step_stats: Any, op_types: Sequence[str]) -> dict[str, list[_End]]:
    """Return the ends of one kind by tensor, in the order of their numbers and times."""
    found: dict[str, list[tuple[int, int, _End]]] = defaultdict(list)
    for stats in step_stats.dev_stats:
        for node in stats.node_stats:
            op_type = _OP_TYPE.search(node.timeline_label)
            number = _NUMBER.search(node.node_name)
            if op_type is None or number is None or op_type.group(1) not in op_types:
                continue
            start_us = node.all_start_micros
            end_us = start_us + (node.op_end_rel_micros or node.all_end_rel_micros)
            end = _End(stats.device, node.node_name, start_us, end_us)
            tensor = node.node_name[: number.start()]
            found[tensor].append((int(number.group(1)), start_us, end))
    return {
        tensor: [end for _, _, end in sorted(ends, key=lambda e: e[:2])]
        for tensor, ends in found.items()
    }
