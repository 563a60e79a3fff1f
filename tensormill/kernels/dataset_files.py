"""Kernels of datasets of the records of files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from tensormill.formats.byte_streams import CHUNK_BYTES, COMPRESSIONS, ByteStream, open_stream
from tensormill.formats.damage import DamagedFileError
from tensormill.formats.record_files import RecordReader
from tensormill.formats.text_lines import LineReader
from tensormill.graph import dtypes, errors
from tensormill.graph.os_errors import tensorflow_errors
from tensormill.kernels.csv_fields import FieldSplitter
from tensormill.kernels.csv_records import CsvDecoder, check_selected_columns
from tensormill.kernels.dataset_base import (
    UNKNOWN,
    Dataset,
    Failure,
    Iteration,
    lasting,
    unstacked,
)
from tensormill.kernels.registry import kernel
from tensormill.kernels.value_types import as_object_array

__all__ = ["FileDataset", "file_failure"]


class FileDataset(Dataset):
    """The records of files, one file after the other."""

    def __init__(self, names: Any, compression: Any) -> None:
        super().__init__([dtypes.string], [()])
        self.names = [bytes(name) for name in np.ravel(names)]
        given = compression if isinstance(compression, str) else np.ravel(compression)[0].decode()
        self.compression = given
        if self.compression not in COMPRESSIONS:
            raise errors.invalid_argument("Unsupported compression_type.")

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for name in self.names:
            path = name.decode(errors="surrogateescape")
            try:
                records = self.open(path)
            except (OSError, DamagedFileError, errors.OpError) as error:
                yield from lasting(file_failure(error, path))
                return
            try:
                for record in records:
                    yield (record,)
            except (OSError, DamagedFileError, errors.OpError) as error:
                yield Failure(file_failure(error, path))

    def open(self, path: str) -> Iterator[bytes]:
        """Open a file and return what yields its records."""
        raise NotImplementedError


def file_failure(error: BaseException, path: str) -> BaseException:
    """Return what is said of a file that cannot be read."""
    if isinstance(error, DamagedFileError):
        return errors.data_loss(str(error))
    try:
        with tensorflow_errors(path):
            raise error
    except errors.OpError as said:
        return said


class LinesDataset(FileDataset):
    """The lines of text files."""

    def open(self, path: str) -> Iterator[bytes]:
        return LineReader(path, self.compression, drops_returns=True)


@kernel("TextLineDataset", "cpu", host_inputs=("buffer_size",))
def text_line_dataset(filenames: Any, compression_type: Any, buffer_size: Any) -> Dataset:
    if int(buffer_size) < 0:
        raise errors.invalid_argument("`buffer_size` must be >= 0 (0 == default)")
    return LinesDataset(filenames, compression_type)


class RecordsDataset(FileDataset):
    """The records of TFRecord files."""

    def open(self, path: str) -> Iterator[bytes]:
        return self._records(RecordReader(path, self.compression))

    def _records(self, reader: RecordReader) -> Iterator[bytes]:
        with reader:
            yield from reader


_CHOSEN_SIZE = -1
"""Of a buffer, in graphs of newer clients: a size that suits."""


@kernel("TFRecordDataset", "cpu", host_inputs=("buffer_size",))
def tf_record_dataset(filenames: Any, compression_type: Any, buffer_size: Any) -> Dataset:
    if int(buffer_size) < _CHOSEN_SIZE:
        raise errors.invalid_argument("`buffer_size` must be >= 0 (0 == no buffering)")
    return RecordsDataset(filenames, compression_type)


class FixedLengthDataset(FileDataset):
    """Records of one length, between a header and a footer."""

    def __init__(
        self, names: Any, header_bytes: int, record_bytes: int, footer_bytes: int, compression: Any
    ) -> None:
        super().__init__(names, compression)
        self._header_bytes = header_bytes
        self._record_bytes = record_bytes
        self._footer_bytes = footer_bytes

    def open(self, path: str) -> Iterator[bytes]:
        stream = open_stream(path, self.compression)
        if not self.compression:
            body = os.path.getsize(path) - self._header_bytes - self._footer_bytes
            if body % self._record_bytes:
                stream.close()
                raise errors.invalid_argument(
                    f"Excluding the header ({self._header_bytes} bytes) and footer "
                    f'({self._footer_bytes} bytes), input file "{path}" has body length {body} '
                    "bytes, which is not an exact multiple of the record length "
                    f"({self._record_bytes} bytes)."
                )
        return self._records(stream)

    def _records(self, stream: ByteStream) -> Iterator[bytes]:
        size = self._record_bytes
        try:
            if self._header_bytes:
                stream.read(self._header_bytes)
            data = b""
            while chunk := stream.read(max(CHUNK_BYTES, size)):
                data += chunk
                # What may be the footer is held back.
                whole = max(0, len(data) - self._footer_bytes) // size * size
                for at in range(0, whole, size):
                    yield data[at : at + size]
                data = data[whole:]
        finally:
            stream.close()


def _fixed(
    filenames: Any,
    header_bytes: Any,
    record_bytes: Any,
    footer_bytes: Any,
    buffer_size: Any,
    compression_type: Any,
) -> Dataset:
    for name, value, least in (
        ("header_bytes", header_bytes, 0),
        ("record_bytes", record_bytes, 1),
        ("footer_bytes", footer_bytes, 0),
        ("buffer_size", buffer_size, 0),
    ):
        if int(value) < least:
            raise errors.invalid_argument(
                f"`{name}` must be {'> 0' if least else '>= 0'}"
                + (" (0 == no buffering)" if name == "buffer_size" else "")
            )
    return FixedLengthDataset(
        filenames, int(header_bytes), int(record_bytes), int(footer_bytes), compression_type
    )


_SIZES = ("header_bytes", "record_bytes", "footer_bytes", "buffer_size")


@kernel("FixedLengthRecordDataset", "cpu", host_inputs=_SIZES)
def fixed_length_record_dataset(
    filenames: Any, header_bytes: Any, record_bytes: Any, footer_bytes: Any, buffer_size: Any
) -> Dataset:
    return _fixed(filenames, header_bytes, record_bytes, footer_bytes, buffer_size, "")


@kernel("FixedLengthRecordDatasetV2", "cpu", host_inputs=_SIZES)
def fixed_length_record_dataset_v2(
    filenames: Any,
    header_bytes: Any,
    record_bytes: Any,
    footer_bytes: Any,
    buffer_size: Any,
    compression_type: Any,
) -> Dataset:
    return _fixed(
        filenames, header_bytes, record_bytes, footer_bytes, buffer_size, compression_type
    )


class CsvDataset(FileDataset):
    """The records of CSV files, a component a column."""

    def __init__(
        self,
        names: Any,
        compression: Any,
        has_header: bool,
        uses_quotes: bool,
        decoder: CsvDecoder,
        defaults: list[Any],
        dtypes: Any,
        dims: Any,
    ) -> None:
        super().__init__(names, compression)
        self.dtypes, self.dims = tuple(dtypes), tuple(dims)
        self._has_header = has_header
        self._uses_quotes = uses_quotes
        self._decoder = decoder
        self._defaults = defaults

    def elements(self, iteration: Iteration) -> Iterator[Any]:
        for records in super().elements(iteration):
            if type(records) is Failure:
                yield records
                continue
            (block,) = records
            try:
                columns = self._decoder.decode(as_object_array(block), self._defaults)
            except errors.OpError:
                yield from map(self._one, block)
            else:
                yield from zip(*map(unstacked, columns), strict=True)

    def _one(self, record: bytes) -> Any:
        try:
            columns = self._decoder.decode(as_object_array([record]), self._defaults)
        except errors.OpError as error:
            text = error.message.replace(" in record 0", " in record")
            return Failure(errors.invalid_argument(text))
        return tuple(next(iter(unstacked(column))) for column in columns)

    def open(self, path: str) -> Iterator[Any]:
        return self._blocks(LineReader(path, self.compression))

    def _blocks(self, reader: LineReader) -> Iterator[list[bytes]]:
        """Yield lists of records; a line break between quotes is part of a field."""
        if self._has_header:
            reader.read()
        while lines := reader.read_up_to(_BLOCK_RECORDS):
            if self._uses_quotes and any(b'"' in line for line in lines):
                lines = list(_joined(lines, reader))
            yield lines

    def cardinality(self) -> int:
        return UNKNOWN


_BLOCK_RECORDS = 256


def _joined(lines: list[bytes], reader: LineReader) -> Iterator[bytes]:
    """Yield records of lines; the last one takes further lines while a quote is open in it."""
    begun: bytes | None = None
    for line in lines:
        begun = line if begun is None else begun + b"\n" + line
        if not _is_open(begun):
            yield begun
            begun = None
    while begun is not None:
        following = reader.read()
        if following is not None:
            begun += b"\n" + following
        if following is None or not _is_open(begun):
            yield begun
            return


def _is_open(record: bytes) -> bool:
    return record.count(b'"') % 2 == 1


def _csv_kernel(
    filenames: Any,
    compression_type: Any,
    buffer_size: Any,
    header: Any,
    field_delim: Any,
    use_quote_delim: Any,
    na_value: Any,
    select_cols: Any,
    record_defaults: list[Any],
    *,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    delimiter = np.ravel(field_delim)[0]
    if len(delimiter) != 1:
        raise errors.invalid_argument("field_delim should be only 1 char")
    columns = tuple(int(column) for column in np.ravel(select_cols))
    check_selected_columns(columns, output_types)
    decoder = CsvDecoder(
        FieldSplitter(delimiter, bool(use_quote_delim), columns),
        output_types,
        np.ravel(na_value)[0],
    )
    return CsvDataset(
        filenames,
        compression_type,
        bool(header),
        bool(use_quote_delim),
        decoder,
        record_defaults,
        output_types,
        output_shapes,
    )


def _csv_kernel_v2(
    filenames: Any,
    compression_type: Any,
    buffer_size: Any,
    header: Any,
    field_delim: Any,
    use_quote_delim: Any,
    na_value: Any,
    select_cols: Any,
    record_defaults: list[Any],
    exclude_cols: Any,
    *,
    output_types: Any,
    output_shapes: Any,
) -> Dataset:
    excluded = {int(column) for column in np.ravel(exclude_cols)}
    if excluded:
        if len(np.ravel(select_cols)):
            raise errors.invalid_argument("Either select_cols or exclude_cols should be empty")
        count = len(output_types) + len(excluded)
        select_cols = [column for column in range(count) if column not in excluded]
    return _csv_kernel(
        filenames,
        compression_type,
        buffer_size,
        header,
        field_delim,
        use_quote_delim,
        na_value,
        select_cols,
        record_defaults,
        output_types=output_types,
        output_shapes=output_shapes,
    )


_CSV_SETTINGS = ("buffer_size", "header", "use_quote_delim", "select_cols", "record_defaults")
for _op_type in ("CSVDataset", "ExperimentalCSVDataset"):
    kernel(_op_type, "cpu", host_inputs=_CSV_SETTINGS)(_csv_kernel)
kernel("CSVDatasetV2", "cpu", host_inputs=(*_CSV_SETTINGS, "exclude_cols"))(_csv_kernel_v2)
