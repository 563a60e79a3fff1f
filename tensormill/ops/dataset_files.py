"""Datasets of the records of files.

Source: TensorFlow 1.15, core/ops/dataset_ops.cc, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.ops.dataset_op import define_dataset

text_line_dataset_op = define_dataset(
    "TextLineDataset",
    inputs=("filenames: string", "compression_type: string", "buffer_size: int64"),
    attrs=('metadata: string = ""',),
    stateful=True,
)
tf_record_dataset_op = define_dataset(
    "TFRecordDataset",
    inputs=("filenames: string", "compression_type: string", "buffer_size: int64"),
    attrs=('metadata: string = ""',),
    stateful=True,
)
fixed_length_record_dataset_op = define_dataset(
    "FixedLengthRecordDataset",
    inputs=(
        "filenames: string",
        "header_bytes: int64",
        "record_bytes: int64",
        "footer_bytes: int64",
        "buffer_size: int64",
    ),
    attrs=('metadata: string = ""',),
    stateful=True,
)
fixed_length_record_dataset_v2_op = define_dataset(
    "FixedLengthRecordDatasetV2",
    inputs=(
        "filenames: string",
        "header_bytes: int64",
        "record_bytes: int64",
        "footer_bytes: int64",
        "buffer_size: int64",
        "compression_type: string",
    ),
    attrs=('metadata: string = ""',),
    stateful=True,
)
_CSV_INPUTS = (
    "filenames: string",
    "compression_type: string",
    "buffer_size: int64",
    "header: bool",
    "field_delim: string",
    "use_quote_delim: bool",
    "na_value: string",
    "select_cols: int64",
    "record_defaults: output_types",
)
_CSV_ATTRS = (
    "output_types: list({float32, float64, int32, int64, string}) >= 1",
    "output_shapes: list(shape) >= 1",
)
csv_dataset_op = define_dataset("CSVDataset", _CSV_INPUTS, _CSV_ATTRS, stateful=True)
experimental_csv_dataset_op = define_dataset(
    "ExperimentalCSVDataset", _CSV_INPUTS, _CSV_ATTRS, stateful=True
)
csv_dataset_v2_op = define_dataset(
    "CSVDatasetV2", (*_CSV_INPUTS, "exclude_cols: int64"), _CSV_ATTRS, stateful=True
)
