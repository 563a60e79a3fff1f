"""`DebugTensorDatum`: one value of a tensor that a step has shown, in its file.

Source: TensorFlow 1.15, python/debug/lib/debug_data.py.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event

from tensormill.graph import dtypes
from tensormill.graph.tensor_codec import array_from_proto

__all__ = [
    "DebugTensorDatum",
    "InconvertibleTensorProto",
    "has_inf_or_nan",
    "load_tensor_from_event",
    "load_tensor_from_event_file",
]

METADATA_FILE_PREFIX = "_tfdbg_"
DEVICE_TAG = "device_"


class InconvertibleTensorProto:
    """A value that no array can hold, or of a tensor that was not initialized.

    Attributes:
      initialized: whether the tensor was.
    """

    def __init__(self, tensor_proto: Any, initialized: bool = True) -> None:
        self._tensor_proto = tensor_proto
        self.initialized = initialized

    def __str__(self) -> str:
        return ("" if self.initialized else "Uninitialized tensor:\n") + str(self._tensor_proto)


def load_tensor_from_event(event: Any) -> Any:
    """Return the value in an Event, an InconvertibleTensorProto where it is no array."""
    proto = event.summary.value[0].tensor
    size = math.prod(dim.size for dim in proto.tensor_shape.dim)
    if not (proto.tensor_content or proto.string_val) and size:
        return InconvertibleTensorProto(proto, False)
    if proto.dtype == dtypes.resource.as_datatype_enum:
        return InconvertibleTensorProto(proto)
    return array_from_proto(proto)


def load_tensor_from_event_file(event_file_path: str) -> Any:
    """Return the value in the file of an Event."""
    return load_tensor_from_event(read_event(event_file_path))


def read_event(path: str) -> Any:
    """Return the Event in a file."""
    with open(path, "rb") as file:
        return Event.FromString(file.read())


def has_inf_or_nan(datum: Any, tensor: Any) -> bool:
    """Return whether a value has an infinity or a NaN; a filter for `DebugDumpDir.find`.

    >>> import numpy as np
    >>> has_inf_or_nan(None, np.array([1.0, np.nan]))
    True
    """
    if isinstance(tensor, InconvertibleTensorProto):
        return False
    array = np.asarray(tensor)
    if array.dtype.kind not in "fc" and array.dtype.name != "bfloat16":
        return False
    return not bool(np.all(np.isfinite(array)))


def device_of_folder(folder: str) -> str:
    """Return the device whose values a folder holds."""
    parts = os.path.basename(folder).removeprefix(METADATA_FILE_PREFIX + DEVICE_TAG).split(",")
    return "/".join(part.replace("device_", "device:").replace("_", ":", 1) for part in parts)


class DebugTensorDatum:
    """A value in its file, whose name tells what it is.

    Args:
      dump_root: the folder of the step.
      debug_dump_rel_path: the file below it: the device, then the scopes of the node, then
        `name_output_debugop_micros`.

    Attributes:
      device_name, node_name, output_slot, debug_op: what was seen, and how.
      timestamp: when, in microseconds.
      extended_timestamp: as a text, with a number where two files would have the same name.
      file_path: the file.
      dump_size_bytes: its size, None where it is gone.
    """

    def __init__(self, dump_root: str, debug_dump_rel_path: str) -> None:
        parts = os.path.normpath(debug_dump_rel_path).split(os.sep)
        base = parts[-1]
        if base.count("_") < 3:
            raise ValueError(f"Dump file path does not conform to the naming pattern: {base}")
        self.device_name = device_of_folder(parts[0])
        name, slot, self.debug_op, self.extended_timestamp = base.rsplit("_", 3)
        self.output_slot = int(slot)
        self.timestamp = int(self.extended_timestamp.partition("-")[0])
        self.node_name = "/".join([*parts[1:-1], name])
        self.file_path = os.path.join(dump_root, debug_dump_rel_path)
        exists = os.path.exists(self.file_path)
        self.dump_size_bytes = os.path.getsize(self.file_path) if exists else None

    @property
    def tensor_name(self) -> str:
        """The tensor: `node:output`."""
        return f"{self.node_name}:{self.output_slot}"

    @property
    def watch_key(self) -> str:
        """The tensor and the debug op: `node:output:debugop`."""
        return f"{self.tensor_name}:{self.debug_op}"

    def get_tensor(self) -> Any:
        """Return the value."""
        return load_tensor_from_event_file(self.file_path)

    def __repr__(self) -> str:
        return (
            f"{{DebugTensorDatum ({self.device_name}) {self.tensor_name} @ {self.debug_op} "
            f"@ {self.timestamp}}}"
        )
