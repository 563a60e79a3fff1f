"""Whole numbers of variable length, seven bits a byte, as in protocol buffers."""

from __future__ import annotations

from tensormill.formats.damage import DamagedFileError

__all__ = ["encode_varint", "read_varint"]

_MAX_SHIFT = 63


def encode_varint(number: int) -> bytes:
    """Return a number that is not negative as bytes.

    >>> encode_varint(300).hex()
    'ac02'
    """
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def read_varint(data: bytes | bytearray | memoryview, position: int) -> tuple[int, int]:
    """Return the number at a position, and the position after it.

    Raises:
      DamagedFileError: the bytes end before the number does, or it has more than 64 bits.
    """
    number = shift = 0
    while shift <= _MAX_SHIFT and position < len(data):
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7
    raise DamagedFileError("bad varint")
