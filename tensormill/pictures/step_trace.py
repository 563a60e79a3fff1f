"""What a traced step did: which node ran where and when, and which bytes went where."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tensormill.graph.device_names import DeviceName, DeviceNameError, parse_device_name

__all__ = ["Execution", "StepTrace", "Transfer", "read_step_trace"]

_SENDS = ("_Send", "_HostSend")
_RECEIVES = ("_Recv", "_HostRecv")
_TRANSFER = "RecvTensor"


@dataclass(frozen=True)
class Execution:
    """One node that ran.

    Attributes:
      name: of the node.
      op_type: its type.
      device: the full name of its device.
      start_us: from the beginning of the step.
      duration_us: how long it ran.
      output_bytes: the size of its outputs.
    """

    name: str
    op_type: str
    device: str
    start_us: int
    duration_us: int
    output_bytes: int

    @property
    def is_receive(self) -> bool:
        """Whether it waits for a value of another device."""
        return self.op_type in _RECEIVES or self.op_type == _TRANSFER


@dataclass(frozen=True)
class Transfer:
    """What goes from one device to another in the step."""

    source: str
    destination: str
    tensors: int
    size_bytes: int


@dataclass(frozen=True)
class StepTrace:
    """A step.

    Attributes:
      executions: what ran, in the order of time.
      transfers: what crossed between devices.
      ops: device -> how many nodes of each op type it has.
      variables: device -> names of its variables.
    """

    executions: tuple[Execution, ...]
    transfers: tuple[Transfer, ...]
    ops: dict[str, Counter[str]]
    variables: dict[str, tuple[str, ...]]

    @property
    def devices(self) -> list[str]:
        """The devices, those of one task side by side."""
        return sorted(self.ops, key=_device_order)

    @property
    def duration_us(self) -> int:
        """How long the step took."""
        return max((each.start_us + each.duration_us for each in self.executions), default=0)


def task_of(device: str) -> str:
    """Return the task of a device: `/job:ps/task:0`."""
    name = _parsed(device)
    return f"/job:{name.job}/task:{name.task}" if name is not None and name.job else device


def _device_order(device: str) -> tuple[Any, ...]:
    name = _parsed(device)
    if name is None:
        return ("", 0, device)
    return (name.job or "", name.task or 0, device)


def _parsed(device: str) -> DeviceName | None:
    try:
        return parse_device_name(device)
    except DeviceNameError:
        return None


def read_step_trace(run_metadata: Any) -> StepTrace:
    """Return what the RunMetadata of a step says.

    Args:
      run_metadata: of a step that was run with FULL_TRACE and `output_partition_graphs`.

    Raises:
      ValueError: there is no trace in it.
    """
    all_stats = [
        (device.device, stats)
        for device in run_metadata.step_stats.dev_stats
        if _is_device(device.device)
        for stats in device.node_stats
        if stats.node_name != "_SOURCE"
    ]
    if not all_stats:
        raise ValueError("the step was not traced: run it with trace_level=FULL_TRACE")
    begin = min(stats.all_start_micros for _, stats in all_stats)
    executions = sorted(
        _without_transfers([_execution(device, stats, begin) for device, stats in all_stats]),
        key=lambda each: each.start_us,
    )
    ops, variables = _nodes(run_metadata, executions)
    return StepTrace(tuple(executions), _transfers(run_metadata, executions), ops, variables)


def _without_transfers(executions: list[Execution]) -> list[Execution]:
    """Leave out the log of transfers where the receives that wait for them are there, too."""
    traced = {each.device for each in executions if each.op_type in _RECEIVES}
    return [each for each in executions if each.op_type != _TRANSFER or each.device not in traced]


def _is_device(name: str) -> bool:
    """Return whether statistics are those of a device, not of a stream of kernels on one."""
    parsed = _parsed(name)
    return parsed is not None and parsed.type is not None and "/stream" not in name


def _execution(device: str, stats: Any, begin: int) -> Execution:
    label = stats.timeline_label.partition(" = ")[2]
    # What is no operation, such as RecvTensor, the transfer behind a receive, says so by its name.
    op_type = label.partition("(")[0] if label else stats.node_name
    return Execution(
        name=stats.node_name,
        op_type=op_type,
        device=device,
        start_us=stats.all_start_micros - begin,
        duration_us=max(stats.all_end_rel_micros, stats.op_end_rel_micros, 0),
        output_bytes=sum(_output_bytes(output.tensor_description) for output in stats.output),
    )


def _output_bytes(description: Any) -> int:
    allocation = description.allocation_description
    return int(allocation.requested_bytes or allocation.allocated_bytes)


def _nodes(
    run_metadata: Any, executions: list[Execution]
) -> tuple[dict[str, Counter[str]], dict[str, tuple[str, ...]]]:
    """Return the op types and the variables of each device."""
    pairs = [
        (node.device, node.op, node.name)
        for graph in run_metadata.partition_graphs
        for node in graph.node
        if node.device
    ]
    if not pairs:
        pairs = [(each.device, each.op_type, each.name) for each in executions]
    ops: dict[str, Counter[str]] = {}
    variables: dict[str, list[str]] = {}
    for device, op_type, name in pairs:
        ops.setdefault(device, Counter())[op_type] += 1
        if op_type in ("VariableV2", "Variable", "VarHandleOp"):
            variables.setdefault(device, []).append(name)
    return ops, {device: tuple(sorted(names)) for device, names in variables.items()}


def _transfers(run_metadata: Any, executions: list[Execution]) -> tuple[Transfer, ...]:
    sizes = {each.name: each.output_bytes for each in executions if each.is_receive}
    tensors: Counter[tuple[str, str]] = Counter()
    size_bytes: Counter[tuple[str, str]] = Counter()
    for graph in run_metadata.partition_graphs:
        for node in graph.node:
            if node.op not in _RECEIVES or node.attr["client_terminated"].b:
                continue
            key = (node.attr["send_device"].s.decode(), node.device)
            tensors[key] += 1
            size_bytes[key] += sizes.get(node.name, 0)
    return tuple(
        Transfer(source, destination, tensors[source, destination], size_bytes[source, destination])
        for source, destination in sorted(tensors)
    )
