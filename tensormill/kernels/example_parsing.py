"""Kernels of messages of features.

Source: TensorFlow 1.15, core/kernels/example_parsing_ops.cc and
core/util/example_proto_fast_parsing.cc.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
import torch
from google.protobuf import json_format
from google.protobuf.message import DecodeError

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.shapes import Dims, format_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
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
    """

    key: str
    dtype: DType
    dims: Dims = None
    default: Any = None
    where: str = ""
    size: int = 0
    values: Any = None

    def __post_init__(self) -> None:
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
      key: its name.
      of: gives its values in the message of an example, none where they have another dtype.
      size: how many values a dense feature has; -1 where that varies.
    """

    __slots__ = ("_flat", "_lengths", "column", "key", "of", "size")

    def __init__(self, column: Column) -> None:
        self.column = column
        self.key = column.key
        self.of = column.values
        self.size = -1 if column.varies or not column.size else column.size
        self._flat: list[Any] = []
        self._lengths: list[int] = []

    def add(self, values: Any) -> None:
        """Add the values of the next example."""
        self._flat.extend(values)
        self._lengths.append(len(values))

    def _array(self) -> Any:
        where = self.column.where
        if where == "bytes_list":
            return as_object_array(self._flat)
        return np.array(self._flat, np.float32 if where == "float_list" else np.int64)

    def sparse(self) -> tuple[Any, Any, Any]:
        """Return the indices, the values and the shape of a sparse tensor."""
        lengths = np.array(self._lengths, np.int64)
        total = len(self._flat)
        starts = np.cumsum(lengths) - lengths
        indices = np.empty((total, 2), np.int64)
        indices[:, 0] = np.repeat(np.arange(len(lengths)), lengths)
        indices[:, 1] = np.arange(total) - np.repeat(starts, lengths)
        shape = np.array([len(lengths), lengths.max(initial=0)], np.int64)
        return torch.from_numpy(indices), _value(self._array()), torch.from_numpy(shape)

    def dense(self) -> Any:
        """Return a tensor; what varies is filled up to the longest."""
        dims, count = self.column.dims, len(self._lengths)
        assert dims is not None
        if not self.column.varies:
            return _value(self._array().reshape((count, *dims)))
        longest = max(self._lengths, default=0)
        rows = longest // self.column.size if self.column.size else 0
        shape = (count, rows, *dims[1:])
        values = self._array()
        if len(values) == longest * count:
            return _value(values.reshape(shape))
        filled = np.full((count, longest), self.column.default.item(), values.dtype)
        start = 0
        for row, length in zip(filled, self._lengths, strict=True):
            row[:length] = values[start : start + length]
            start += length
        return _value(filled.reshape(shape))


class ExampleParser:
    """Parses examples of one kind.

    Args:
      sparse: the features wanted as sparse tensors.
      dense: the features wanted as tensors.
    """

    def __init__(self, sparse: Sequence[Column], dense: Sequence[Column]) -> None:
        self._sparse = sparse
        self._dense = dense

    def parse(self, texts: Sequence[bytes], names: Sequence[bytes]) -> list[Any]:
        """Return indices, values and shapes of the sparse features, then the dense ones.

        Raises:
          InvalidArgumentError: a message is no Example, or a feature is not as it should be.
        """
        sparse = [FeatureValues(column) for column in self._sparse]
        dense = [FeatureValues(column) for column in self._dense]
        for index, text in enumerate(texts):
            get = parse_features(text).get
            for values in sparse:
                feature = get(values.key)
                found = () if feature is None else values.of(feature)
                if not found:
                    found = self._sparse_values(feature, values.column, names, index)
                values.add(found)
            for values in dense:
                feature = get(values.key)
                found = () if feature is None else values.of(feature)
                if len(found) != values.size:
                    found = self._dense_values(feature, values.column, names, index)
                values.add(found)
        made = [values.sparse() for values in sparse]
        return [
            *(indices for indices, _, _ in made),
            *(values for _, values, _ in made),
            *(shape for _, _, shape in made),
            *(values.dense() for values in dense),
        ]

    def _sparse_values(
        self, feature: Any, column: Column, names: Sequence[bytes], index: int
    ) -> Any:
        try:
            found = None if feature is None else values_of(feature, column)
        except ValueError as error:
            raise errors.invalid_argument(
                f"{_where(names, index)}Key: {column.key}, Index: {index}.  Data types don't "
                f"match. Expected type: {dtype_text(column.dtype)}, Actual type: {error}"
            ) from None
        return () if found is None else found

    def _dense_values(
        self, feature: Any, column: Column, names: Sequence[bytes], index: int
    ) -> Any:
        at = f"{_where(names, index)}Key: {column.key}, Index: {index}.  "
        kind = dtype_text(column.dtype)
        try:
            found = None if feature is None else values_of(feature, column)
        except ValueError as error:
            raise errors.invalid_argument(
                f"{at}Data types don't match. Data type: {error} but expected type: {kind}"
            ) from None
        if found is None:
            if column.varies:
                return ()
            if column.default is None:
                raise errors.invalid_argument(
                    f"{_where(names, index)}Feature: {column.key} (data type: {kind}) is required "
                    "but could not be found."
                )
            return column.default.ravel()
        if column.varies:
            if column.size and len(found) % column.size:
                raise errors.invalid_argument(
                    f"{at}Number of {kind} values is not a multiple of stride length. Saw "
                    f"{len(found)} values but output shape is: {format_dims(column.dims, 'kernel')}"
                )
        elif len(found) != column.size:
            raise errors.invalid_argument(
                f"{at}Number of {kind} values != expected.  Values size: {len(found)} but output "
                f"shape: {format_dims(column.dims, 'kernel')}"
            )
        return found


def _where(names: Sequence[bytes], index: int) -> str:
    name = names[index].decode(errors="replace") if index < len(names) else "<unknown>"
    return f"Name: {name}, "


def _value(array: Any) -> Any:
    return array if array.dtype == object else torch.from_numpy(np.ascontiguousarray(array))


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


def _host(defaults: Sequence[Any]) -> list[Any]:
    return [v.numpy() if isinstance(v, torch.Tensor) else v for v in defaults]


def texts_of(keys: Sequence[Any]) -> list[str]:
    return [(key if isinstance(key, bytes) else key.item()).decode() for key in keys]


@kernel_factory("ParseExample", "cpu")
def make_parse_example(ctx: KernelContext) -> Callable[..., list[Any]]:
    types, dense_types = ctx.attrs["sparse_types"], ctx.attrs["Tdense"]
    shapes = ctx.attrs["dense_shapes"]

    def parse_example(
        serialized: Any,
        names: Any,
        sparse_keys: Sequence[Any],
        dense_keys: Sequence[Any],
        dense_defaults: Sequence[Any],
    ) -> list[Any]:
        sparse = list(map(Column, texts_of(sparse_keys), types))
        dense = dense_columns(texts_of(dense_keys), dense_types, shapes, _host(dense_defaults))
        return ExampleParser(sparse, dense).parse(serialized.tolist(), names.ravel().tolist())

    return parse_example


@kernel_factory("ParseExampleV2", "cpu")
def make_parse_example_v2(ctx: KernelContext) -> Callable[..., list[Any]]:
    types, dense_types = ctx.attrs["sparse_types"], ctx.attrs["Tdense"]
    shapes, ragged_types = ctx.attrs["dense_shapes"], ctx.attrs["ragged_value_types"]
    split_types = ctx.attrs["ragged_split_types"]
    ragged_count = len(ragged_types)

    def parse_example_v2(
        serialized: Any,
        names: Any,
        sparse_keys: Any,
        dense_keys: Any,
        ragged_keys: Any,
        dense_defaults: Sequence[Any],
    ) -> list[Any]:
        ragged = list(map(Column, texts_of(ragged_keys.tolist()), ragged_types))
        sparse = [*map(Column, texts_of(sparse_keys.tolist()), types), *ragged]
        dense = dense_columns(
            texts_of(dense_keys.tolist()), dense_types, shapes, _host(dense_defaults)
        )
        parser = ExampleParser(sparse, dense)
        made = parser.parse(serialized.ravel().tolist(), names.ravel().tolist())
        count, kept = len(sparse), len(types)
        indices, values, totals = made[:count], made[count : 2 * count], made[2 * count : 3 * count]
        splits = [
            _row_splits(item, len(serialized), dtype) if serialized.ndim else _no_splits(dtype)
            for item, dtype in zip(indices[kept:], split_types, strict=True)
        ]
        parts = [*indices[:kept], *values[:kept], *totals[:kept], *made[3 * count :]]
        if not serialized.ndim:
            parts = without_batch(parts, kept)
        return [*parts, *values[kept:], *splits] if ragged_count else parts

    return parse_example_v2


def _row_splits(indices: torch.Tensor, rows: int, dtype: DType) -> torch.Tensor:
    counts = np.bincount(indices[:, 0].numpy(), minlength=rows)
    splits = np.concatenate([[0], np.cumsum(counts)])
    return torch.from_numpy(splits.astype(dtype.as_numpy_dtype))


def _no_splits(dtype: DType) -> torch.Tensor:
    return torch.from_numpy(np.empty([0], dtype.as_numpy_dtype))


def without_batch(parts: list[Any], sparse_count: int) -> list[Any]:
    """Return the features of a batch of one example as those of the example."""
    values_end, shapes_end = 2 * sparse_count, 3 * sparse_count
    return [
        *(indices[:, 1:].contiguous() for indices in parts[:sparse_count]),
        *parts[sparse_count:values_end],
        *(shape[1:].contiguous() for shape in parts[values_end:shapes_end]),
        *(dense.reshape(tuple(dense.shape[1:])) for dense in parts[shapes_end:]),
    ]


@kernel_factory("ParseSingleExample", "cpu")
def make_parse_single_example(ctx: KernelContext) -> Callable[..., list[Any]]:
    attrs = ctx.attrs
    sparse = list(map(Column, texts_of(attrs["sparse_keys"]), attrs["sparse_types"]))
    keys, dense_types, shapes = (
        texts_of(attrs["dense_keys"]),
        attrs["Tdense"],
        attrs["dense_shapes"],
    )

    def parse_single_example(serialized: Any, dense_defaults: Sequence[Any]) -> list[Any]:
        dense = dense_columns(keys, dense_types, shapes, _host(dense_defaults))
        parts = ExampleParser(sparse, dense).parse([serialized.item()], ())
        return without_batch(parts, len(sparse))

    return parse_single_example


@kernel("DecodeJSONExample", "cpu")
def decode_json_example(json_examples: Any) -> Any:
    made = []
    for text in json_examples.ravel().tolist():
        try:
            made.append(json_format.Parse(text, Example()).SerializeToString())
        except (json_format.ParseError, UnicodeDecodeError) as error:
            raise errors.invalid_argument(f"Error while parsing JSON: {error}") from error
    return as_object_array(made, json_examples.shape)
