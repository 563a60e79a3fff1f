"""FarmHash fingerprints of many strings at once, most of which are short.

Words are: what tables of words look up is hashed here by a few operations on arrays of 64-bit
integers, which wrap around as the hash wants it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.kernels.string_hashes import fingerprint64

__all__ = ["fingerprints64"]

Array = np.ndarray[Any, Any]

_SHORT = 16
"""Strings of up to so many bytes are hashed together."""
_WORTH_IT = 8
"""With fewer strings than this, one after the other is faster."""
_K0, _K2 = np.uint64(0xC3A5C85C97CB3127), np.uint64(0x9AE16A3B2F90404F)


def fingerprints64(texts: list[bytes]) -> Array:
    """Return the FarmHash fingerprint of each string, uint64."""
    if len(texts) < _WORTH_IT:
        return np.array([fingerprint64(text) for text in texts], np.uint64)
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    if sizes.max() <= _SHORT:
        return _short(texts, sizes)
    made = np.empty(len(texts), np.uint64)
    is_short = sizes <= _SHORT
    places = np.flatnonzero(is_short)
    made[places] = _short([texts[place] for place in places.tolist()], sizes[places])
    for place in np.flatnonzero(~is_short).tolist():
        made[place] = fingerprint64(texts[place])
    return made


def _short(texts: list[bytes], sizes: Array) -> Array:
    padded: Array = np.array(texts, f"S{_SHORT}")
    words = padded.view("<u8").reshape(-1, 2)
    made = np.full(len(texts), _K2, np.uint64)
    for least, most, function in ((8, 16, _of_8_to_16), (4, 7, _of_4_to_7), (1, 3, _of_1_to_3)):
        places = np.flatnonzero((sizes >= least) & (sizes <= most))
        if places.size:
            made[places] = function(words[places], sizes[places].astype(np.uint64))
    return made


def _of_8_to_16(words: Array, sizes: Array) -> Array:
    """The first eight bytes and the last eight count."""
    mul = _K2 + sizes * 2
    first, second = words[:, 0], words[:, 1]
    skipped = (sizes - 8) * 8
    # A shift by all 64 bits says nothing: there the last eight bytes are one of the words.
    both = (first >> (skipped & 63)) | (second << ((64 - skipped) & 63))
    last = np.where(skipped == 0, first, np.where(skipped == 64, second, both))
    a = first + _K2
    c = _rotate(last, 37) * mul + a
    d = (_rotate(a, 25) + last) * mul
    return _mixed(c, d, mul)


def _of_4_to_7(words: Array, sizes: Array) -> Array:
    """The first four bytes and the last four count."""
    low_half = np.uint64(0xFFFFFFFF)
    first = words[:, 0] & low_half
    last = (words[:, 0] >> ((sizes - 4) * 8)) & low_half
    return _mixed(sizes + (first << np.uint64(3)), last, _K2 + sizes * 2)


def _of_1_to_3(words: Array, sizes: Array) -> Array:
    """The first byte, the one in the middle and the last one count."""

    def byte(index: Array) -> Array:
        return (words[:, 0] >> (index * 8)) & np.uint64(0xFF)

    y = byte(sizes * 0) + (byte(sizes >> np.uint64(1)) << np.uint64(8))
    z = sizes + (byte(sizes - 1) << np.uint64(2))
    return _shift_mixed(y * _K2 ^ z * _K0) * _K2


def _rotate(value: Array, shift: int) -> Array:
    return (value >> np.uint64(shift)) | (value << np.uint64(64 - shift))


def _shift_mixed(value: Array) -> Array:
    return value ^ (value >> np.uint64(47))


def _mixed(u: Array, v: Array, mul: Array) -> Array:
    a = _shift_mixed((u ^ v) * mul)
    b = _shift_mixed((v ^ a) * mul)
    return b * mul
