"""`tf.train.NewCheckpointReader`: looks into a checkpoint without a graph."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from tensorboard.compat.proto.types_pb2 import DataType

from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import format_dims
from tensormill.kernels.checkpoint_files import open_checkpoint
from tensormill.kernels.torch_dtypes import to_host

__all__ = ["CheckpointReader", "NewCheckpointReader"]


class CheckpointReader:
    """What a checkpoint of either format holds.

    Args:
      filename: the path without its endings, as `Saver.save` returns it.

    Raises:
      NotFoundError: there is no such checkpoint.
      DataLossError: it is damaged.
    """

    def __init__(self, filename: Any) -> None:
        self._prefix = os.fsdecode(filename)
        with open_checkpoint(self._prefix) as checkpoint:
            self._found = {name: checkpoint.find(name) for name in checkpoint.names()}

    def has_tensor(self, tensor_str: str) -> bool:
        """Return whether there is a tensor of that name."""
        return tensor_str in self._found

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Return the shapes of all tensors by name."""
        return {name: list(found[1]) for name, found in self._found.items() if found}

    def get_variable_to_dtype_map(self) -> dict[str, DType]:
        """Return the dtypes of all tensors by name."""
        return {name: found[0] for name, found in self._found.items() if found}

    def get_tensor(self, tensor_str: str) -> Any:
        """Return the value of a tensor as an array.

        Raises:
          NotFoundError: there is no tensor of that name.
        """
        with open_checkpoint(self._prefix) as checkpoint:
            if not self.has_tensor(tensor_str):
                raise checkpoint.missing(tensor_str)
            value = checkpoint.read(tensor_str)
        array = to_host(value) if isinstance(value, torch.Tensor) else value
        return array if array.ndim else _scalar(array)

    def debug_string(self) -> bytes:
        """Return a line for each tensor: name, dtype, shape."""
        with open_checkpoint(self._prefix) as checkpoint:
            return b"".join(
                b"%b (%b) %b\n"
                % (
                    name,
                    DataType.Name(dtype.as_datatype_enum).encode(),
                    format_dims(dims, "kernel").encode(),
                )
                for name, dtype, dims in checkpoint.entries()
            )


def _scalar(array: np.ndarray[Any, Any]) -> Any:
    return array[()]


def NewCheckpointReader(filepattern: Any) -> CheckpointReader:
    """Return a reader of the checkpoint that stands at a path."""
    return CheckpointReader(filepattern)
