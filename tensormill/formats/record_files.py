"""Record files: byte strings one after the other, each with its length and two checksums.

A record is its length (8 bytes), the masked checksum of those, the bytes, and their masked
checksum. A file has no header; the whole of it may be compressed.

Source: TensorFlow 1.15, core/lib/io/record_reader.cc and record_writer.cc.
"""

from __future__ import annotations

import functools
import struct
import threading
import weakref
import zlib
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import IO, Final

import numpy as np

from tensormill.formats.byte_streams import CHUNK_BYTES, ByteStream, open_stream
from tensormill.formats.checksums import MASK_DELTA, crc32c, masked_crc32c
from tensormill.formats.damage import DamagedFileError, TruncatedFileError

__all__ = ["RecordReader", "RecordWriter", "packed_record"]

_HEADER_BYTES: Final = 12
_FOOTER_BYTES: Final = 4
# How much is asked of a file at once, whatever length a header claims.
_LARGEST_READ_BYTES: Final = 1 << 24
_PENDING_BYTES: Final = 1 << 18
"""How much a writer keeps before it makes the bytes of a file of it."""
_SMALLEST_BLOCK: Final = 8
"""From how many records on it is faster to take their checksums side by side."""
_LONGEST_SCAN: Final = 4096
"""How many records are looked at before the first of them is given out."""

_packed_length = struct.Struct("<Q").pack
_packed_uint32 = struct.Struct("<I").pack
_length_at = struct.Struct("<Q").unpack_from
_checksum_at = struct.Struct("<I").unpack_from


def packed_record(data: bytes | bytearray | memoryview) -> bytes:
    """Return a record as it stands in a file."""
    return b"".join((_packed_header(len(data)), data, _packed_uint32(masked_crc32c(data))))


def _packed_records(records: Sequence[bytes]) -> bytes:
    """Return records as they stand in a file, one after another."""
    count = len(records)
    parts = [b""] * (3 * count)
    parts[::3] = map(_packed_header, map(len, records))
    parts[1::3] = records
    parts[2::3] = _packed_checksums(records)
    return b"".join(parts)


def _packed_checksums(records: Sequence[bytes]) -> list[bytes]:
    """Return what stands behind records."""
    count = len(records)
    if count < _SMALLEST_BLOCK:
        return [_packed_uint32(masked_crc32c(record)) for record in records]
    checksums = np.fromiter(map(crc32c, records), np.uint32, count)
    masked = (checksums >> 15 | checksums << 17) + np.uint32(MASK_DELTA)
    made: list[bytes] = masked.astype("<u4", copy=False).view("V4").tolist()
    return made


