"""The fields of a CSV record, split as TensorFlow splits them.

Source: TensorFlow 1.15, core/kernels/decode_csv_op.cc.
"""

from __future__ import annotations

from typing import Final

from tensormill.graph import errors

__all__ = ["FieldSplitter"]

_QUOTE: Final = ord('"')
_NEWLINES: Final = frozenset(b"\r\n")


class FieldSplitter:
    """Splits records.

    Attributes:
      delimiter: the byte between two fields.
      uses_quotes: a field in double quotes may hold anything.
      columns: which fields are wanted, ascending; none for all.
    """

    def __init__(self, delimiter: bytes, uses_quotes: bool, columns: tuple[int, ...]) -> None:
        self.delimiter = delimiter
        self.uses_quotes = uses_quotes
        self.columns = columns

    def split(self, record: bytes) -> list[bytes]:
        """Return the fields that are wanted of a record.

        Raises:
          InvalidArgumentError: its quotes or line ends are wrong.
        """
        if (
            (self.uses_quotes and b'"' in record)
            or b"\n" in record
            or b"\r" in record
            or not record
        ):
            return self._split_slowly(record)
        fields = record.split(self.delimiter)
        if not self.columns:
            return fields
        count = len(fields)
        return [fields[column] for column in self.columns if column < count]

    def _split_slowly(self, record: bytes) -> list[bytes]:
        """Split a record that has quotes or line ends, or nothing at all, in it."""
        found: list[bytes] = []
        if not record:
            return found
        at, size, index = 0, len(record), 0
        while at < size:
            if record[at] in _NEWLINES:
                at += 1
                continue
            if self.uses_quotes and record[at] == _QUOTE:
                field, at = self._quoted(record, at + 1)
            else:
                field, at = self._plain(record, at)
            if self._is_wanted(index, found):
                found.append(field)
                if len(found) == len(self.columns):
                    return found
            index += 1
        if record.endswith(self.delimiter) and self._is_wanted(index, found):
            found.append(b"")
        return found

    def _is_wanted(self, index: int, found: list[bytes]) -> bool:
        return not self.columns or self.columns[len(found)] == index

    def _plain(self, record: bytes, start: int) -> tuple[bytes, int]:
        """Return a field without quotes around it, and where the next one begins."""
        end = record.find(self.delimiter, start)
        field = record[start:] if end < 0 else record[start:end]
        if (self.uses_quotes and b'"' in field) or b"\n" in field or b"\r" in field:
            raise errors.invalid_argument("Unquoted fields cannot have quotes/CRLFs inside")
        return field, start + len(field) + 1

    def _quoted(self, record: bytes, start: int) -> tuple[bytes, int]:
        """Return a field with quotes around it, and where the next one begins."""
        parts, at, last = [], start, len(record) - 1
        delimiter = self.delimiter[0]
        while at < last and (record[at] != _QUOTE or record[at + 1] != delimiter):
            if record[at] != _QUOTE:
                end = record.find(b'"', at, last)
                end = last if end < 0 else end
                parts.append(record[at:end])
                at = end
                continue
            if record[at + 1] != _QUOTE:
                raise errors.invalid_argument(
                    "Quote inside a string has to be escaped by another quote"
                )
            parts.append(b'"')
            at += 2
        if at > last or record[at] != _QUOTE or not (at == last or record[at + 1] == delimiter):
            raise errors.invalid_argument(
                "Quoted field has to end with quote followed by delim or end"
            )
        return b"".join(parts), at + 2
