"""Kernels of datasets of the records of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tensormill.formats.byte_streams import CHUNK_BYTES, COMPRESSIONS, ByteStream, open_stream
from tensormill.formats.damage import DamagedFileError
from tensormill.formats.record_files import RecordReader
from tensormill.graph import dtypes, errors
from tensormill.kernels.dataset_base import Dataset, Failure, Iteration, lasting
from tensormill.kernels.registry import kernel

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
            path = name.decode()
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
    if isinstance(error, errors.OpError):
        return error
    if isinstance(error, DamagedFileError):
        return errors.data_loss(str(error))
    kind: Callable[..., errors.OpError] = errors.UnknownError
    if isinstance(error, FileNotFoundError):
        kind = errors.NotFoundError
    elif isinstance(error, PermissionError):
        kind = errors.PermissionDeniedError
    elif isinstance(error, IsADirectoryError):
        kind = errors.FailedPreconditionError
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return kind(None, None, f"{path}; {text}")


class LinesDataset(FileDataset):
    """The lines of text files."""

    def open(self, path: str) -> Iterator[bytes]:
        return self._lines(open_stream(path, self.compression))

    def _lines(self, stream: ByteStream) -> Iterator[bytes]:
        try:
            rest = b""
            while chunk := stream.read(CHUNK_BYTES):
                lines = (rest + chunk).split(b"\n")
                rest = lines.pop()
                for line in lines:
                    yield line[:-1] if line.endswith(b"\r") else line
            if rest:
                yield rest
        finally:
            stream.close()


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


@kernel("TFRecordDataset", "cpu", host_inputs=("buffer_size",))
def tf_record_dataset(filenames: Any, compression_type: Any, buffer_size: Any) -> Dataset:
    if int(buffer_size) < 0:
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