@functools.lru_cache(maxsize=1024)
def _packed_header(size: int) -> bytes:
    """Return what stands before a record of a size."""
    length = _packed_length(size)
    return length + _packed_uint32(masked_crc32c(length))


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
        self._start = 0  # the position of the buffer in the stream
        while offset > self._start and (passed := self._stream.read(offset - self._start)):
            self._start += len(passed)
        # Records of the buffer that are sound, and where they begin; the last number is their end.
        self._records: list[bytes] = []
        self._begins = [self._start]
        self._next = 0  # which of them is the next

    @property
    def position(self) -> int:
        """Where the next record begins, in the bytes that are not compressed."""
        return self._begins[self._next]

    def read(self) -> bytes | None:
        """Return the next record; None at the end of the file.

        A file that ends within the length of a record or its checksum ends before it.

        Raises:
          DamagedFileError: a checksum is not that of the bytes it covers.
          TruncatedFileError: the file ends within a record.
          OSError: the file cannot be read.
        """
        index = self._next
        if index < len(self._records):
            self._next = index + 1
            return self._records[index]
        if self._find_records():
            self._next = 1
            return self._records[0]
        return self._read_alone()

    def read_up_to(self, count: int, records: list[bytes], positions: list[int]) -> bool:
        """Append the next records and where they begin; return whether the end was seen.

        Raises:
          DamagedFileError, TruncatedFileError, OSError: see `read`; what came before is appended.
        """
        while count > 0:
            index = self._next
            taken = self._records[index : index + count]
            if taken:
                records += taken
                positions += self._begins[index : index + len(taken)]
                self._next += len(taken)
                count -= len(taken)
            elif not self._find_records():
                position = self.position
                record = self._read_alone()
                if record is None:
                    return True
                records.append(record)
                positions.append(position)
                count -= 1
        return False

    def ahead(self, count: int) -> tuple[list[bytes], list[int]]:
        """Return up to `count` of the next records, as far as they are in memory and sound.

        Returns:
          The records, and where each of them begins.
        """
        if self._next == len(self._records):
            self._scan()
        chosen = slice(self._next, min(self._next + count, len(self._records)))
        return self._records[chosen], self._begins[chosen]

    def skip(self, count: int) -> None:
        """Pass over records that `ahead` returned."""
        self._next += count

    def _find_records(self) -> bool:
        """Look for sound records behind those that are known; return whether there are any."""
        if self._scan():
            return True
        rest = self._start + len(self._buffer) - self.position
        return self._fill(rest + 1) and self._scan()

    def _scan(self) -> bool:
        """Find the sound records that are in memory from here on; return whether there are any."""
        buffer, start = self._buffer, self._start
        at, last = self.position - start, len(buffer)
        begins = [at]
        for _ in range(_LONGEST_SCAN):
            if at + _HEADER_BYTES > last:
                break
            at += _length_at(buffer, at)[0] + _HEADER_BYTES + _FOOTER_BYTES
            if at > last:
                break
            begins.append(at)
        ends = begins[1:]
        records = [
            buffer[begin + _HEADER_BYTES : end - _FOOTER_BYTES]
            for begin, end in zip(begins, ends, strict=False)
        ]
        count = self._sound_count(records, begins)
        self._records = records[:count]
        self._begins = [start + begin for begin in begins[: count + 1]]
        self._next = 0
        return count > 0

    def _sound_count(self, records: list[bytes], begins: list[int]) -> int:
        """Return how many records have the right checksums, from the first one on."""
        if not records:
            return 0
        buffer = self._buffer
        headers = [buffer[begin : begin + _HEADER_BYTES] for begin in begins[:-1]]
        wanted = list(map(_packed_header, map(len, records)))
        stored = [buffer[end - _FOOTER_BYTES : end] for end in begins[1:]]
        footers = _packed_checksums(records)
        if headers == wanted and stored == footers:
            return len(records)
        return next(
            index
            for index, found in enumerate(zip(headers, stored, strict=True))
            if found != (wanted[index], footers[index])
        )

    def _read_alone(self) -> bytes | None:
        """Return the next record, which is not known to be sound; see `read`."""
        if not self._fill(_HEADER_BYTES):
            return None
        position = self.position
        (length,) = _length_at(self._buffer)
        if self._buffer[:_HEADER_BYTES] != _packed_header(length):
            doubt = "" if position else " (Is this even a TFRecord file?)"
            raise DamagedFileError(f"corrupted record at {position}{doubt}")
        end = _HEADER_BYTES + length
        if not self._fill(end + _FOOTER_BYTES):
            raise TruncatedFileError(
                f"truncated record at {position}' failed with {self._stream.end_text}"
            )
        data = self._buffer[_HEADER_BYTES:end]
        if _checksum_at(self._buffer, end)[0] != masked_crc32c(data):
            raise DamagedFileError(f"corrupted record at {position + _HEADER_BYTES}")
        self._records, self._next = [], 0
        self._begins = [position + end + _FOOTER_BYTES]
        return data

    def _fill(self, size: int) -> bool:
        """Let the buffer begin with the next record, and go on for `size` bytes if there are."""
        parts = [self._buffer[self.position - self._start :]]
        there = len(parts[0])
        while there < size:
            part = self._stream.read(min(max(CHUNK_BYTES, size - there), _LARGEST_READ_BYTES))
            if not part:
                break
            parts.append(part)
            there += len(part)
        self._start = self.position
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


class _PendingRecords:
    """Records that a writer was given and has not written yet. Any thread.

    Args:
      file: where to write.
      deflater: compresses what is written, or None.
    """

    def __init__(self, file: IO[bytes], deflater: zlib._Compress | None) -> None:
        self.records: list[bytes] = []
        self.size_bytes = 0  # about: two threads may count at once
        self._file = file
        self._deflater = deflater
        self._lock = threading.Lock()

    def write_out(self, deflate_mode: int | None = None) -> None:
        """Write all records to the file.

        Args:
          deflate_mode: of zlib, how to end what is compressed so far; None to go on.

        Raises:
          OSError: they cannot be written.
        """
        with self._lock:
            batch = self.records[:]
            del self.records[: len(batch)]
            self.size_bytes = 0
            data = _packed_records(batch)
            if self._deflater is not None:
                data = self._deflater.compress(data)
                if deflate_mode is not None:
                    data += self._deflater.flush(deflate_mode)
            self._file.write(data)

    def close(self) -> None:
        """Write the rest and close the file. Idempotent.

        Raises:
          OSError: it cannot be written.
        """
        if self._file.closed:
            return
        try:
            self.write_out(zlib.Z_FINISH)
        finally:
            self._file.close()


class RecordWriter:
    """Appends records to a file, which it makes anew.

    Small records are gathered, and written together. A writer that nobody closes writes the rest
    when it goes.

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
        self._flush_mode = flush_mode
        self._pending = pending = _PendingRecords(file, deflater)
        self._append = pending.records.append
        weakref.finalize(self, pending.close)

    def write(self, record: bytes) -> None:
        """Append a record.

        Raises:
          OSError: what was given before cannot be written.
          TypeError: it is no bytes.
        """
        if type(record) is not bytes:
            record = bytes(memoryview(record))
        self._append(record)
        pending = self._pending
        pending.size_bytes += len(record) + _HEADER_BYTES + _FOOTER_BYTES
        if pending.size_bytes > _PENDING_BYTES:
            pending.write_out()

    def flush(self) -> None:
        """Hand what was written to the operating system.

        Raises:
          OSError: it cannot be written.
        """
        self._pending.write_out(self._flush_mode)
        self._file.flush()

    def close(self) -> None:
        """Write the rest and close the file.

        Raises:
          OSError: it cannot be written.
        """
        self._pending.close()
