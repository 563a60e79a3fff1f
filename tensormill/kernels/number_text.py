"""Numbers as text, read as TensorFlow reads them; float32 rounded once, from the decimal digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np

__all__ = ["narrowed", "number_of", "numbers_of"]

# The bits of a float64 that a float32 lacks, and where they say "half way between two of those".
_LOST_BITS: Final = (1 << 29) - 1
_HALF_WAY: Final = 1 << 28
_SMALLEST_NORMAL: Final = 2.0**-126
_LEAST_EXPONENT: Final = -125
_MANTISSA: Final = 2.0**53


def numbers_of(texts: Sequence[bytes], kind: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Return the numbers that texts name, spaces around them aside.

    Args:
      texts: the texts.
      kind: float32, float64 or an integer dtype.

    Raises:
      ValueError: a text is no such number.
    """
    if any(map(_has_underscore, texts)):  # which Python allows
        raise ValueError
    if kind.kind != "f":
        try:
            return np.array(list(map(int, texts)), kind)
        except OverflowError as error:
            raise ValueError(str(error)) from error
    try:
        wide = np.array(list(map(float, texts)), np.float64)
    except ValueError:
        wide = np.array(list(map(_float, texts)), np.float64)
    return narrowed(wide, lambda: texts) if kind.itemsize == 4 else wide


def number_of(text: bytes, kind: np.dtype[Any]) -> float | int:
    """Return the one number that a text names, as `numbers_of` does.

    Raises:
      ValueError: the text is no such number.
    """
    if b"_" in text:
        raise ValueError
    if kind.kind != "f":
        number = int(text)
        bits = 8 * kind.itemsize - 1
        if kind.kind != "i" or not -(1 << bits) <= number < 1 << bits:
            raise ValueError
        return number
    value = float(text)
    if kind.itemsize == 8 or not math.isfinite(value):
        return value
    fraction, exponent = math.frexp(value)
    if exponent < _LEAST_EXPONENT or int(fraction * _MANTISSA) & _LOST_BITS == _HALF_WAY:
        return float(numbers_of([text], kind)[0])
    return value


def _has_underscore(text: bytes) -> bool:
    return b"_" in text


def _float(text: bytes) -> float:
    """Return the number that a text names, in decimal or hexadecimal digits."""
    if b"x" in text or b"X" in text:
        return float.fromhex(text.decode("ascii", "replace"))
    return float(text)


def narrowed(
    wide: np.ndarray[Any, Any], texts: Callable[[], Sequence[bytes]]
) -> np.ndarray[Any, Any]:
    """Return the float32 nearest to the digits of texts.

    Args:
      wide: the float64 nearest to them.
      texts: returns the texts, where one is needed to decide.
    """
    with np.errstate(over="ignore", under="ignore"):
        narrow = wide.astype(np.float32)
    doubtful = (wide.view(np.int64) & _LOST_BITS) == _HALF_WAY
    doubtful |= (np.abs(wide) < _SMALLEST_NORMAL) & (wide != 0)
    if doubtful.any():
        digits = texts()
        for index in np.flatnonzero(doubtful).tolist():
            narrow[index] = _rounded_once(digits[index], float(wide[index]), narrow[index])
    return narrow


def _rounded_once(text: bytes, wide: float, narrow: np.float32) -> np.float32:
    """Return the float32 nearest to the digits of a text; `wide` is the nearest float64."""
    if float(narrow) == wide or b"x" in text.lower():
        return narrow
    other = np.nextafter(narrow, np.float32(np.inf if wide > float(narrow) else -np.inf))
    middle = (Decimal(float(narrow)) + Decimal(float(other))) / 2
    exact = Decimal(text.decode().strip())
    if exact == middle:
        return narrow  # of two that are equally near, NumPy took the even one
    return narrow if (exact < middle) == (float(narrow) < float(other)) else other
