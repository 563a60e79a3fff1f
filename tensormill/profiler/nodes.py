"""`ProfiledGraph`: what is known of each node of a graph, and of the steps in which it ran.

Source: TensorFlow 1.15, core/profiler/internal/tfprof_node.cc, tfprof_stats.cc.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass, field
from typing import Any

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.tfprof_log_pb2 import (
    CodeDef,
    ExecMemory,
    ExecProfile,
    ProfileNode,
    ProfileProto,
)

__all__ = ["FIGURES", "Execution", "ProfiledGraph", "ProfiledNode"]

FIGURES = (
    "run_count",
    "exec_micros",
    "accelerator_exec_micros",
    "cpu_exec_micros",
    "requested_bytes",
    "peak_bytes",
    "residual_bytes",
    "output_bytes",
    "parameters",
    "float_ops",
)
"""What is summed up, by the names that the messages have for it."""

_DEVICE = re.compile(r".*/(device:gpu|gpu|device:cpu|cpu):\d+")
_NOT_NODES = ("RecvTensor", "_SOURCE")
_STREAM = "stream:all"


def is_accelerator(device: str) -> bool:
    """Return whether a device, in lower case, is a GPU."""
    return "gpu" in device


@dataclass
class Execution:
    """What one node did in one step.

    Attributes:
      start_micros, end_micros: from its first start to its last end; 0 where it has none.
      run_count: how often it ran: more than once in a loop.
      times: device -> start and duration of each run there.
      memory: what each run did to the memory.
      allocations: what the allocators of GPUs recorded.
    """

    start_micros: int = 0
    end_micros: int = 0
    run_count: int = 0
    times: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    memory: list[Any] = field(default_factory=list)
    allocations: list[Any] = field(default_factory=list)

    def figures(self) -> dict[str, int]:
        """Return the sums over all runs, without what follows from the graph."""
        accelerator = cpu = 0
        for device, runs in self.times.items():
            total = sum(duration for _, duration in runs)
            if _STREAM in device:
                accelerator += total
            else:
                cpu += total
        return {
            "run_count": self.run_count,
            "exec_micros": accelerator + cpu,
            "accelerator_exec_micros": accelerator,
            "cpu_exec_micros": cpu,
            **{
                name: sum(getattr(memory, name) for memory in self.memory)
                for name in ("requested_bytes", "peak_bytes", "residual_bytes", "output_bytes")
            },
        }

    def add_time(self, device: str, stats: Any) -> None:
        """Add when a node ran on a device."""
        start, duration = stats.all_start_micros, max(stats.op_end_rel_micros, 1)
        if start <= 0:
            return
        self.start_micros = min(self.start_micros or start, start)
        self.end_micros = max(self.end_micros, start + duration)
        if _STREAM in device:
            self.times.setdefault(device, []).append((start, duration))
        elif _DEVICE.fullmatch(device):
            self.times.setdefault(device, []).append((start, duration))
            self.run_count += 1

    def add_memory(self, device: str, stats: Any) -> None:
        """Add what a run on a device did to the memory."""
        if stats.all_start_micros <= 0:
            return
        temporary = stats.memory_stats.temp_memory_size
        persistent = stats.memory_stats.persistent_memory_size
        memory = ExecMemory(
            memory_micros=stats.all_start_micros + stats.op_end_rel_micros,
            requested_bytes=sum(m.total_bytes for m in stats.memory) + temporary + persistent,
            peak_bytes=sum(m.peak_bytes for m in stats.memory) + temporary + persistent,
            residual_bytes=sum(m.live_bytes for m in stats.memory) + persistent,
        )
        if is_accelerator(device):
            memory.accelerator_temp_bytes = temporary
            memory.accelerator_persistent_bytes = persistent
        else:
            memory.host_temp_bytes = temporary
            memory.host_persistent_bytes = persistent
        for used in stats.memory:
            if "GPU" in used.allocator_name:
                in_use = max(memory.allocator_bytes_in_use, used.allocator_bytes_in_use)
                memory.allocator_bytes_in_use = in_use
                self.allocations.extend(used.allocation_records)
        for output in stats.output:
            described = output.tensor_description.allocation_description
            size = max(described.allocated_bytes, described.requested_bytes)
            memory.output_memory[output.slot].bytes = size
            memory.output_memory[output.slot].ptr = described.ptr
            memory.output_bytes += size
        self.memory.append(memory)

    def to_proto(self) -> Any:
        """Return the message of it."""
        message = ExecProfile(
            run_count=self.run_count,
            all_start_micros=self.start_micros,
            latest_end_micros=self.end_micros,
            memory_execs=self.memory,
            allocations=self.allocations,
            devices=sorted(self.times),
        )
        for device, runs in self.times.items():
            execs = message.accelerator_execs if _STREAM in device else message.cpu_execs
            for run in runs:
                execs[device].times.add(int64_values=run)
        return message


@dataclass
class ProfiledNode:
    """What is known of one node.

    Attributes:
      name: its name.
      op: its op type; its name where only a step tells of it.
      id: the number of the node in messages; negative for what is no node.
      types: what it can be selected by: its op type, its device, and what an OpLogProto says.
      attrs: the attributes of the NodeDef.
      inputs: index of the input -> node that it comes from, and which output of it.
      float_ops: of one run.
      code: where it was made.
      device: where it ran, in lower case; "" where it did not.
      executions: step -> what it did there.
    """

    name: str
    op: str
    id: int = -1
    types: set[str] = field(default_factory=set)
    attrs: dict[str, Any] = field(default_factory=dict)
    inputs: dict[int, tuple[str, int]] = field(default_factory=dict)
    float_ops: int = 0
    code: Any = field(default_factory=CodeDef)
    device: str = ""
    executions: dict[int, Execution] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.types.add(self.op)

    @property
    def shape(self) -> list[int]:
        """The shape that the node declares, as a variable does; empty where it is not known."""
        attr = self.attrs.get("shape")
        return _sizes(attr.shape) if attr is not None and attr.HasField("shape") else []

    @property
    def parameters(self) -> int:
        """How many numbers it holds; 0 where the shape is not known."""
        shape = self.shape
        if not shape or any(size < 0 for size in shape):
            return 0
        return math.prod(shape)

    def output_shape(self, index: int) -> list[int]:
        """Return the shape of an output, empty where it is not known."""
        attr = self.attrs.get("_output_shapes")
        if attr is None or index >= len(attr.list.shape):
            return []
        return _sizes(attr.list.shape[index])

    def figures(self, step: int) -> dict[str, int]:
        """Return the figures of one step; the averages of all steps for a negative number."""
        if not self.executions:
            figures = dict.fromkeys(FIGURES, 0)
            figures["float_ops"] = self.float_ops
        elif step >= 0:
            figures = self.executions.get(step, Execution()).figures()
            figures["float_ops"] = self.float_ops * figures["run_count"]
        else:
            each = [execution.figures() for execution in self.executions.values()]
            figures = {name: sum(f[name] for f in each) // len(each) for name in each[0]}
            figures["float_ops"] = self.float_ops * figures["run_count"]
        figures["parameters"] = self.parameters
        return figures

    def add_stats(self, step: int, device: str, stats: Any) -> None:
        """Add one run, as a traced step tells of it; `device` is in lower case."""
        if _DEVICE.fullmatch(device):
            if self.device and self.device != device:
                return
            self.device = device
            self.types.add(device)
        execution = self.executions.setdefault(step, Execution())
        execution.add_time(device, stats)
        if device == self.device:
            execution.add_memory(device, stats)


def _sizes(shape: Any) -> list[int]:
    """Return the sizes of a shape: 1 for a scalar, -1 for an unknown one, none for unknown rank."""
    if shape.unknown_rank:
        return []
    return [dim.size for dim in shape.dim] or [1]


def shape_message(sizes: list[int]) -> Any:
    """Return the message of a shape, of unknown rank for no sizes."""
    if not sizes:
        return TensorShapeProto(unknown_rank=True)
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])


class ProfiledGraph:
    """The nodes of a graph with what steps and logs tell of them.

    Attributes:
      nodes: name -> node.
      steps: the steps that were added.
      strings: what the numbers in the traces of code stand for.
      has_code: whether it is known where the nodes were made.
      misses_streams: whether a GPU ran without telling how long its kernels took.
    """

    def __init__(self) -> None:
        self.nodes: dict[str, ProfiledNode] = {}
        self.steps: set[int] = set()
        self.strings: dict[int, str] = {}
        self.has_code = False
        self.misses_streams = False
        self._covered: set[str] = set()

    def add_graph(self, graph_def: Any) -> None:
        """Add the nodes of a GraphDef that are not there yet."""
        for node in graph_def.node:
            if node.name in self.nodes:
                continue
            inputs = {}
            for index, text in enumerate(node.input):
                name, _, output = text.removeprefix("^").partition(":")
                inputs[index] = (name, int(output or 0))
            self.nodes[node.name] = ProfiledNode(
                node.name, node.op, len(self.nodes), attrs=dict(node.attr), inputs=inputs
            )

    def add_op_log(self, op_log: Any) -> None:
        """Add types, floating-point operations and code of an OpLogProto."""
        for number, text in op_log.id_to_string.items():
            self.strings.setdefault(number, text)
        for entry in op_log.log_entries:
            node = self.nodes.get(entry.name)
            if node is None:
                continue
            node.types.update(entry.types)
            node.float_ops = entry.float_ops or node.float_ops
            if entry.HasField("code_def"):
                self.has_code = True
                if not node.code.traces:
                    node.code.CopyFrom(entry.code_def)

    def add_run_metadata(self, step: int, run_metadata: Any) -> None:
        """Add what a traced step tells."""
        if not run_metadata.HasField("step_stats"):
            sys.stderr.write(f"Invalid RunMetadata for step {step}\n")
            return
        self.steps.add(step)
        devices = [stats.device.lower() for stats in run_metadata.step_stats.dev_stats]
        if any(map(is_accelerator, devices)) and not any(_STREAM in each for each in devices):
            self.misses_streams = True
        for device, device_stats in zip(devices, run_metadata.step_stats.dev_stats, strict=True):
            for stats in device_stats.node_stats:
                name = stats.node_name.partition(":")[0]
                if name in self.nodes:
                    self._covered.add(name)
                elif name in _NOT_NODES or "MEMCPY" in name:
                    continue
                else:
                    self.nodes[name] = ProfiledNode(name, name, len(self.nodes))
                self.nodes[name].add_stats(step, device, stats)

    def coverage(self) -> float:
        """Return which part of the nodes of the graph the steps have run."""
        return len(self._covered) / len(self.nodes) if self.nodes else 0.0

    def input_shapes(self, node: ProfiledNode) -> dict[int, list[int]]:
        """Return the shapes of the inputs of a node, empty where they are not known."""
        return {
            index: self.nodes[source].output_shape(output) if source in self.nodes else []
            for index, (source, output) in node.inputs.items()
        }

    def to_proto(self) -> Any:
        """Return the message from which TensorFlow's tools go on."""
        profile = ProfileProto(
            has_trace=self.has_code,
            miss_accelerator_stream=self.misses_streams,
            steps=sorted(self.steps),
            id_to_string=self.strings,
        )
        for node in self.nodes.values():
            profile.nodes[node.id].CopyFrom(self._node_message(node))
        return profile

    def _node_message(self, node: ProfiledNode) -> Any:
        message = ProfileNode(
            name=node.name,
            op=node.op,
            id=node.id,
            shape=node.shape,
            op_types=sorted(node.types),
            canonical_device=node.device,
            host_device=re.sub(r"gpu:\d+", "cpu:0", node.device),
            float_ops=node.float_ops,
        )
        if node.code.traces:
            message.trace.CopyFrom(node.code)
        for name, attr in node.attrs.items():
            message.attrs[name].CopyFrom(AttrValue.FromString(attr.SerializeToString()))
        for index, (source, output) in node.inputs.items():
            if source in self.nodes:
                message.inputs[index] = self.nodes[source].id
                message.src_output_index[self.nodes[source].id] = output
        outputs = node.attrs.get("_output_shapes")
        for index in range(len(outputs.list.shape) if outputs is not None else 0):
            message.output_shapes[index].int64_values.extend(node.output_shape(index))
        for step, execution in node.executions.items():
            message.execs[step].CopyFrom(execution.to_proto())
        return message
