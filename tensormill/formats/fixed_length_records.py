"""Files of records that all have the same length, between a header and a footer."""

from __future__ import annotations

from tensormill.formats.byte_streams import CHUNK_BYTES, ByteStream, open_stream
from tensormill.formats.damage import TruncatedFileError

__all__ = ["FixedLengthReader"]


class FixedLengthReader:
    """The records of a file, from front to back. What is left and is no whole record is dropped.

    Args:
      path: of the file.
      record_bytes: the length of a record.
      header_bytes: how much to pass over at the start of the file.
      footer_bytes: how much belongs to no record at its end.
      hop_bytes: from the start of one record to that of the next; 0 for `record_bytes`.
      compression: "", "GZIP" or "ZLIB".

    Raises:
      OSError: the file cannot be opened.
      TruncatedFileError: it ends within the header.
    """

    def __init__(
        self,
        path: str,
        record_bytes: int,
        header_bytes: int = 0,
        footer_bytes: int = 0,
        hop_bytes: int = 0,
        compression: str = "",
    ) -> None:
        self._stream: ByteStream = open_stream(path, compression)
        self._record_bytes = record_bytes
        self._footer_bytes = footer_bytes
        self._hop_bytes = hop_bytes or record_bytes
        self._buffer = b""
        self._at = 0
        if not self._fill(header_bytes):
            self.close()
            raise TruncatedFileError("EOF reached" if compression else "reached end of file")
        self._at = header_bytes

    def read(self) -> bytes | None:
        """Return the next record; None where there is no whole one.

        Raises:
          DamagedFileError: the file cannot be decompressed.
          OSError: the file cannot be read.
        """
        size = self._record_bytes
        if len(self._buffer) - self._at < size + self._footer_bytes and not self._fill(
            size + self._footer_bytes
        ):
            return None
        at = self._at
        self._at = at + self._hop_bytes
        return self._buffer[at : at + size]

    def _fill(self, size: int) -> bool:
        """Bring `size` bytes from `_at` on into the buffer; return whether there are so many."""
        parts = [self._buffer[self._at :]]
        passed = max(0, self._at - len(self._buffer))
        there = len(parts[0])
        while there < size:
            part = self._stream.read(CHUNK_BYTES)
            if not part:
                break
            parts.append(part[passed:])
            there += len(parts[-1])
            passed = max(0, passed - len(part))
        self._buffer = b"".join(parts)
        self._at = passed
        return there >= size

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
