"""`tf.python_io`: record files, written and read from Python.

Source: TensorFlow 1.15, python/lib/io/tf_record.py.
"""

from __future__ import annotations

import enum
import weakref
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import Any, ClassVar

from tensormill.formats.damage import DamagedFileError
from tensormill.formats.record_files import RecordReader, RecordWriter
from tensormill.graph import errors
from tensormill.graph.os_errors import tensorflow_errors
from tensormill.platform.strings import path_to_str

__all__ = [
    "TFRecordCompressionType",
    "TFRecordOptions",
    "TFRecordWriter",
    "tf_record_iterator",
]


class TFRecordCompressionType(enum.IntEnum):
    """How the whole of a file is compressed."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


class TFRecordOptions:
    """How a record file is compressed.

    Args:
      compression_type: "GZIP", "ZLIB", "" or a `TFRecordCompressionType`.
      flush_mode: of zlib, for `flush`.
      input_buffer_size: accepted; buffers have the sizes that suit them.
      output_buffer_size: accepted, as `input_buffer_size`.
      window_bits: of zlib.
      compression_level: 0 to 9.
      compression_method: of zlib.
      mem_level: of zlib, 1 to 9.
      compression_strategy: of zlib.

    Raises:
      ValueError: there is no such compression.
    """

    compression_type_map: ClassVar = {
        TFRecordCompressionType.ZLIB: "ZLIB",
        TFRecordCompressionType.GZIP: "GZIP",
        TFRecordCompressionType.NONE: "",
    }

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: int | None = None,
        input_buffer_size: int | None = None,
        output_buffer_size: int | None = None,
        window_bits: int | None = None,
        compression_level: int | None = None,
        compression_method: int | None = None,
        mem_level: int | None = None,
        compression_strategy: int | None = None,
    ) -> None:
        self.get_compression_type_string(compression_type)
        self.compression_type = compression_type
        self.flush_mode = flush_mode
        self.input_buffer_size = input_buffer_size
        self.output_buffer_size = output_buffer_size
        self.window_bits = window_bits
        self.compression_level = compression_level
        self.compression_method = compression_method
        self.mem_level = mem_level
        self.compression_strategy = compression_strategy

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """Return the name of a compression: "GZIP", "ZLIB" or "".

        Raises:
          ValueError: there is no such compression.
        """
        if isinstance(options, TFRecordOptions):
            options = options.compression_type
        if not options:
            return ""
        if options in cls.compression_type_map:
            return cls.compression_type_map[options]
        if options in cls.compression_type_map.values():
            return str(options)
        raise ValueError(f'Not a valid compression_type: "{options}"')

    def deflater(self) -> zlib._Compress | None:
        """Return what compresses, or None."""
        name = self.get_compression_type_string(self.compression_type)
        if not name:
            return None
        default_bits = 31 if name == "GZIP" else zlib.MAX_WBITS
        return zlib.compressobj(
            _given(self.compression_level, zlib.Z_DEFAULT_COMPRESSION),
            _given(self.compression_method, zlib.DEFLATED),
            _given(self.window_bits, default_bits),
            _given(self.mem_level, 9),
            _given(self.compression_strategy, zlib.Z_DEFAULT_STRATEGY),
        )


def _given(value: int | None, default: int) -> int:
    return default if value is None else value


class TFRecordWriter:
    """Writes a record file; a context manager.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "words.tfrecord")
    >>> with TFRecordWriter(path) as writer:
    ...     writer.write(b"one")
    ...     writer.write(b"two")
    >>> list(tf_record_iterator(path))
    [b'one', b'two']

    Args:
      path: of the file, which is made anew.
      options: a `TFRecordOptions`, a `TFRecordCompressionType` or the name of a compression.

    Raises:
      OpError: the file cannot be written.
      ValueError: there is no such compression.
    """

    def __init__(self, path: Any, options: Any = None) -> None:
        if not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(options)
        self._path = path_to_str(path)
        flush_mode = _given(options.flush_mode, zlib.Z_SYNC_FLUSH)
        deflater = options.deflater()
        with tensorflow_errors(self._path):
            self._writer: RecordWriter | None = RecordWriter(
                open(self._path, "wb"),  # noqa: SIM115
                deflater,
                flush_mode,
            )

    def write(self, record: bytes | str) -> None:
        """Append a record; a str as UTF-8.

        Raises:
          FailedPreconditionError: the writer is closed.
          OpError: the record cannot be written.
        """
        if isinstance(record, str):
            record = record.encode()
        writer = self._writer
        try:
            (self._opened() if writer is None else writer).write(record)
        except OSError as error:
            with tensorflow_errors(self._path):
                raise error

    def flush(self) -> None:
        """Hand what was written to the operating system.

        Raises:
          FailedPreconditionError: the writer is closed.
          OpError: it cannot be written.
        """
        writer = self._opened()
        with tensorflow_errors(self._path):
            writer.flush()

    def close(self) -> None:
        """Write the rest and close the file; again is fine.

        Raises:
          OpError: it cannot be written.
        """
        writer, self._writer = self._writer, None
        if writer is not None:
            with tensorflow_errors(self._path):
                writer.close()

    def _opened(self) -> RecordWriter:
        if self._writer is None:
            raise errors.failed_precondition("Writer is closed.")
        return self._writer

    def __enter__(self) -> TFRecordWriter:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()


def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """Return an iterator over the records of a file.

    Args:
      path: of the file.
      options: a `TFRecordOptions`, a `TFRecordCompressionType` or the name of a compression.

    Raises:
      OpError: the file cannot be read.
      DataLossError: while iterating: the file is damaged or cut off; what came before is good.
      ValueError: there is no such compression.
    """
    return _RecordIterator(path_to_str(path), TFRecordOptions.get_compression_type_string(options))


class _RecordIterator:
    """The records of a file, which is open until they end or nobody wants them any more."""

    def __init__(self, path: str, compression: str) -> None:
        self._path = path
        with tensorflow_errors(path):
            self._reader = RecordReader(path, compression)
        self._close = weakref.finalize(self, self._reader.close)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            record = self._reader.read() if self._close.alive else None
        except OSError as error:
            with tensorflow_errors(self._path):
                raise error
        except DamagedFileError as error:
            self._close()
            raise errors.data_loss(str(error)) from error
        if record is None:
            self._close()
            raise StopIteration
        return record
