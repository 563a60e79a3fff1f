"""Writes images as PNG files, and looks whether such a file is whole."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from tensormill.formats.damage import DamagedFileError, TruncatedFileError

__all__ = ["check_png", "encode_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by the number of channels
_NEEDED = frozenset([b"IHDR", b"PLTE", b"IDAT", b"IEND"])
"""The kinds of chunks without which there is no image; others need not be understood."""
_FRAME_BYTES = 12
"""What each chunk has around its content: length, kind and checksum."""
_FILTER_UP = 2
"""Each row is stored as the differences to the one above it."""


def encode_png(image: np.ndarray[Any, Any], compression: int = -1) -> bytes:
    """Return an image as the bytes of a PNG file.

    Args:
      image: uint8 or uint16, [height, width, channels] with 1 to 4 channels: gray, gray with
        alpha, RGB, RGBA.
      compression: 0 to 9, or -1 for the usual one.
    """
    height, width, channels = image.shape
    bits = 8 * image.dtype.itemsize
    rows = np.ascontiguousarray(image.astype(image.dtype.newbyteorder(">"))).view(np.uint8)
    rows = rows.reshape(height, -1)
    filtered = np.empty((height, rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = _FILTER_UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, bits, _COLOR_TYPES[channels], 0, 0, 0)
    return (
        _SIGNATURE
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(filtered.tobytes(), compression))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def check_png(data: bytes) -> bytes:
    """Return a file without the chunks that are damaged and not needed.

    Raises:
      DamagedFileError: a chunk that is needed is damaged or unknown, or the file is cut off.
    """
    at, kept, copied = len(_SIGNATURE), list[bytes](), 0
    kind = b""
    while kind != b"IEND":
        start = at
        length = int.from_bytes(data[at : at + 4], "big")
        at += _FRAME_BYTES + length
        if at > len(data) or len(data) < start + _FRAME_BYTES:
            raise TruncatedFileError(f"the chunk at {start} is cut off")
        kind = data[start + 4 : start + 8]
        is_sound = zlib.crc32(memoryview(data)[start + 4 : at - 4]) == int.from_bytes(
            data[at - 4 : at], "big"
        )
        if kind in _NEEDED and is_sound:
            continue
        if kind in _NEEDED or kind[:1].isupper():
            raise DamagedFileError(f"the chunk at {start} is damaged or unknown")
        if not is_sound:
            kept.append(data[copied:start])
            copied = at
    return b"".join((*kept, data[copied:])) if kept else data
