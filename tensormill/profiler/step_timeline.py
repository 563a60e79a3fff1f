"""Traces of profiled steps for chrome://tracing.

Source: TensorFlow 1.15, core/profiler/internal/tfprof_timeline.cc.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tensormill.platform import gfile
from tensormill.profiler.nodes import ProfiledGraph
from tensormill.profiler.selection import Selection

__all__ = ["write_timelines"]


def write_timelines(graph: ProfiledGraph, selection: Selection) -> None:
    """Write the trace of the selected step, or of each, into a file with the step in its name."""
    step = selection.numbers["step"]
    if not graph.steps:
        sys.stderr.write("A timeline needs the RunMetadata of a traced step\n")
    for each in sorted(graph.steps) if step < 0 else [step]:
        with gfile.GFile(f"{selection.output_file}_{each}", "w") as file:
            file.write(json.dumps({"traceEvents": _events(graph, selection, each)}))


def _events(graph: ProfiledGraph, selection: Selection, step: int) -> list[dict[str, Any]]:
    """Return an event for each run of a node that counts, a row for each device."""
    events: list[dict[str, Any]] = []
    rows: dict[str, int] = {}
    for name in sorted(graph.nodes):
        node = graph.nodes[name]
        execution = node.executions.get(step)
        if execution is None or not selection.counts(node.types):
            continue
        for device, runs in execution.times.items():
            if device not in rows:
                rows[device] = len(rows)
                events.append(
                    {
                        "name": "process_name",
                        "ph": "M",
                        "pid": rows[device],
                        "args": {"name": device},
                    }
                )
            events.extend(
                {
                    "name": node.op,
                    "cat": "Op",
                    "ph": "X",
                    "ts": start,
                    "dur": duration,
                    "pid": rows[device],
                    "tid": 0,
                    "args": {"name": name, "op": node.op},
                }
                for start, duration in runs
            )
    return events
