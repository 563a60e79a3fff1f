"""`RecordInput`: the records of files in a drawn order, again and again, without a queue.

Source: TensorFlow 1.15, python/ops/data_flow_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.io.record_io import TFRecordOptions
from tensormill.ops.array_shapes import reshape
from tensormill.ops.joining import split
from tensormill.ops.record_input import record_input_op

__all__ = ["RecordInput"]


class RecordInput:
    """Reads the records of all files of a pattern, each once before the first one comes again.

    Args:
      file_pattern: of the names of record files.
      batch_size: how many records there are in a batch.
      buffer_size: among how many records the next one is drawn.
      parallelism: how many files TensorFlow reads at once; here they are read one after another.
      shift_ratio: what part of the files goes from the front of the drawn order to its end.
      seed: of the order.
      name: of the operation.
      batches: how many batches a step gives, each a list of scalars; one tensor where None.
      compression_type: one of `TFRecordCompressionType`, its name, or None.
    """

    def __init__(
        self,
        file_pattern: str,
        batch_size: int = 1,
        buffer_size: int = 1,
        parallelism: int = 1,
        shift_ratio: float = 0,
        seed: int = 0,
        name: str | None = None,
        batches: int | None = None,
        compression_type: Any = None,
    ) -> None:
        self._attrs = {
            "file_pattern": file_pattern,
            "file_buffer_size": buffer_size,
            "file_parallelism": parallelism,
            "file_shuffle_shift_ratio": shift_ratio,
            "batch_size": batch_size if batches is None else batch_size * batches,
            "file_random_seed": seed,
        }
        self._batches = batches
        self._compression_type = compression_type
        self._name = name

    def get_yield_op(self) -> Tensor | list[list[Tensor]]:
        """Return the records of a step: a vector, or a list of scalars for each batch.

        Raises:
          ValueError: there is no such compression.
        """
        records: Tensor = record_input_op(
            **self._attrs,
            compression_type=TFRecordOptions.get_compression_type_string(self._compression_type),
            name=self._name,
        )
        if self._batches is None:
            return records
        with name_scope(self._name):
            parts = split(records, self._attrs["batch_size"], 0)
            scalars = [reshape(part, []) for part in parts]
        return [scalars[index :: self._batches] for index in range(self._batches)]
