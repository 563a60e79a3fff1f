"""The keys under which checkpoints keep the slices of partitioned tensors.

A key is an ordered code: its bytes sort as the name, the rank, and the starts and lengths do.

Source: TensorFlow 1.15, core/lib/strings/ordered_code.cc, core/util/saved_tensor_slice_util.cc.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["WHOLE", "slice_key"]

WHOLE = -1
"""The length of an extent that is the whole dimension."""

# The bits that stand before a number of n bytes, by n.
_HEADERS = (
    b"\x00\x00", b"\x80\x00", b"\xc0\x00", b"\xe0\x00", b"\xf0\x00", b"\xf8\x00", b"\xfc\x00",
    b"\xfe\x00", b"\xff\x00", b"\xff\x80", b"\xff\xc0",
)  # fmt: skip


def slice_key(name: str, extents: Sequence[tuple[int, int]]) -> bytes:
    """Return the key of a slice.

    Args:
      name: the name of the whole tensor.
      extents: where the slice starts and how long it is, for each dimension; `WHOLE` as the
        length of a whole dimension.

    >>> slice_key("part", [(0, 3), (0, 2)]).hex()
    '00706172740001010280838082'
    """
    parts = [_number(0), _text(name.encode()), _number(len(extents))]
    for start, length in extents:
        parts += (_signed(start), _signed(length))
    return b"".join(parts)


def _number(value: int) -> bytes:
    digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(digits)]) + digits


def _text(value: bytes) -> bytes:
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], value) + b"\x00\x01"


_ESCAPED = re.compile(rb"[\x00\xff]")
_ESCAPES = {b"\x00": b"\x00\xff", b"\xff": b"\xff\x00"}


def _signed(value: int) -> bytes:
    magnitude = ~value if value < 0 else value
    size = 1
    while magnitude >> (7 * size - 1):
        size += 1
    digits = bytearray(value.to_bytes(size, "big", signed=True))
    for position, bits in enumerate(_HEADERS[size][:size]):
        digits[position] ^= bits
    return bytes(digits)
