"""Reads what was compressed with Snappy: blocks of old checkpoints."""

from __future__ import annotations

from tensormill.formats.damage import DamagedFileError
from tensormill.formats.varints import read_varint

__all__ = ["decompress"]

_LITERAL, _COPY_1, _COPY_2 = 0, 1, 2


def decompress(data: bytes) -> bytes:
    """Return the bytes that a Snappy block holds.

    Raises:
      DamagedFileError: it is no whole block.

    >>> decompress(bytes([7, 0, 97, 9, 1]))
    b'aaaaaaa'
    """
    size, position = read_varint(data, 0)
    made = bytearray()
    while position < len(data):
        tag = data[position]
        position += 1
        kind = tag & 3
        if kind == _LITERAL:
            position = _literal(data, position, tag >> 2, made)
            continue
        if kind == _COPY_1:
            length, width = (tag >> 2 & 7) + 4, 1
        else:
            length, width = (tag >> 2) + 1, 2 if kind == _COPY_2 else 4
        offset = int.from_bytes(data[position : position + width], "little")
        position += width
        if kind == _COPY_1:
            offset |= tag >> 5 << 8
        _copy(made, offset, length)
    if len(made) != size or position != len(data):
        raise DamagedFileError("corrupted compressed block contents")
    return bytes(made)


def _literal(data: bytes, position: int, code: int, made: bytearray) -> int:
    length = code + 1
    if code >= 60:
        width = code - 59
        length = int.from_bytes(data[position : position + width], "little") + 1
        position += width
    made += data[position : position + length]
    return position + length


def _copy(made: bytearray, offset: int, length: int) -> None:
    start = len(made) - offset
    if start < 0 or not offset:
        raise DamagedFileError("corrupted compressed block contents")
    if offset >= length:
        made += made[start : start + length]
        return
    repeated = made[start:]
    made += (repeated * (length // offset + 1))[:length]
