"""Puts into messages that name nodes where the program made these nodes.

A message says `{{node a/b}}`, or `{{colocation_node a/b}}` where devices matter.

Source: TensorFlow 1.15, python/framework/error_interpolation.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from tensorboard.compat.proto import graph_debug_info_pb2

from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation

__all__ = [
    "compute_field_dict",
    "create_graph_debug_info_def",
    "interpolate",
    "parse_message",
    "traceback_files_common_prefix",
]

_NAME = r"[A-Za-z0-9_.][A-Za-z0-9_.\-/]*?"
_TAG = re.compile(rf"{{{{({_NAME}) ({_NAME})}}}}")
# A file whose path has one of these is not the program's.
_BAD_FILE_SUBSTRINGS = [
    os.path.join("tensorflow", "python"),
    os.path.join("tensorflow", "contrib"),
    os.path.join("tensorflow_estimator", "python"),
    os.path.join("tensorflow_estimator", "contrib"),
    "<embedded",
]
# How many frames the debug information of a graph has of each node.
_FRAMES_OF_A_NODE = 10


class Tag(NamedTuple):
    """One tag of a message."""

    type: str
    name: str


def parse_message(message: str) -> tuple[list[str], list[Tag]]:
    """Return what stands around the tags of a message, and the tags."""
    separators, tags, end = [], [], 0
    for match in _TAG.finditer(message):
        separators.append(message[end : match.start()])
        tags.append(Tag(match[1], match[2]))
        end = match.end()
    return [*separators, message[end:]], tags


def index_of_defining_frame(op: Any) -> int:
    """Return which frame of an operation is the innermost one of the program, 0 without one."""
    frames = op.traceback
    for index in reversed(range(len(frames))):
        if not any(part in frames[index][0] for part in _BAD_FILE_SUBSTRINGS):
            return index
    return 0


def defining_frame(op: Any) -> Any:
    """Return the frame of the program that made an operation."""
    frames = op.traceback
    return frames[index_of_defining_frame(op)] if frames else ("<unknown>", 0, "", "")


def useful_frames(op: Any, num: int) -> Sequence[Any]:
    """Return at most `num` frames of an operation, up to two inside of what the program called."""
    frames = op.traceback
    end = min(index_of_defining_frame(op) + 3, len(frames))
    return frames[max(end - num, 0) : end]


def create_graph_debug_info_def(operations: Iterable[tuple[str, Any]]) -> Any:
    """Return a GraphDebugInfo message that tells where operations were made.

    Args:
      operations: pairs of the name of a function ("" for the graph itself) and an operation.
    """
    frames = {func + op.name: useful_frames(op, _FRAMES_OF_A_NODE) for func, op in operations}
    files = {frame[0]: 0 for each in frames.values() for frame in each}
    message = graph_debug_info_pb2.GraphDebugInfo(files=files)
    for index, file in enumerate(files):
        files[file] = index
    for name, each in frames.items():
        trace = message.traces[name]
        for frame in reversed(each):
            trace.file_line_cols.add(file_index=files[frame[0]], line=frame[1])
    return message


def traceback_files_common_prefix(all_ops: Iterable[Any]) -> str:
    """Return the folder that all files of the stacks of operations are in.

    Args:
      all_ops: lists of operations, or None.
    """
    files = {
        frame[0]
        for ops in all_ops
        for op in ops or ()
        for frame in op.traceback
        if "<embedded" not in frame[0]
    }
    folders = [os.path.dirname(file).split(os.sep) for file in files]
    shared = takewhile(lambda parts: len(set(parts)) == 1, zip(*folders, strict=False))
    return os.sep.join(parts[0] for parts in shared)


def _summary(
    kind: str, scope: str, name: str, places: Iterable[tuple[Any, Any]], prefix: str
) -> str:
    rows = [
        f"{prefix}  with {scope}({given}): <{place.filename}:{place.lineno}>"
        for given, place in places
    ]
    if not rows:
        return f"{prefix}No {kind[0].lower()}{kind[1:]} were active during op '{name}' creation."
    return "\n".join([f"{prefix}{kind} active during op '{name}' creation:", *rows])


def device_summary(name: str, device_assignment_list: Iterable[Any], prefix: str = "") -> str:
    """Return lines that tell the device scopes of an operation."""
    places = [(each.obj, each) for each in device_assignment_list]
    return _summary("Device assignments", "tf.device", name, places, prefix)


def device_summary_of_op(op: Any, prefix: str = "") -> str:
    """Return lines that tell the device scopes of an operation."""
    return device_summary(op.name, op._device_assignments, prefix)


def colocation_summary(name: str, colocation_dict: dict[str, Any], prefix: str = "") -> str:
    """Return lines that tell the colocation scopes of an operation."""
    if not colocation_dict:
        return f"{prefix}No node-device colocations were active during op '{name}' creation."
    places = colocation_dict.items()
    return _summary("Node-device colocations", "tf.colocate_with", name, places, prefix)


def colocation_summary_of_op(op: Any, prefix: str = "") -> str:
    """Return lines that tell the colocation scopes of an operation."""
    return colocation_summary(op.name, op._colocation_dict, prefix)


def compute_field_dict(op: Any, strip_file_prefix: str = "") -> dict[str, Any]:
    """Return what is known of the making of an operation.

    Args:
      op: the operation.
      strip_file_prefix: left out where the path of the file begins with it.

    Returns:
      `file`, `line`, `defined_at`, `colocations`, `devices` and `devs_and_colocs`.
    """
    frame = defining_frame(op)
    file, line = frame[0].removeprefix(strip_file_prefix), frame[1]
    colocations, devices = colocation_summary_of_op(op), device_summary_of_op(op)
    return {
        "file": file,
        "line": line,
        "defined_at": f" (defined at {file}:{line})",
        "colocations": colocations,
        "devices": devices,
        "devs_and_colocs": f"{colocations}\n{devices}",
    }


def _sources(op: Operation) -> list[Operation]:
    inputs = [*(tensor.op for tensor in op.input_tensors), *op.control_input_list]
    return list(dict.fromkeys(inputs))


def _told(op: Operation, inputs: list[Operation], prefix: str) -> tuple[str, str]:
    """Return what stands for a tag, and what is said of the inputs of its operation."""
    place = compute_field_dict(op, prefix)["defined_at"]
    told = {place: ""}
    for source in inputs:
        at = compute_field_dict(source, prefix)["defined_at"]
        told.setdefault(at, f" {source.name}{at}")
    rows = list(filter(None, told.values()))
    head = f"\nInput Source operations connected to node {op.name}:\n" if rows else ""
    return f"node {op.name}{place} ", head + "\t\n".join(rows)


def interpolate(error_message: str, graph: Graph) -> str:
    """Return a message with the places of the nodes that it names.

    Args:
      error_message: the message.
      graph: the graph that has the nodes; tags of others stay as they are.
    """
    separators, tags = parse_message(error_message)
    known = [graph._operations_by_name.get(tag.name) for tag in tags]
    listed = [None if op is None else [op, *_sources(op)] for op in known]
    prefix = traceback_files_common_prefix(listed)
    texts, sources, colocations = [], [], []
    for tag, ops in zip(tags, listed, strict=True):
        text = f"{{{{{tag.type} {tag.name}}}}}"
        if ops is not None and tag.type == "node":
            text, source = _told(ops[0], ops[1:], prefix)
            sources += [source] if source else []
        elif ops is not None and tag.type == "colocation_node":
            fields = compute_field_dict(ops[0], prefix)
            text = f"node {ops[0].name}{fields['defined_at']} placed on device {fields['devices']} "
            colocations.append(fields["devs_and_colocs"])
        elif tag.type == "function_node":
            text = ""
        texts.append(text)
    made = "".join(a + b for a, b in zip(separators, [*texts, ""], strict=True))
    if sources:
        made += "\n\nErrors may have originated from an input operation." + "\n".join(sources)
    if colocations:
        made += "Additional information about colocations:" + "\n".join(colocations)
    return made
