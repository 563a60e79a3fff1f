"""Datasets of the records of files.

Source: TensorFlow 1.15, python/data/ops/readers.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.data import nest
from tensormill.data.base import DatasetBase, as_int64, as_string, flat_attrs
from tensormill.data.components import TensorComponent
from tensormill.data.dataset import Dataset
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops import dataset_files, dataset_queries
from tensormill.ops.array_shapes import reshape

__all__ = ["FixedLengthRecordDataset", "SqlDataset", "TFRecordDataset", "TextLineDataset"]

_BUFFER_BYTES = 256 * 1024
_STRING = TensorComponent(dtypes.string, ())


def _size(value: Any, name: str, default: int) -> Tensor:
    return as_int64(default if value is None else value, name)


def _of_files(filenames: Any, make: Any, parallel_reads: Any = None) -> Dataset:
    """Return the records of all files.

    Raises:
      TypeError: the names are no strings.
      ValueError: a dataset of names has other elements than scalars.
    """
    if isinstance(filenames, DatasetBase):
        if filenames.output_types != dtypes.string:
            raise TypeError("`filenames` must be a `tf.data.Dataset` of `tf.string` elements.")
        if not filenames.output_shapes.is_compatible_with(()):
            raise ValueError(
                "`filenames` must be a `tf.data.Dataset` of scalar `tf.string` elements."
            )
        names: Any = filenames
    else:
        tensor = convert_to_tensor(filenames, name="filenames")
        if tensor.dtype.base_dtype is not dtypes.string:
            raise TypeError("`filenames` must be a `tf.Tensor` of `tf.string`")
        if parallel_reads is None and tensor.dims is not None and len(tensor.dims) <= 1:
            return make(tensor)
        names = Dataset.from_tensor_slices(reshape(tensor, [-1], name="flat_filenames"))
    if parallel_reads is None:
        return names.flat_map(make)
    return names.interleave(make, cycle_length=parallel_reads, num_parallel_calls=parallel_reads)


class TextLineDataset(Dataset):
    """The lines of text files, without their ends."""

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
    ) -> None:
        """Name the files.

        Args:
          filenames: a name, a list of names, or a dataset of names.
          compression_type: "", "GZIP" or "ZLIB".
          buffer_size: how many bytes are read at once.
          num_parallel_reads: of how many files lines are read by turns; one after the other where
            None.
        """

        def make(names: Tensor) -> Dataset:
            variant = dataset_files.text_line_dataset_op(
                names,
                as_string(compression_type, "compression_type"),
                _size(buffer_size, "buffer_size", _BUFFER_BYTES),
            )
            return Dataset(variant, _STRING)

        made = _of_files(filenames, make, num_parallel_reads)
        super().__init__(made._variant_tensor, _STRING)
        self._filenames = filenames


class TFRecordDataset(Dataset):
    """The records of TFRecord files."""

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
    ) -> None:
        """Name the files.

        Args:
          filenames: a name, a list of names, or a dataset of names.
          compression_type: "", "GZIP" or "ZLIB".
          buffer_size: how many bytes are read at once.
          num_parallel_reads: of how many files records are read by turns; one after the other where
            None.
        """

        def make(names: Tensor) -> Dataset:
            variant = dataset_files.tf_record_dataset_op(
                names,
                as_string(compression_type, "compression_type"),
                _size(buffer_size, "buffer_size", _BUFFER_BYTES),
            )
            return Dataset(variant, _STRING)

        made = _of_files(filenames, make, num_parallel_reads)
        super().__init__(made._variant_tensor, _STRING)
        self._filenames = filenames


class FixedLengthRecordDataset(Dataset):
    """Records of one length in binary files."""

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: Any = None,
    ) -> None:
        """Name the files.

        Args:
          filenames: a name, a list of names, or a dataset of names.
          record_bytes: the length of a record.
          header_bytes: how many bytes at the start are left out.
          footer_bytes: how many bytes at the end are left out.
          buffer_size: how many bytes are read at once.
          compression_type: "", "GZIP" or "ZLIB".
          num_parallel_reads: of how many files records are read by turns; one after the other where
            None.
        """

        def make(names: Tensor) -> Dataset:
            variant = dataset_files.fixed_length_record_dataset_v2_op(
                names,
                _size(header_bytes, "header_bytes", 0),
                as_int64(record_bytes, "record_bytes"),
                _size(footer_bytes, "footer_bytes", 0),
                _size(buffer_size, "buffer_size", _BUFFER_BYTES),
                as_string(compression_type, "compression_type"),
            )
            return Dataset(variant, _STRING)

        made = _of_files(filenames, make, num_parallel_reads)
        super().__init__(made._variant_tensor, _STRING)
        self._filenames = filenames


class SqlDataset(Dataset):
    """The rows that a query gives, a component a column."""

    def __init__(
        self, driver_name: Any, data_source_name: Any, query: Any, output_types: Any
    ) -> None:
        """Say what to ask of which database.

        Args:
          driver_name: "sqlite".
          data_source_name: the name of the file of the database.
          query: the query, in SQL.
          output_types: the dtype of each column, in a structure of which elements are made.
        """
        structure = nest.map_structure(lambda dtype: TensorComponent(dtype, ()), output_types)
        variant = dataset_queries.sql_dataset_op(
            convert_to_tensor(driver_name, dtypes.string, name="driver_name"),
            convert_to_tensor(data_source_name, dtypes.string, name="data_source_name"),
            convert_to_tensor(query, dtypes.string, name="query"),
            **flat_attrs(structure),
        )
        super().__init__(variant, structure)
