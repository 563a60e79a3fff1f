"""Numbers as text, read as TensorFlow reads them; float32 rounded once, from the decimal digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np

__all__ = ["narrowed", "number_reader", "numbers_of"]

# The bits of a float64 that a float32 lacks, and where they say "half way between two of those".
_LOST_BITS: Final = (1 << 29) - 1
_HALF_WAY: Final = 1 << 28
_SMALLEST_NORMAL: Final = 2.0**-126
_LEAST_EXPONENT: Final = -125
_LARGEST: Final = float(np.finfo(np.float32).max)
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


def number_reader(kind: np.dtype[Any]) -> Callable[[bytes], Any]:
    """Return a function that reads the one number that a text names, as `numbers_of` does.

    It raises a ValueError where the text is no such number.

    Args:
      kind: float32, float64 or an integer dtype.
    """
    made = kind.type
    if kind.kind != "f":
        limits = np.iinfo(kind)
        lowest, highest = int(limits.min), int(limits.max)

        def read_integer(text: bytes) -> Any:
            number = int(text)
            if b"_" in text or not lowest <= number <= highest:
                raise ValueError
            return made(number)

        return read_integer

    def read_double(text: bytes) -> Any:
        if b"_" in text:
            raise ValueError
        return made(float(text))

    def read_single(text: bytes, frexp: Any = math.frexp) -> Any:
        value = float(text)
        if b"_" in text:
            raise ValueError
        if not -_LARGEST <= value <= _LARGEST:
            return numbers_of([text], kind)[0]
        fraction, exponent = frexp(value)
        if exponent < _LEAST_EXPONENT or int(fraction * _MANTISSA) & _LOST_BITS == _HALF_WAY:
            return numbers_of([text], kind)[0]
        return made(value)

    return read_double if kind.itemsize == 8 else read_single


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
