"""The readers that users make: they turn units of work, most often file names, into records.

Source: TensorFlow 1.15, python/ops/io_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.io.record_io import TFRecordOptions
from tensormill.ops.queues import fake_queue_op

__all__ = [
    "FixedLengthRecordReader",
    "IdentityReader",
    "LMDBReader",
    "ReaderBase",
    "TFRecordReader",
    "TextLineReader",
    "WholeFileReader",
]


def _op(op_type: str) -> OpBuilder:
    builder = OP_DEFS[op_type].builder
    assert builder is not None
    return builder


class ReaderBase:
    """A reader: each `read` gives the next record of the work at hand.

    When that is finished, the next unit of work comes from a queue.

    Args:
      reader_ref: what refers to the reader.
      supports_serialize: its state can be saved and restored.
    """

    def __init__(self, reader_ref: Tensor, supports_serialize: bool = False) -> None:
        self._reader_ref = reader_ref
        self._supports_serialize = supports_serialize

    @property
    def reader_ref(self) -> Tensor:
        """The tensor that refers to the reader."""
        return self._reader_ref

    @property
    def supports_serialize(self) -> bool:
        """Whether `serialize_state` and `restore_state` work."""
        return self._supports_serialize

    def read(self, queue: Any, name: str | None = None) -> Any:
        """Return the next record.

        Args:
          queue: the queue of the units of work, or what refers to it.
          name: the name of the operation.

        Returns:
          A tuple: key and value, both string scalars.
        """
        return self._use("ReaderRead", self._queue_ref(queue), name=name)

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """Return the next records of one unit of work: up to `num_records`, often fewer.

        Args:
          queue: the queue of the units of work, or what refers to it.
          num_records: int64 scalar.
          name: the name of the operation.

        Returns:
          A tuple: keys and values, both string vectors.
        """
        return self._use("ReaderReadUpTo", self._queue_ref(queue), num_records, name=name)

    def num_records_produced(self, name: str | None = None) -> Tensor:
        """Return how many records were read: int64 scalar."""
        return self._use("ReaderNumRecordsProduced", name=name)

    def num_work_units_completed(self, name: str | None = None) -> Tensor:
        """Return how many units of work were read to their end: int64 scalar."""
        return self._use("ReaderNumWorkUnitsCompleted", name=name)

    def serialize_state(self, name: str | None = None) -> Tensor:
        """Return the state of the reader: string scalar. Most kinds cannot."""
        return self._use("ReaderSerializeState", name=name)

    def restore_state(self, state: Any, name: str | None = None) -> Operation:
        """Return an operation that sets the state to one that `serialize_state` gave."""
        return self._use("ReaderRestoreState", state, name=name)

    def reset(self, name: str | None = None) -> Operation:
        """Return an operation that forgets the work at hand and the counts."""
        return self._use("ReaderReset", name=name)

    @property
    def _is_resource(self) -> bool:
        return self._reader_ref.dtype.name == "resource"

    def _queue_ref(self, queue: Any) -> Tensor:
        ref = queue if isinstance(queue, Tensor) else queue.queue_ref
        return ref if self._is_resource else fake_queue_op(ref)

    def _use(self, op_type: str, *inputs: Any, name: str | None) -> Any:
        return _op(op_type + "V2" * self._is_resource)(self._reader_ref, *inputs, name=name)


class WholeFileReader(ReaderBase):
    """Reads files as one record each: the name of the file and all its bytes.

    Args:
      name: of the operation.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(_op("WholeFileReaderV2")(name=name), supports_serialize=True)


class TextLineReader(ReaderBase):
    """Reads the lines of files; the key is `file:line`, counted from 1.

    Args:
      skip_header_lines: how many lines to pass over in each file.
      name: of the operation.
    """

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None) -> None:
        super().__init__(
            _op("TextLineReaderV2")(skip_header_lines=skip_header_lines or 0, name=name)
        )


class FixedLengthRecordReader(ReaderBase):
    """Reads records of a fixed length; the key is `file:index`, counted from 0.

    Args:
      record_bytes: the length of a record.
      header_bytes: how much to pass over at the start of a file.
      footer_bytes: how much belongs to no record at its end.
      hop_bytes: from the start of one record to that of the next; by default `record_bytes`.
      name: of the operation.
      encoding: "ZLIB" or "GZIP" for compressed files.
    """

    def __init__(
        self,
        record_bytes: int,
        header_bytes: int | None = None,
        footer_bytes: int | None = None,
        hop_bytes: int | None = None,
        name: str | None = None,
        encoding: str | None = None,
    ) -> None:
        ref = _op("FixedLengthRecordReaderV2")(
            header_bytes=header_bytes or 0,
            record_bytes=record_bytes,
            footer_bytes=footer_bytes or 0,
            hop_bytes=hop_bytes or 0,
            encoding=encoding or "",
            name=name,
        )
        super().__init__(ref)


class TFRecordReader(ReaderBase):
    """Reads record files; the key is `file:position` of the record in the file.

    Args:
      name: of the operation.
      options: a `TFRecordOptions`, for compressed files.
    """

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        kind = TFRecordOptions.get_compression_type_string(options)
        super().__init__(_op("TFRecordReaderV2")(compression_type=kind, name=name))


class IdentityReader(ReaderBase):
    """Reads units of work as they are: both key and value are the unit.

    Args:
      name: of the operation.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(_op("IdentityReaderV2")(name=name), supports_serialize=True)


class LMDBReader(ReaderBase):
    """Reads LMDB databases, whose names are the work: their keys and values, by ascending keys.

    Args:
      name: of the operation.
      options: not used.
    """

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        super().__init__(_op("LMDBReader")(name=name))
