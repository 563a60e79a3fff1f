"""`CostModel`: what the nodes of a step cost, gathered from traced steps, as CostGraphDefs.

Source: TensorFlow 1.15, core/common_runtime/direct_session.cc, core/graph/costmodel.cc.
"""

from __future__ import annotations

import threading
from typing import Any

from tensorboard.compat.proto import cost_graph_pb2

from tensormill.graph.tensor_codec import shape_to_proto
from tensormill.runtime.node import Node, NodeGraph
from tensormill.runtime.node_graph_codec import retval_name

__all__ = ["CostModel"]

_SOURCE = 0
_SINK = 1
_OWN = -1
"""What stands for the input whose memory an output shares, where it has memory of its own."""


class CostModel:
    """The costs of the nodes of one signature. Any thread."""

    def __init__(self, graph: NodeGraph, every: int, after: int) -> None:
        """Begin without costs.

        Args:
          graph: the nodes of the step.
          every: one of so many steps is measured, the last of them.
          after: so many steps run before they are counted.
        """
        self._graph = graph
        self._every = every
        self._lock = threading.Lock()
        self._count = -after  # of steps so far; guarded by _lock
        self._micros: dict[str, int] = {}  # by name of the node; guarded by _lock

    def next_is_measured(self) -> bool:
        """Count a step; return whether it is to be measured."""
        with self._lock:
            self._count += 1
            return self._count > 0 and self._count % self._every == 0

    def note(self, step_stats: Any) -> Any:
        """Take the StepStats of a step; return the CostGraphDef of what is known so far."""
        stats = {node.node_name: node for dev in step_stats.dev_stats for node in dev.node_stats}
        with self._lock:
            for name, node in stats.items():
                known = self._micros.get(name, 0)
                self._micros[name] = max(known, node.op_end_rel_micros)
            return _Writing(self._graph, stats, self._micros).write()


class _Writing:
    """The state while one message is written."""

    def __init__(self, graph: NodeGraph, stats: dict[str, Any], micros: dict[str, int]) -> None:
        self._graph = graph
        self._stats = stats
        self._micros = micros
        self._numbers = {node: number for number, node in enumerate(graph.nodes, _SINK + 1)}
        self._message = cost_graph_pb2.CostGraphDef()

    def write(self) -> Any:
        self._add("_SOURCE", "", _SOURCE)
        sink = self._add("_SINK", "", _SINK, [_SOURCE])
        read = {source for node in self._graph.nodes for source, _ in node.inputs}
        read.update(source for node in self._graph.nodes for source in node.controls)
        read.update(node for node, _ in self._graph.fetches)
        for node, number in self._numbers.items():
            self._add_node(node, number)
            if node not in read:
                sink.control_input.append(number)
        for index, (node, output) in enumerate(self._graph.fetches):
            number = len(self._message.node)
            retval = self._add(retval_name(node, output, index), node.device, number)
            retval.input_info.add(preceding_node=self._numbers[node], preceding_port=output)
            sink.control_input.append(number)
        return self._message

    def _add(self, name: str, device: str, number: int, controls: list[int] | None = None) -> Any:
        micros = self._micros.get(name, 0)
        return self._message.node.add(
            name=name, device=device, id=number, compute_cost=micros, control_input=controls
        )

    def _add_node(self, node: Node, number: int) -> None:
        controls = [self._numbers[source] for source in node.controls]
        if not node.inputs and not controls:
            controls = [_SOURCE]
        message = self._add(node.name, node.device, number, controls)
        for source, output in node.inputs:
            message.input_info.add(preceding_node=self._numbers[source], preceding_port=output)
        stats = self._stats.get(node.name)
        if stats is not None:
            message.persistent_memory_size = stats.memory_stats.persistent_memory_size
        for output, dtype in enumerate(node.output_dtypes):
            described = self._described(node, output)
            info = message.output_info.add(alias_input_port=self._alias(node, output))
            info.dtype = dtype.base_dtype.as_datatype_enum
            if described is None:
                info.shape.CopyFrom(shape_to_proto(node.output_dims[output]))
                continue
            info.shape.CopyFrom(described.shape)
            info.size = described.allocation_description.requested_bytes

    def _described(self, node: Node, output: int) -> Any:
        """Return what was noted of an output, or None."""
        stats = self._stats.get(node.name)
        found = () if stats is None else stats.output
        return next((each.tensor_description for each in found if each.slot == output), None)

    def _alias(self, node: Node, output: int) -> int:
        """Return the input in whose memory an output is."""
        address = self._address(node, output)
        if not address:
            return _OWN
        addresses = (self._address(*edge) for edge in node.inputs)
        return next((port for port, other in enumerate(addresses) if other == address), _OWN)

    def _address(self, node: Node, output: int) -> int:
        described = self._described(node, output)
        return 0 if described is None else int(described.allocation_description.ptr)
