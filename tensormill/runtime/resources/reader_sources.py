"""What the kinds of readers make of a unit of work: records with their keys.

Source: TensorFlow 1.15, core/kernels/text_line_reader_op.cc, whole_file_read_ops.cc,
identity_reader_op.cc, fixed_length_record_reader_op.cc, tf_record_reader_op.cc.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from tensormill.formats.damage import DamagedFileError, TruncatedFileError
from tensormill.formats.fixed_length_records import FixedLengthReader
from tensormill.formats.lmdb_files import MissingLibraryError, read_items
from tensormill.formats.record_files import RecordReader
from tensormill.formats.text_lines import LineReader
from tensormill.graph import errors
from tensormill.graph.os_errors import tensorflow_errors

__all__ = [
    "DatabaseSource",
    "FixedLengthSource",
    "IdentitySource",
    "RecordFileSource",
    "Source",
    "SourceAhead",
    "TextLineSource",
    "WholeFileSource",
]


class Source(Protocol):
    """A kind of reader.

    Attributes:
      keeps_state: its state can be saved and restored.
    """

    keeps_state: bool

    def start(self, work: bytes) -> None:
        """Begin a unit of work.

        Raises:
          OpError: it cannot be begun.
        """

    def read(self, count: int, keys: list[bytes], values: list[bytes]) -> bool:
        """Append up to `count` records to `keys` and `values`; return whether the end was seen.

        Raises:
          OpError: the work cannot be read; what was read before is in `keys` and `values`.
        """

    def stop(self) -> None:
        """Forget the unit of work, wherever it stands."""


@runtime_checkable
class SourceAhead(Source, Protocol):
    """A kind of reader whose next records can be looked at before they are read."""

    def ahead(self, count: int, keys: list[bytes] | None, values: list[bytes]) -> None:
        """Append up to `count` of the next records, as far as they are in memory and sound."""

    def skip(self, count: int) -> None:
        """Pass over so many records, which `ahead` appended before."""


_FILE_FAILURES = (OSError, DamagedFileError)


@contextmanager
def _file_errors(path: str | None = None) -> Iterator[None]:
    try:
        with tensorflow_errors(path):
            yield
    except DamagedFileError as error:
        raise errors.data_loss(str(error)) from error


def _path(work: bytes) -> str:
    return work.decode(errors="surrogateescape")


class IdentitySource:
    """The work is the record."""

    keeps_state = True

    def __init__(self) -> None:
        self._work = b""

    def start(self, work: bytes) -> None:
        """Begin a unit of work."""
        self._work = work

    def read(self, count: int, keys: list[bytes], values: list[bytes]) -> bool:
        """Append the record; the end is seen with it."""
        values.append(self._record())
        keys.append(self._work)
        return True

    def _record(self) -> bytes:
        return self._work

    def stop(self) -> None:
        """Forget the unit of work."""
        self._work = b""


class WholeFileSource(IdentitySource):
    """The work names a file, whose content is the record."""

    def _record(self) -> bytes:
        path = _path(self._work)
        with _file_errors(path), open(path, "rb") as file:
            return file.read()


class DatabaseSource:
    """The work names an LMDB database, whose values are the records, under their own keys."""

    keeps_state = False

    def __init__(self) -> None:
        self._items: Iterator[tuple[bytes, bytes]] | None = None

    def start(self, work: bytes) -> None:
        """Begin a unit of work."""
        path = _path(work)
        try:
            with _file_errors(path):
                self._items = read_items(path)
        except MissingLibraryError as error:
            raise errors.unimplemented(str(error)) from error

    def read(self, count: int, keys: list[bytes], values: list[bytes]) -> bool:
        """Append records; return whether the end was seen."""
        assert self._items is not None
        with _file_errors():
            for key, value in itertools.islice(self._items, count):
                keys.append(key)
                values.append(value)
                count -= 1
        return count > 0

    def stop(self) -> None:
        """Forget the unit of work."""
        items, self._items = self._items, None
        if isinstance(items, Generator):
            items.close()


class TextLineSource:
    """The work names a file, whose lines are the records; keys end with the number of the line.

    Args:
      skip_header_lines: how many lines to pass over in each file.
    """

    keeps_state = False

    def __init__(self, skip_header_lines: int) -> None:
        self._skip_header_lines = skip_header_lines
        self._prefix = b""
        self._number = 0
        self._lines: LineReader | None = None

    def start(self, work: bytes) -> None:
        """Begin a unit of work."""
        self.stop()
        path = _path(work)
        with _file_errors(path):
            self._lines = LineReader(path)
            self._number = len(self._lines.read_up_to(self._skip_header_lines))
        self._prefix = work + b":"

    def read(self, count: int, keys: list[bytes], values: list[bytes]) -> bool:
        """Append records; return whether the end was seen."""
        assert self._lines is not None
        prefix = self._prefix
        number = self._number + 1
        if count == 1:
            try:
                line = self._lines.read()
            except _FILE_FAILURES as error:
                with _file_errors():
                    raise error
            if line is None:
                return True
            keys.append(b"%b%d" % (prefix, number))
            values.append(line)
            self._number = number
            return False
        with _file_errors():
            lines = self._lines.read_up_to(count)
        keys += [b"%b%d" % (prefix, i) for i in range(number, number + len(lines))]
        values += lines
        self._number += len(lines)
        return len(lines) < count

    def ahead(self, count: int, keys: list[bytes] | None, values: list[bytes]) -> None:
        """Append the next records, as far as they are in memory."""
        assert self._lines is not None
        lines = self._lines.ahead(count)
        values += lines
        if keys is not None:
            prefix, number = self._prefix, self._number + 1
            keys += [b"%b%d" % (prefix, i) for i in range(number, number + len(lines))]

    def skip(self, count: int) -> None:
        """Pass over records that `ahead` appended."""
        assert self._lines is not None
        self._lines.skip(count)
        self._number += count

    def stop(self) -> None:
        """Forget the unit of work."""
        if self._lines is not None:
            self._lines.close()
            self._lines = None


class FixedLengthSource:
    """The work names a file of records of one length; keys end with the index of the record.

    Args:
      record_bytes: the length of a record.
      header_bytes: how much to pass over at the start of the file.
      footer_bytes: how much belongs to no record at its end.
      hop_bytes: from the start of one record to that of the next; 0 for `record_bytes`.
      compression: "", "GZIP" or "ZLIB".
    """

    keeps_state = False

    def __init__(
        self,
        record_bytes: int,
        header_bytes: int,
        footer_bytes: int,
        hop_bytes: int,
        compression: str,
    ) -> None:
        self._sizes = (record_bytes, header_bytes, footer_bytes, hop_bytes)
        self._compression = compression
        self._prefix = b""
        self._number = 0
        self._records: FixedLengthReader | None = None

    def start(self, work: bytes) -> None:
        """Begin a unit of work."""
        self.stop()
        path = _path(work)
        with _file_errors(path):
            try:
                self._records = FixedLengthReader(path, *self._sizes, self._compression)
            except TruncatedFileError as error:
                raise errors.out_of_range(str(error)) from error
        self._prefix, self._number = work + b":", 0

    def read(self, count: int, keys: list[bytes], values: list[bytes]) -> bool:
        """Append records; return whether the end was seen."""
        assert self._records is not None
        read = self._records.read
        try:
            for _ in range(count):
                record = read()
                if record is None:
                    return True
                keys.append(b"%b%d" % (self._prefix, self._number))
                values.append(record)
                self._number += 1
        except _FILE_FAILURES as error:
            with _file_errors():
                raise error
        return False

    def stop(self) -> None:
        """Forget the unit of work."""
        if self._records is not None:
            self._records.close()
            self._records = None


class RecordFileSource:
    """The work names a record file; keys end with the position of the record.

    Args:
      compression: "", "GZIP" or "ZLIB".
    """

    keeps_state = False

    def __init__(self, compression: str) -> None:
        self._compression = compression
        self._prefix = b""
        self._records: RecordReader | None = None

    def start(self, work: bytes) -> None:
        """Begin a unit of work."""
        self.stop()
        path = _path(work)
        with _file_errors(path):
            self._records = RecordReader(path, self._compression)
        self._prefix = work + b":"

    def read(self, count: int, keys: list[bytes], values: list[bytes]) -> bool:
        """Append records; return whether the end was seen."""
        reader = self._records
        assert reader is not None
        positions: list[int] = []
        try:
            return reader.read_up_to(count, values, positions)
        except _FILE_FAILURES as error:
            with _file_errors():
                raise error
        finally:
            prefix = self._prefix
            keys += [b"%b%d" % (prefix, position) for position in positions]

    def ahead(self, count: int, keys: list[bytes] | None, values: list[bytes]) -> None:
        """Append the next records, as far as they are in memory and sound."""
        assert self._records is not None
        records, positions = self._records.ahead(count)
        values += records
        if keys is not None:
            keys += [b"%b%d" % (self._prefix, at) for at in positions]

    def skip(self, count: int) -> None:
        """Pass over records that `ahead` appended."""
        assert self._records is not None
        self._records.skip(count)

    def stop(self) -> None:
        """Forget the unit of work."""
        if self._records is not None:
            self._records.close()
            self._records = None
