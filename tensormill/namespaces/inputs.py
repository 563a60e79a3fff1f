"""What stands in `tf` itself of files, readers and parsing."""

from __future__ import annotations

from tensormill.io.example_parsing import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    SparseFeature,
    VarLenFeature,
    decode_json_example,
    parse_example,
    parse_sequence_example,
    parse_single_example,
    parse_single_sequence_example,
)
from tensormill.io.readers import (
    FixedLengthRecordReader,
    IdentityReader,
    LMDBReader,
    ReaderBase,
    TextLineReader,
    TFRecordReader,
    WholeFileReader,
)
from tensormill.ops.csv_records import decode_csv
from tensormill.ops.files import matching_files, read_file, write_file
from tensormill.ops.tensor_serialization import decode_compressed, parse_tensor, serialize_tensor

__all__ = [
    "FixedLenFeature",
    "FixedLenSequenceFeature",
    "FixedLengthRecordReader",
    "IdentityReader",
    "LMDBReader",
    "ReaderBase",
    "SparseFeature",
    "TFRecordReader",
    "TextLineReader",
    "VarLenFeature",
    "WholeFileReader",
    "decode_compressed",
    "decode_csv",
    "decode_json_example",
    "matching_files",
    "parse_example",
    "parse_sequence_example",
    "parse_single_example",
    "parse_single_sequence_example",
    "parse_tensor",
    "read_file",
    "serialize_tensor",
    "write_file",
]
