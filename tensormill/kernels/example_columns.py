"""The features that are wanted of messages, and the tensors that are made of their values.

Source: TensorFlow 1.15, core/util/example_proto_fast_parsing.cc.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
import torch
from google.protobuf.message import DecodeError

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims, format_dims
from tensormill.kernels.value_types import as_object_array
from tensormill.proto.example_pb2 import Example

_LISTS = {"float32": "float_list", "int64": "int64_list", "string": "bytes_list"}
_DTYPE_NAMES = {"float_list": "float", "int64_list": "int64", "bytes_list": "string"}


@dataclass(slots=True)
class Column:
    """A feature to be parsed.

    Attributes:
      key: its name.
      dtype: of its values.
      dims: the shape of a dense feature, or None for a sparse one; a first size of None varies.
      default: what stands for a missing dense feature: an array, or None where it must be there;
        for a feature of varying size what fills the shorter ones up.
      where: which list of the message holds it.
      size: how many values a dense feature has; of one that varies the size of a row.
      values: gives the values in a message.
      bytes_key: its name in a message.
    """

    key: str
    dtype: DType
    dims: Dims = None
    default: Any = None
    where: str = ""
    size: int = 0
    values: Any = None
    bytes_key: bytes = b""

    def __post_init__(self) -> None:
        self.bytes_key = self.key.encode()
        self.where = _LISTS[self.dtype.name]
        self.values = attrgetter(f"{self.where}.value")
        if self.dims is not None:
            sizes = self.dims[1:] if self.varies else self.dims
            self.size = math.prod(size or 0 for size in sizes)

    @property
    def varies(self) -> bool:
        """Whether a dense feature may have any number of rows."""
        return bool(self.dims) and self.dims is not None and self.dims[0] is None


def parse_features(text: bytes) -> Any:
    """Return the features of a serialized Example, by key.

    Raises:
      InvalidArgumentError: it is none.
    """
    try:
        return Example.FromString(text).features.feature
    except DecodeError as error:
        raise errors.invalid_argument(
            f"Could not parse example input, value: '{text.decode(errors='replace')}'"
        ) from error


def values_of(feature: Any, column: Column) -> Any:
    """Return the values of a feature, None where it has none of any kind.

    Raises:
      ValueError: they have another dtype; its name is the message.
    """
    where = feature.WhichOneof("kind")
    if where != column.where:
        if where is None:
            return None
        raise ValueError(_DTYPE_NAMES[where])
    return column.values(feature)


class FeatureValues:
    """The values of one feature in all examples.

    Attributes:
      column: the feature.
    """

    __slots__ = ("_flat", "_lengths", "column")

    def __init__(self, column: Column) -> None:
        self.column = column
        self._flat: list[Any] = []
        self._lengths: list[int] = []

    def add(self, values: Any) -> None:
        """Add the values of the next example."""
        self._flat.extend(values)
        self._lengths.append(len(values))

    def _array(self) -> Any:
        return _array(self._flat, self.column)

    def sparse(self) -> tuple[Any, Any, Any]:
        """Return the indices, the values and the shape of a sparse tensor."""
        return sparse_parts(self._array(), np.array(self._lengths, np.int64))

    def dense(self) -> Any:
        """Return a tensor; what varies is filled up to the longest."""
        return dense_tensor(self._array(), np.array(self._lengths, np.int64), self.column)


def _array(values: Any, column: Column) -> Any:
    if column.where == "bytes_list":
        return as_object_array(values)
    return np.array(values, np.float32 if column.where == "float_list" else np.int64)


def sparse_parts(values: Any, counts: Any) -> tuple[Any, Any, Any]:
    """Return the indices, the values and the shape of a sparse tensor.

    Args:
      values: of all examples, one after another.
      counts: how many each example has.
    """
    total = len(values)
    starts = counts.cumsum() - counts
    indices = np.empty((total, 2), np.int64)
    indices[:, 0] = np.arange(len(counts)).repeat(counts)
    indices[:, 1] = np.arange(total) - starts.repeat(counts)
    shape = np.array([len(counts), counts.max(initial=0)], np.int64)
    return torch.from_numpy(indices), _value(values), torch.from_numpy(shape)


def dense_tensor(values: Any, counts: Any, column: Column) -> Any:
    """Return the values of a dense feature; what varies is filled up to the longest.

    Args:
      values: of all examples, one after another, with the defaults of those that have none.
      counts: how many each example has.
      column: the feature.
    """
    dims, count = column.dims, len(counts)
    assert dims is not None
    if not column.varies:
        return _value(values.reshape((count, *dims)))
    longest = int(counts.max(initial=0))
    rows = longest // column.size if column.size else 0
    shape = (count, rows, *dims[1:])
    if len(values) == longest * count:
        return _value(values.reshape(shape))
    filled = np.full((count, longest), column.default.item(), values.dtype)
    filled[np.arange(longest) < counts[:, None]] = values
    return _value(filled.reshape(shape))


def features_of_one(
    sparse: Sequence[tuple[Column, Any]], dense: Sequence[tuple[Column, Any]]
) -> list[Any]:
    """Return indices, values and shapes of sparse features, then dense ones, of one example.

    Args:
      sparse: the features and their values.
      dense: the same of dense features, whose sizes were checked.
    """
    values = [_array(list(found), column) for column, found in sparse]
    return [
        *(torch.from_numpy(np.arange(len(found)).reshape(-1, 1)) for found in values),
        *map(_value, values),
        *(torch.from_numpy(np.array([len(found)])) for found in values),
        *(_of_one(list(found), column) for column, found in dense),
    ]


def _of_one(values: list[Any], column: Column) -> Any:
    assert column.dims is not None
    dims = column.dims
    if column.varies:
        dims = (len(values) // column.size if column.size else 0, *dims[1:])
    array = _array(values, column).reshape(dims)
    return array if array.dtype == object else torch.from_numpy(array)


def _value(array: Any) -> Any:
    return array if array.dtype == object else torch.from_numpy(np.asarray(array, order="C"))


def dense_columns(
    keys: Sequence[str], dtypes: Sequence[DType], shapes: Sequence[Any], defaults: Sequence[Any]
) -> list[Column]:
    columns: list[Column] = []
    for key, dtype, dims, default in zip(keys, dtypes, shapes, defaults, strict=True):
        column = Column(key, dtype, tuple(dims))
        if column.varies:
            if default.size != 1:
                raise errors.invalid_argument(
                    f"dense_shape[{len(columns)}] is a variable length shape, but the default has "
                    f"{default.size} values"
                )
            column.default = default
        elif default.size:
            if default.shape != column.dims:
                raise errors.invalid_argument(
                    f"For key '{key}' default_value shape {list(default.shape)} != expected "
                    f"{format_dims(column.dims, 'kernel')}"
                )
            column.default = default
        columns.append(column)
    return columns


def host_arrays(defaults: Sequence[Any]) -> list[Any]:
    return [v.numpy() if isinstance(v, torch.Tensor) else v for v in defaults]


def texts_of(keys: Sequence[Any]) -> list[str]:
    return [(key if isinstance(key, bytes) else key.item()).decode() for key in keys]


def without_batch(parts: list[Any], sparse_count: int) -> list[Any]:
    """Return the features of a batch of one example as those of the example."""
    values_end, shapes_end = 2 * sparse_count, 3 * sparse_count
    return [
        *(indices[:, 1:].contiguous() for indices in parts[:sparse_count]),
        *parts[sparse_count:values_end],
        *(shape[1:].contiguous() for shape in parts[values_end:shapes_end]),
        *(dense.reshape(tuple(dense.shape[1:])) for dense in parts[shapes_end:]),
    ]
