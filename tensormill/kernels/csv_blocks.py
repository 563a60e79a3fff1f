"""Many plain CSV records at once: their fields, and the numbers in them.

Plain are records without quotes and line ends in them, all with as many fields. All of them are
split with one operation, and the numbers of a column are read with one, where they are written in
decimal digits alone; what is not so plain is left to the record by record way. Nothing here lets
other threads run meanwhile: a block is read in less time than a change of threads takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from tensormill.kernels.number_text import narrowed

__all__ = ["CsvBlock", "split_block"]

Array = np.ndarray[Any, Any]

_END: Final = b"\n"


def split_block(texts: Sequence[bytes], delimiter: bytes, uses_quotes: bool) -> CsvBlock | None:
    """Return the fields of records; None where that takes more than looking for commas.

    Args:
      texts: the records, at least one.
      delimiter: the byte between two fields.
      uses_quotes: a field in double quotes may hold anything.
    """
    text = _END.join(texts)
    has_quotes = uses_quotes and (b'"' in text or delimiter == b'"')
    if has_quotes or b"\r" in text or delimiter in b"\r\n" or not all(texts):
        return None
    step = texts[0].count(delimiter) + 2
    fields = text.replace(_END, delimiter + _END + delimiter).split(delimiter)
    ends = len(texts) - 1
    if len(fields) != step * len(texts) - 1 or text.count(_END) != ends:
        return None
    if fields[step - 1 :: step] != [_END] * ends:
        return None
    return CsvBlock(fields, step, b"_" in text)


class CsvBlock:
    """The fields of plain records.

    Attributes:
      width: how many fields each record has.
    """

    def __init__(self, fields: list[bytes], step: int, has_underscores: bool) -> None:
        self._fields = fields
        self._step = step
        self._has_underscores = has_underscores  # which Python allows in numbers
        self.width = step - 1

    def fields(self, column: int) -> list[bytes]:
        """Return the fields of a column."""
        return self._fields[column :: self._step]

    def numbers(self, column: int, kind: np.dtype[Any]) -> Array | None:
        """Return a column as numbers; None where one is missing, or not in decimal digits.

        Args:
          column: which.
          kind: float32, float64, int32 or int64.
        """
        if self._has_underscores:
            return None
        texts = self.fields(column)
        try:
            if kind.kind != "f":
                return np.fromiter(map(int, texts), kind, len(texts))
            wide = np.fromiter(map(float, texts), np.float64, len(texts))
        except (ValueError, OverflowError):
            return None
        return wide if kind.itemsize == 8 else narrowed(wide, lambda: texts)
