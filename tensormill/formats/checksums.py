"""The checksum of TensorFlow's files: crc32c, masked where it is stored beside what it covers."""

from __future__ import annotations

import struct
from typing import Final

from crc32c import crc32c

__all__ = ["MASK_DELTA", "crc32c", "mask", "masked_crc32c", "packed_crc32c", "unmask"]

MASK_DELTA: Final = 0xA282EAD8
_BITS: Final = 0xFFFFFFFF


def mask(checksum: int) -> int:
    """Return a checksum as it is stored.

    >>> hex(mask(crc32c(b"123456789")))
    '0xc78ab0e5'
    """
    return ((checksum >> 15 | checksum << 17) + MASK_DELTA) & _BITS


def unmask(stored: int) -> int:
    """Return the checksum that `mask` has made `stored` of."""
    rotated = (stored - MASK_DELTA) & _BITS
    return (rotated >> 17 | rotated << 15) & _BITS


def masked_crc32c(data: bytes | bytearray | memoryview) -> int:
    """Return the masked checksum of some bytes."""
    return mask(crc32c(data))


def packed_crc32c(data: bytes | bytearray | memoryview) -> bytes:
    """Return the masked checksum of some bytes as the four bytes of a file."""
    return struct.pack("<I", masked_crc32c(data))
