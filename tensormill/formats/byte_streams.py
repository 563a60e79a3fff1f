"""Byte streams: files read from front to back, compressed or not, in memory of fixed size."""

from __future__ import annotations

import weakref
import zlib
from typing import IO, Final, Protocol

from tensormill.formats.damage import DamagedFileError

__all__ = ["COMPRESSIONS", "ByteStream", "open_stream"]

COMPRESSIONS: Final = ("", "GZIP", "ZLIB")
"""The names of the ways to compress a file; "" stands for none."""

CHUNK_BYTES: Final = 1 << 18
_WINDOW_BITS: Final = {"GZIP": 31, "ZLIB": 15}


class ByteStream(Protocol):
    """Bytes in order.

    Attributes:
      end_text: what to say of a stream that ends where more was expected.
    """

    end_text: str

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none only at the end.

        Raises:
          DamagedFileError: the bytes cannot be decompressed.
          OSError: the file cannot be read.
        """

    def close(self) -> None:
        """Close the file."""


class _PlainStream:
    end_text = "Read less bytes than requested"

    def __init__(self, file: IO[bytes]) -> None:
        self.read = file.read
        self.close = file.close


class _InflatedStream:
    """What a compressed file decompresses to.

    A file cut off in the middle ends where it is cut, as in TensorFlow. Of GZIP, members that
    follow one another are one stream; after the end of ZLIB the rest of the file is passed over.
    """

    end_text = "EOF reached"

    def __init__(self, file: IO[bytes], compression: str, window_bits: int | None = None) -> None:
        self._file = file
        self._goes_on = compression == "GZIP"
        self._window_bits = _WINDOW_BITS[compression] if window_bits is None else window_bits
        self._inflater = zlib.decompressobj(self._window_bits)
        self._pending = b""

    def read(self, size: int) -> bytes:
        while True:
            if self._inflater.eof:
                rest = self._inflater.unused_data or self._file.read(CHUNK_BYTES)
                if not self._goes_on or not rest:
                    return b""
                self._inflater = zlib.decompressobj(self._window_bits)
                self._pending = rest
            if not self._pending:
                self._pending = self._file.read(CHUNK_BYTES)
            is_last = not self._pending
            try:
                made = self._inflater.decompress(self._pending, size)
            except zlib.error as error:
                reason = str(error).partition("data: ")[2] or str(error)
                raise DamagedFileError(f"inflate() failed with error -3: {reason}") from error
            self._pending = self._inflater.unconsumed_tail
            if made or is_last:
                return made

    def close(self) -> None:
        self._file.close()


def open_stream(path: str, compression: str = "") -> ByteStream:
    """Open a file to read it from front to back; it is closed with the stream, or its object.

    Args:
      path: its path.
      compression: one of `COMPRESSIONS`.

    Raises:
      OSError: it cannot be opened.
    """
    file = open(path, "rb", buffering=0 if compression == "" else -1)  # noqa: SIM115
    stream: ByteStream = _InflatedStream(file, compression) if compression else _PlainStream(file)
    # A stream that nobody reads to its end is closed with its object.
    weakref.finalize(stream, file.close)
    return stream
