"""`DebugDumpDir`: what a step has shown, and the graph that it ran.

Source: TensorFlow 1.15, python/debug/lib/debug_data.py, debug_graphs.py.
"""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from tensorboard.compat.proto.graph_pb2 import GraphDef

from tensormill.debugger.datum import (
    DEVICE_TAG,
    METADATA_FILE_PREFIX,
    DebugTensorDatum,
    device_of_folder,
    read_event,
)

__all__ = ["DebugDumpDir", "WatchKeyDoesNotExistInDebugDumpDirError"]


_DEBUG_NODE = "__dbg_"


class WatchKeyDoesNotExistInDebugDumpDirError(ValueError):
    """Nothing was seen of a tensor under a debug op."""


class CoreMetadata(NamedTuple):
    """Which step it was."""

    global_step: int
    session_run_index: int
    executor_step_index: int
    input_names: list[str]
    output_names: list[str]
    target_nodes: list[str]


class DebugDumpDir:
    """The values in the folder of a step.

    Args:
      dump_root: the folder.
      partition_graphs: the GraphDefs that the step ran, for questions about nodes.
      validate: not used: values and graphs come from the same step.

    Raises:
      OSError: there is no such folder.
    """

    def __init__(
        self, dump_root: str, partition_graphs: Sequence[Any] | None = None, validate: bool = True
    ) -> None:
        if not os.path.isdir(dump_root):
            raise OSError(f"Dump root directory {dump_root} does not exist")
        self._dump_root = dump_root
        self._data: dict[str, list[DebugTensorDatum]] = {}
        for folder in sorted(glob.glob(self._path(DEVICE_TAG + "*"))):
            self._data[device_of_folder(folder)] = sorted(
                self._data_in(folder), key=lambda datum: datum.extended_timestamp
            )
        self._metadata = [
            CoreMetadata(**json.loads(message)) for message in self._messages("core_metadata_*")
        ]
        self._partition_graphs = list(map(without_debug_nodes, partition_graphs or ()))
        self._nodes = {node.name: node for graph in self._partition_graphs for node in graph.node}
        self._python_graph: Any = None

    def _path(self, pattern: str) -> str:
        return os.path.join(glob.escape(self._dump_root), METADATA_FILE_PREFIX + pattern)

    def _messages(self, pattern: str) -> list[str]:
        paths = sorted(glob.glob(self._path(pattern)))
        return [read_event(path).log_message.message for path in paths]

    def _data_in(self, folder: str) -> Iterator[DebugTensorDatum]:
        for parent, _, names in os.walk(folder):
            for name in names:
                if not name.startswith(METADATA_FILE_PREFIX):
                    path = os.path.relpath(os.path.join(parent, name), self._dump_root)
                    yield DebugTensorDatum(self._dump_root, path)

    def set_python_graph(self, python_graph: Any) -> None:
        """Tell in which graph the nodes are, for where they were made."""
        self._python_graph = python_graph

    @property
    def python_graph(self) -> Any:
        """The graph that `set_python_graph` was told."""
        return self._python_graph

    @property
    def core_metadata(self) -> Any:
        """Which step it was; a list where the folder holds several."""
        return self._metadata[0] if len(self._metadata) == 1 else self._metadata

    @property
    def run_fetches_info(self) -> Any:
        """What was fetched, as a text; None where it was not written."""
        return _only(self._messages("fetches_info_*"))

    @property
    def run_feed_keys_info(self) -> Any:
        """What was fed, as a text; None where it was not written."""
        return _only(self._messages("feed_keys_info_*"))

    @property
    def dumped_tensor_data(self) -> list[DebugTensorDatum]:
        """All values, in the order in which they were seen."""
        data = [datum for each in self._data.values() for datum in each]
        return sorted(data, key=lambda datum: datum.extended_timestamp)

    @property
    def t0(self) -> int | None:
        """When the first value was seen, in microseconds."""
        return min((datum.timestamp for datum in self.dumped_tensor_data), default=None)

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.dumped_tensor_data)

    def watch_key_to_data(
        self, debug_watch_key: str, device_name: str | None = None
    ) -> list[DebugTensorDatum]:
        """Return the values of `node:output:debugop`, first ones first."""
        return [
            datum
            for datum in self.dumped_tensor_data
            if datum.watch_key == debug_watch_key and device_name in (None, datum.device_name)
        ]

    def debug_watch_keys(self, node_name: str, device_name: str | None = None) -> list[str]:
        """Return the keys under which something of a node was seen."""
        found = dict.fromkeys(
            datum.watch_key
            for datum in self.dumped_tensor_data
            if datum.node_name == node_name and device_name in (None, datum.device_name)
        )
        return list(found)

    def find(
        self,
        predicate: Callable[[DebugTensorDatum, Any], Any],
        first_n: int = 0,
        device_name: str | None = None,
        exclude_node_names: str | None = None,
    ) -> list[DebugTensorDatum]:
        """Return the values for which a filter is true.

        Args:
          predicate: takes a datum and its value.
          first_n: how many at most; 0 for all.
          device_name: only those of a device.
          exclude_node_names: a regular expression of nodes to pass over.
        """
        excluded = re.compile(exclude_node_names) if exclude_node_names else None
        found: list[DebugTensorDatum] = []
        for datum in self.dumped_tensor_data:
            if device_name not in (None, datum.device_name):
                continue
            if excluded is not None and excluded.match(datum.node_name):
                continue
            if predicate(datum, datum.get_tensor()):
                found.append(datum)
                if len(found) == first_n:
                    break
        return found

    def _watched(
        self, node_name: str, output_slot: int, debug_op: str, device_name: str | None
    ) -> list[DebugTensorDatum]:
        key = f"{node_name}:{output_slot}:{debug_op}"
        found = self.watch_key_to_data(key, device_name)
        if not found:
            raise WatchKeyDoesNotExistInDebugDumpDirError(
                f'Watch key "{key}" does not exist in the debug dump'
                + (f" of device {device_name}" if device_name else "")
            )
        return found

    def get_tensors(
        self, node_name: str, output_slot: int, debug_op: str, device_name: str | None = None
    ) -> list[Any]:
        """Return the values of a tensor, one for each time that it was seen.

        Raises:
          WatchKeyDoesNotExistInDebugDumpDirError: it was not.
        """
        data = self._watched(node_name, output_slot, debug_op, device_name)
        return [datum.get_tensor() for datum in data]

    def get_tensor_file_paths(
        self, node_name: str, output_slot: int, debug_op: str, device_name: str | None = None
    ) -> list[str]:
        """Return the files of the values of a tensor."""
        data = self._watched(node_name, output_slot, debug_op, device_name)
        return [datum.file_path for datum in data]

    def get_rel_timestamps(
        self, node_name: str, output_slot: int, debug_op: str, device_name: str | None = None
    ) -> list[int]:
        """Return when the values of a tensor were seen, in microseconds from the first value on."""
        data = self._watched(node_name, output_slot, debug_op, device_name)
        first = self.t0 or 0
        return [datum.timestamp - first for datum in data]

    def get_dump_sizes_bytes(
        self, node_name: str, output_slot: int, debug_op: str, device_name: str | None = None
    ) -> list[int | None]:
        """Return the sizes of the files of the values of a tensor."""
        data = self._watched(node_name, output_slot, debug_op, device_name)
        return [datum.dump_size_bytes for datum in data]

    def loaded_partition_graphs(self) -> bool:
        """Return whether it is known what the step ran."""
        return bool(self._partition_graphs)

    def partition_graphs(self) -> list[Any]:
        """Return the GraphDefs that the step ran.

        Raises:
          LookupError: they are not known.
        """
        if not self._partition_graphs:
            raise LookupError("No partition graphs have been loaded.")
        return self._partition_graphs

    def devices(self) -> list[str]:
        """Return the devices on which something was seen."""
        return list(self._data)

    def nodes(self, device_name: str | None = None) -> list[str]:
        """Return the nodes that the step ran."""
        self.partition_graphs()
        return list(self._nodes)

    def node_exists(self, node_name: str, device_name: str | None = None) -> bool:
        """Return whether the step ran a node."""
        self.partition_graphs()
        return node_name in self._nodes

    def _node(self, node_name: str) -> Any:
        self.partition_graphs()
        if node_name not in self._nodes:
            raise ValueError(f"Node '{node_name}' is not found in partition graphs.")
        return self._nodes[node_name]

    def node_attributes(self, node_name: str, device_name: str | None = None) -> Any:
        """Return the attributes of a node, as messages."""
        return self._node(node_name).attr

    def node_op_type(self, node_name: str, device_name: str | None = None) -> str:
        """Return the op type of a node."""
        return str(self._node(node_name).op)

    def node_device(self, node_name: str) -> str:
        """Return the device of a node."""
        for datum in self.dumped_tensor_data:
            if datum.node_name == node_name:
                return datum.device_name
        return str(self._node(node_name).device)

    def node_inputs(
        self, node_name: str, is_control: bool = False, device_name: str | None = None
    ) -> list[str]:
        """Return the nodes that a node reads, or those that it waits for."""
        texts = [text for text in self._node(node_name).input if text.startswith("^") is is_control]
        return [text.removeprefix("^").partition(":")[0] for text in texts]

    def node_recipients(
        self, node_name: str, is_control: bool = False, device_name: str | None = None
    ) -> list[str]:
        """Return the nodes that read a node, or those that wait for it."""
        self._node(node_name)
        return [name for name in self._nodes if node_name in self.node_inputs(name, is_control)]

    def transitive_inputs(
        self, node_name: str, include_control: bool = True, device_name: str | None = None
    ) -> list[str]:
        """Return all nodes that a node needs, the nearest first."""
        found: dict[str, None] = {}
        pending = [node_name]
        while pending:
            name = pending.pop(0)
            sources = self.node_inputs(name)
            if include_control:
                sources = [*sources, *self.node_inputs(name, is_control=True)]
            new = [each for each in sources if each not in found and each in self._nodes]
            found.update(dict.fromkeys(new))
            pending += new
        found.pop(node_name, None)
        return list(found)

    def node_traceback(self, element_name: str) -> Any:
        """Return the stack that made a node, as lists of file, line, function and source.

        Raises:
          LookupError: no graph was set.
          KeyError: it has no such node.
        """
        if self._python_graph is None:
            raise LookupError("Python graph is not available for traceback lookup")
        name = element_name.partition(":")[0]
        try:
            return self._python_graph.get_operation_by_name(name).traceback
        except KeyError:
            raise KeyError(f"Cannot find node '{name}' in Python graph") from None


def without_debug_nodes(graph_def: Any) -> Any:
    """Return a GraphDef without what a debugger has put into it."""
    cleaned = GraphDef()
    cleaned.CopyFrom(graph_def)
    del cleaned.node[:]
    for node in graph_def.node:
        if not node.name.startswith(_DEBUG_NODE):
            kept = cleaned.node.add()
            kept.CopyFrom(node)
            kept.input[:] = [text for text in node.input if not text.startswith(f"^{_DEBUG_NODE}")]
    return cleaned


def _only(messages: list[str]) -> Any:
    if not messages:
        return None
    return messages[0] if len(messages) == 1 else messages
