"""Sorted tables of keys and values in one file, of which a checkpoint's index is one.

A file is blocks of entries, a block that lists them, and a footer. Keys are bytes in ascending
order, each written as what differs from the key before it.

Source: TensorFlow 1.15, core/lib/io/table_builder.cc, format.cc, block.cc.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator
from typing import IO, Final

from tensormill.formats.checksums import masked_crc32c
from tensormill.formats.damage import DamagedFileError, TruncatedFileError
from tensormill.formats.snappy import decompress
from tensormill.formats.varints import encode_varint, read_varint

__all__ = ["TableReader", "TableWriter"]

_MAGIC: Final = bytes.fromhex("57fb808b247547db")
_FOOTER_SIZE: Final = 48
_TRAILER: Final = struct.Struct("<BI")  # the kind of compression, the checksum
_NOT_COMPRESSED, _SNAPPY = 0, 1
_BLOCK_SIZE: Final = 256 * 1024
_RESTART_INTERVAL: Final = 16


class _BlockWriter:
    """Collects entries of one block."""

    def __init__(self, restart_interval: int) -> None:
        self._interval = restart_interval
        self.clear()

    def clear(self) -> None:
        self._content = bytearray()
        self._restarts = [0]
        self._since_restart = 0
        self.last_key = b""

    @property
    def is_empty(self) -> bool:
        return not self._content

    @property
    def size(self) -> int:
        return len(self._content) + 4 * len(self._restarts) + 4

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self._since_restart < self._interval:
            shared = _shared_length(self.last_key, key)
        else:
            self._restarts.append(len(self._content))
            self._since_restart = 0
        for number in (shared, len(key) - shared, len(value)):
            self._content += encode_varint(number)
        self._content += key[shared:]
        self._content += value
        self.last_key = key
        self._since_restart += 1

    def finish(self) -> bytes:
        count = len(self._restarts)
        return bytes(self._content) + struct.pack(f"<{count + 1}I", *self._restarts, count)


def _shared_length(a: bytes, b: bytes) -> int:
    limit = min(len(a), len(b))
    for position in range(limit):
        if a[position] != b[position]:
            return position
    return limit


def _separator(last: bytes, following: bytes) -> bytes:
    """Return a short key that is not less than `last` and less than `following`."""
    at = _shared_length(last, following)
    if at < min(len(last), len(following)):
        byte = last[at]
        if byte < 0xFF and byte + 1 < following[at]:
            return last[:at] + bytes([byte + 1])
    return last


def _successor(key: bytes) -> bytes:
    """Return a short key that is not less than `key`."""
    for position, byte in enumerate(key):
        if byte != 0xFF:
            return key[:position] + bytes([byte + 1])
    return key


class TableWriter:
    """Writes a table; keys are added in ascending order."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._offset = 0
        self._block = _BlockWriter(_RESTART_INTERVAL)
        self._index = _BlockWriter(1)
        self._pending: tuple[bytes, bytes] | None = None  # last key and handle of a written block

    def add(self, key: bytes, value: bytes) -> None:
        """Append an entry."""
        if self._pending is not None:
            last, handle = self._pending
            self._index.add(_separator(last, key), handle)
            self._pending = None
        self._block.add(key, value)
        if self._block.size >= _BLOCK_SIZE:
            self._end_block()

    def _end_block(self) -> None:
        if not self._block.is_empty:
            self._pending = self._block.last_key, self._write(self._block)
            self._block.clear()

    def finish(self) -> None:
        """Write what is left; the file stays open."""
        self._end_block()
        empty = self._write(_BlockWriter(1))
        if self._pending is not None:
            last, handle = self._pending
            self._index.add(_successor(last), handle)
        footer = empty + self._write(self._index)
        self._file.write(footer.ljust(_FOOTER_SIZE - len(_MAGIC), b"\x00") + _MAGIC)

    def _write(self, block: _BlockWriter) -> bytes:
        content = block.finish()
        kind = bytes([_NOT_COMPRESSED])
        handle = encode_varint(self._offset) + encode_varint(len(content))
        self._file.write(content)
        self._file.write(_TRAILER.pack(_NOT_COMPRESSED, masked_crc32c(content + kind)))
        self._offset += len(content) + _TRAILER.size
        return handle


class TableReader:
    """Reads a table; a block is read when one of its keys is asked for.

    Args:
      file: the file, open to be read; the caller closes it.

    Raises:
      DamagedFileError: the file is no whole table.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        if self._size < _FOOTER_SIZE:
            raise TruncatedFileError("file is too short to be an sstable")
        file.seek(self._size - _FOOTER_SIZE)
        footer = file.read(_FOOTER_SIZE)
        if footer[-len(_MAGIC) :] != _MAGIC:
            raise DamagedFileError("not an sstable (bad magic number)")
        _, position = _read_handle(footer, 0)
        handle, _ = _read_handle(footer, position)
        index = self._read_block(handle)
        self._limits = [key for key, _ in index]
        self._handles = [_read_handle(value, 0)[0] for _, value in index]
        self._blocks: dict[int, dict[bytes, bytes]] = {}

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, or None."""
        number = bisect_left(self._limits, key)
        return None if number == len(self._limits) else self._block(number).get(key)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield all keys with their values, in ascending order."""
        for number in range(len(self._limits)):
            yield from self._block(number).items()

    def _block(self, number: int) -> dict[bytes, bytes]:
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = dict(self._read_block(self._handles[number]))
        return block

    def _read_block(self, handle: tuple[int, int]) -> list[tuple[bytes, bytes]]:
        offset, size = handle
        if offset + size + _TRAILER.size > self._size:  # a damaged footer may ask for any amount
            raise DamagedFileError("truncated block read")
        self._file.seek(offset)
        raw = self._file.read(size + _TRAILER.size)
        if len(raw) < size + _TRAILER.size:
            raise DamagedFileError("truncated block read")
        kind, checksum = _TRAILER.unpack_from(raw, size)
        if masked_crc32c(raw[: size + 1]) != checksum:
            raise DamagedFileError("block checksum mismatch")
        if kind == _SNAPPY:
            return _entries(decompress(raw[:size]))
        if kind != _NOT_COMPRESSED:
            raise DamagedFileError("bad block type")
        return _entries(raw[:size])


def _read_handle(data: bytes, position: int) -> tuple[tuple[int, int], int]:
    offset, position = read_varint(data, position)
    size, position = read_varint(data, position)
    return (offset, size), position


def _entries(block: bytes) -> list[tuple[bytes, bytes]]:
    if len(block) < 4:
        raise DamagedFileError("bad block contents")
    (restarts,) = struct.unpack_from("<I", block, len(block) - 4)
    end = len(block) - 4 - 4 * restarts
    if end < 0:
        raise DamagedFileError("bad block contents")
    entries = []
    key = b""
    position = 0
    while position < end:
        shared, position = read_varint(block, position)
        rest, position = read_varint(block, position)
        length, position = read_varint(block, position)
        if shared > len(key) or position + rest + length > end:
            raise DamagedFileError("bad entry in block")
        key = key[:shared] + block[position : position + rest]
        position += rest
        entries.append((key, block[position : position + length]))
        position += length
    return entries
