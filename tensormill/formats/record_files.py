"""Record files: byte strings one after the other, each with its length and two checksums.

A record is its length (8 bytes), the masked checksum of those, the bytes, and their masked
checksum. A file has no header; the whole of it may be compressed.

Source: TensorFlow 1.15, core/lib/io/record_reader.cc and record_writer.cc.
"""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Final

from crc32c import crc32c

from tensormill.formats.byte_streams import CHUNK_BYTES, ByteStream, open_stream
from tensormill.formats.damage import DamagedFileError, TruncatedFileError

__all__ = ["RecordReader", "RecordWriter", "packed_record"]

_HEADER_BYTES: Final = 12
_FOOTER_BYTES: Final = 4
# How much is asked of a file at once, whatever length a header claims.
_LARGEST_READ_BYTES: Final = 1 << 24
_MASK_DELTA: Final = 0xA282EAD8
_BITS: Final = 0xFFFFFFFF

_packed_length = struct.Struct("<Q").pack
_packed_uint32 = struct.Struct("<I").pack
_length_and_checksum = struct.Struct("<QI").unpack_from
_checksum_at = struct.Struct("<I").unpack_from


def _packed_checksum(data: bytes | bytearray | memoryview) -> bytes:
    checksum = crc32c(data)
    return _packed_uint32(((checksum >> 15 | checksum << 17) + _MASK_DELTA) & _BITS)


def packed_record(data: bytes | bytearray | memoryview) -> bytes:
    """Return a record as it stands in a file."""
    return b"".join((_packed_header(len(data)), data, _packed_checksum(data)))


@functools.lru_cache(maxsize=1024)
def _packed_header(size: int) -> bytes:
    """Return what stands before a record of a size."""
    length = _packed_length(size)
    return length + _packed_checksum(length)


class RecordReader:
    """The records of a file, from front to back; an iterator over them.

    Args:
      path: of the file.
      compression: "", "GZIP" or "ZLIB".
      offset: where the first record begins, in the bytes that are not compressed.

    Raises:
      OSError: the file cannot be opened.
    """

    def __init__(self, path: str, compression: str = "", offset: int = 0) -> None:
        self._stream: ByteStream = open_stream(path, compression)
        self._buffer = b""
        self._at = 0
        self._start = 0  # the position of the buffer in the stream
        while offset > self._start and (passed := self._stream.read(offset - self._start)):
            self._start += len(passed)

    @property
    def position(self) -> int:
        """Where the next record begins, in the bytes that are not compressed."""
        return self._start + self._at

    def read(self) -> bytes | None:
        """Return the next record; None at the end of the file.

        A file that ends within the length of a record or its checksum ends before it.

        Raises:
          DamagedFileError: a checksum is not that of the bytes it covers.
          TruncatedFileError: the file ends within a record.
          OSError: the file cannot be read.
        """
        buffer, at = self._buffer, self._at
        if len(buffer) - at < _HEADER_BYTES:
            if not self._fill(_HEADER_BYTES):
                return None
            buffer, at = self._buffer, self._at
        length, stored = _length_and_checksum(buffer, at)
        if _is_damaged(stored, buffer[at : at + 8]):
            doubt = "" if self.position else " (Is this even a TFRecord file?)"
            raise DamagedFileError(f"corrupted record at {self.position}{doubt}")
        begin = at + _HEADER_BYTES
        end = begin + length
        if len(buffer) < end + _FOOTER_BYTES:
            if not self._fill(_HEADER_BYTES + length + _FOOTER_BYTES):
                raise TruncatedFileError(
                    f"truncated record at {self.position}' failed with {self._stream.end_text}"
                )
            buffer = self._buffer
            begin = self._at + _HEADER_BYTES
            end = begin + length
        data = buffer[begin:end]
        if _is_damaged(_checksum_at(buffer, end)[0], data):
            raise DamagedFileError(f"corrupted record at {self.position + _HEADER_BYTES}")
        self._at = end + _FOOTER_BYTES
        return data

    def ahead(self, count: int) -> tuple[list[bytes], list[int]]:
        """Return up to `count` of the next records, as far as they are in memory and sound.

        Returns:
          The records, and where each of them begins.
        """
        buffer, at = self._buffer, self._at
        records: list[bytes] = []
        positions = []
        while len(records) < count and len(buffer) - at >= _HEADER_BYTES:
            length, stored = _length_and_checksum(buffer, at)
            begin = at + _HEADER_BYTES
            end = begin + length
            if len(buffer) < end + _FOOTER_BYTES or _is_damaged(stored, buffer[at : at + 8]):
                break
            data = buffer[begin:end]
            if _is_damaged(_checksum_at(buffer, end)[0], data):
                break
            records.append(data)
            positions.append(self._start + at)
            at = end + _FOOTER_BYTES
        return records, positions

    def skip(self, count: int) -> None:
        """Pass over records that `ahead` returned."""
        for _ in range(count):
            length, _ = _length_and_checksum(self._buffer, self._at)
            self._at += _HEADER_BYTES + length + _FOOTER_BYTES

    def _fill(self, size: int) -> bool:
        """Bring `size` bytes from `_at` on into the buffer; return whether there are so many."""
        parts = [self._buffer[self._at :]]
        there = len(parts[0])
        while there < size:
            part = self._stream.read(min(max(CHUNK_BYTES, size - there), _LARGEST_READ_BYTES))
            if not part:
                break
            parts.append(part)
            there += len(part)
        self._start += self._at
        self._at = 0
        self._buffer = b"".join(parts)
        return there >= size

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        record = self.read()
        if record is None:
            raise StopIteration
        return record

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def __enter__(self) -> RecordReader:
        """Return the reader."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()


def _is_damaged(stored: int, data: bytes) -> bool:
    checksum = crc32c(data)
    return ((checksum >> 15 | checksum << 17) + _MASK_DELTA) & _BITS != stored


class RecordWriter:
    """Appends records to a file, which it makes anew.

    Args:
      file: where to write, open for bytes; the writer closes it.
      deflater: compresses what is written, or None.
      flush_mode: of zlib, how `flush` ends what is compressed so far.
    """

    def __init__(
        self,
        file: IO[bytes],
        deflater: zlib._Compress | None = None,
        flush_mode: int = zlib.Z_SYNC_FLUSH,
    ) -> None:
        self._file = file
        self._deflater = deflater
        self._flush_mode = flush_mode

    def write(self, record: bytes) -> None:
        """Append a record.

        Raises:
          OSError: it cannot be written.
        """
        data = packed_record(record)
        self._file.write(data if self._deflater is None else self._deflater.compress(data))

    def flush(self) -> None:
        """Hand what was written to the operating system.

        Raises:
          OSError: it cannot be written.
        """
        if self._deflater is not None:
            self._file.write(self._deflater.flush(self._flush_mode))
        self._file.flush()

    def close(self) -> None:
        """Write the rest and close the file.

        Raises:
          OSError: it cannot be written.
        """
        try:
            if self._deflater is not None:
                self._file.write(self._deflater.flush(zlib.Z_FINISH))
        finally:
            self._file.close()
