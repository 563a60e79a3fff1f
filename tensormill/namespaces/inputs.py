"""What stands in `tf` itself of files, readers and parsing."""

from __future__ import annotations

from tensormill.io.readers import (
    FixedLengthRecordReader,
    IdentityReader,
    ReaderBase,
    TextLineReader,
    TFRecordReader,
    WholeFileReader,
)
from tensormill.ops.csv_records import decode_csv
from tensormill.ops.files import matching_files, read_file, write_file

__all__ = [
    "FixedLengthRecordReader",
    "IdentityReader",
    "ReaderBase",
    "TFRecordReader",
    "TextLineReader",
    "WholeFileReader",
    "decode_csv",
    "matching_files",
    "read_file",
    "write_file",
]
