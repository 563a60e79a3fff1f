"""Many plain CSV records at once: where their fields are, and the numbers in them.

Plain are records without quotes and line ends in them, all with as many fields. Their numbers are
read column by column with one operation for a digit of all of them, where they are written in
decimal digits alone; what is not so plain is left to the record by record way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from tensormill.kernels.number_text import narrowed

__all__ = ["CsvBlock", "split_block"]

Array = np.ndarray[Any, Any]

_NEWLINE: Final = 10
_SPACE: Final = 32
_MINUS: Final = 45
_POINT: Final = 46
_ZERO: Final = 48
_MOST_DIGITS: Final = 15
"""Integers of so many digits, and powers of ten up to this one, are exact as float64."""
_POWERS: Final = 10.0 ** np.arange(_MOST_DIGITS + 1)


def split_block(texts: Sequence[bytes], delimiter: bytes, uses_quotes: bool) -> CsvBlock | None:
    """Return where the fields of records are; None where that takes more than looking for commas.

    Args:
      texts: the records, at least one.
      delimiter: the byte between two fields.
      uses_quotes: a field in double quotes may hold anything.
    """
    text = b"\n".join([*texts, b""])
    has_quotes = uses_quotes and (b'"' in text or delimiter == b'"')
    if has_quotes or b"\r" in text or delimiter in b"\r\n" or not all(texts):
        return None
    buffer = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero((buffer == delimiter[0]) | (buffer == _NEWLINE))
    width = texts[0].count(delimiter) + 1
    if len(ends) != width * len(texts):
        return None
    table: Array = ends.reshape(len(texts), width)
    is_line_end = buffer.take(table) == _NEWLINE
    if not is_line_end[:, -1].all() or is_line_end[:, :-1].any():
        return None
    return CsvBlock(text, buffer, table, delimiter)


class CsvBlock:
    """The fields of plain records.

    Attributes:
      width: how many fields each record has.
    """

    def __init__(self, text: bytes, buffer: Array, ends: Array, delimiter: bytes) -> None:
        self._text = text
        self._buffer = buffer
        self._ends = ends
        self._delimiter = delimiter
        self._fields: list[bytes] | None = None
        self.width = ends.shape[1]

    def fields(self, column: int) -> list[bytes]:
        """Return the fields of a column."""
        if self._fields is None:
            self._fields = self._text.replace(b"\n", self._delimiter).split(self._delimiter)
        return self._fields[column : len(self._fields) - 1 : self.width]

    def numbers(self, column: int, kind: np.dtype[Any]) -> Array | None:
        """Return a column as numbers; None where one is not in plain decimal digits.

        Args:
          column: which.
          kind: float32, float64, int32 or int64.
        """
        starts, sizes, is_negative = self._trimmed(column)
        longest = int(sizes.max())
        if sizes.min() < 1 or longest > _MOST_DIGITS + (kind.kind == "f"):
            return None
        places = np.arange(longest)[:, None]
        characters = self._buffer.take(starts + places, mode="clip")
        is_inside = places < sizes
        digits = characters - np.uint8(_ZERO)
        is_digit = (digits < 10) & is_inside
        count = is_digit.sum(0)
        powers = None
        if (count != sizes).any():
            if kind.kind != "f":
                return None
            is_point = (characters == _POINT) & is_inside
            points = is_point.sum(0)
            if (count + points != sizes).any() or points.max() > 1 or count.min() < 1:
                return None
            powers = np.where(points, sizes - 1 - is_point.argmax(0), 0)
        if count.max() > _MOST_DIGITS:
            return None
        numbers = np.zeros(len(starts), np.int64)
        for digit, counts in zip(digits, is_digit, strict=True):
            more = numbers * 10 + digit
            numbers = more if counts.all() else np.where(counts, more, numbers)
        if kind.kind == "f":
            return self._floats(numbers, powers, is_negative, column, kind)
        numbers = np.where(is_negative, -numbers, numbers)
        if kind.itemsize == 4 and (numbers != numbers.astype(np.int32)).any():
            return None
        return numbers.astype(kind)

    def _floats(
        self,
        numbers: Array,
        powers: Array | None,
        is_negative: Array,
        column: int,
        kind: np.dtype[Any],
    ) -> Array:
        wide = numbers.astype(np.float64)
        if powers is not None:
            wide /= _POWERS[powers]  # both exact, so the quotient is the nearest one
        np.negative(wide, out=wide, where=is_negative)
        return wide if kind.itemsize == 8 else narrowed(wide, lambda: self.fields(column))

    def _trimmed(self, column: int) -> tuple[Array, Array, Array]:
        """Return starts and sizes of fields without spaces and minus, and which had a minus."""
        ends = self._ends[:, column]
        if column:
            starts = self._ends[:, column - 1] + 1
        else:
            starts = np.concatenate([[0], self._ends[:-1, -1] + 1])
        buffer = self._buffer
        is_space = (buffer.take(starts) == _SPACE) & (starts < ends)
        while is_space.any():
            starts = starts + is_space
            is_space = (buffer.take(starts) == _SPACE) & (starts < ends)
        is_space = (buffer.take(ends - 1) == _SPACE) & (starts < ends)
        while is_space.any():
            ends = ends - is_space
            is_space = (buffer.take(ends - 1) == _SPACE) & (starts < ends)
        is_negative = (buffer.take(starts) == _MINUS) & (starts < ends)
        return starts + is_negative, ends - starts - is_negative, is_negative
