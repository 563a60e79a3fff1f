"""Kernels of messages of features.

Source: TensorFlow 1.15, core/kernels/example_parsing_ops.cc and
core/util/example_proto_fast_parsing.cc.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch
from google.protobuf import json_format

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.shapes import format_dims
from tensormill.kernels.example_columns import (
    Column,
    FeatureValues,
    dense_columns,
    dense_tensor,
    features_of_one,
    host_arrays,
    parse_features,
    sparse_parts,
    texts_of,
    values_of,
    without_batch,
)
from tensormill.kernels.example_layouts import ExampleLayouts
from tensormill.kernels.example_wire import FoundValues, scan_examples
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.value_types import as_object_array
from tensormill.proto.example_pb2 import Example

_SMALLEST_BATCH: Final = 12
"""From how many examples on it is faster to go through them side by side."""


class ExampleParser:
    """Parses examples of one kind.

    Args:
      sparse: the features wanted as sparse tensors.
      dense: the features wanted as tensors.
    """

    def __init__(self, sparse: Sequence[Column], dense: Sequence[Column]) -> None:
        self._sparse = sparse
        self._dense = dense
        self._layouts = ExampleLayouts()

    def parse(self, texts: Sequence[bytes], names: Sequence[bytes]) -> list[Any]:
        """Return indices, values and shapes of the sparse features, then the dense ones.

        Raises:
          InvalidArgumentError: a message is no Example, or a feature is not as it should be.
        """
        if len(texts) >= _SMALLEST_BATCH:
            parts = self._parse_side_by_side(texts)
            if parts is not None:
                return parts
        return self._parse_one_by_one(texts, names)

    def parse_single(self, text: bytes) -> list[Any]:
        """Return what `parse` returns of a batch of one, without the axis of the batch."""
        get = parse_features(text).get
        sparse = [
            (column, self._sparse_values(get(column.key), column, (), 0)) for column in self._sparse
        ]
        dense = [
            (column, self._dense_values(get(column.key), column, (), 0)) for column in self._dense
        ]
        return features_of_one(sparse, dense)

    def _parse_side_by_side(self, texts: Sequence[bytes]) -> list[Any] | None:
        """Return the features; None where there may be an error, or a feature is written oddly."""
        batch = self._layouts.batch(texts) or scan_examples(texts)
        if batch is None:
            return None
        made, dense = [], []
        for column in self._sparse:
            found = batch.values(column.bytes_key, column.where)
            if found is None:
                return None
            made.append(sparse_parts(_as_array(found.values), found.counts))
        for column in self._dense:
            found = batch.values(column.bytes_key, column.where)
            tensor = None if found is None else _dense_tensor(found, column)
            if tensor is None:
                return None
            dense.append(tensor)
        return _ordered(made, dense)

    def _parse_one_by_one(self, texts: Sequence[bytes], names: Sequence[bytes]) -> list[Any]:
        sparse = [FeatureValues(column) for column in self._sparse]
        dense = [FeatureValues(column) for column in self._dense]
        for index, text in enumerate(texts):
            get = parse_features(text).get
            for values in sparse:
                column = values.column
                values.add(self._sparse_values(get(column.key), column, names, index))
            for values in dense:
                column = values.column
                values.add(self._dense_values(get(column.key), column, names, index))
        return _ordered([item.sparse() for item in sparse], [item.dense() for item in dense])

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
            if _rest(len(found), column):
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


def _rest(count: Any, column: Column) -> Any:
    """Return how many values are left over when rows are full; no value fits into empty rows."""
    return count % column.size if column.size else count


def _where(names: Sequence[bytes], index: int) -> str:
    name = names[index].decode(errors="replace") if index < len(names) else "<unknown>"
    return f"Name: {name}, "


class _LastParser:
    """The parser of a node, made anew where its inputs are others than the last time."""

    def __init__(self) -> None:
        self._last: tuple[Sequence[Any], ExampleParser] | None = None

    def parser(self, inputs: Sequence[Any], make: Callable[[], ExampleParser]) -> ExampleParser:
        """Return the parser for some keys and defaults."""
        last = self._last  # one of two steps that run at once may set it
        if last is None or not all(map(operator.is_, inputs, last[0])):
            last = self._last = (list(inputs), make())
        return last[1]


def _ordered(sparse: Sequence[tuple[Any, Any, Any]], dense: Sequence[Any]) -> list[Any]:
    return [part[index] for index in range(3) for part in sparse] + list(dense)


def _as_array(values: Any) -> Any:
    return as_object_array(values) if type(values) is list else values


def _dense_tensor(found: FoundValues, column: Column) -> Any:
    """Return the tensor of a dense feature; None if an example has not the values it should."""
    values, counts = _as_array(found.values), found.counts
    if column.varies:
        is_whole = not _rest(counts, column).any()
        return dense_tensor(values, counts, column) if is_whole else None
    size = column.size
    if found.is_there is None:
        return dense_tensor(values, counts, column) if (counts == size).all() else None
    if column.default is None or not (counts[found.is_there] == size).all():
        return None
    filled = np.empty((len(counts), size), values.dtype)
    filled[found.is_there] = values.reshape(-1, size)
    filled[~found.is_there] = column.default.ravel()
    return dense_tensor(filled, counts, column)


@kernel_factory("ParseExample", "cpu")
def make_parse_example(ctx: KernelContext) -> Callable[..., list[Any]]:
    types, dense_types = ctx.attrs["sparse_types"], ctx.attrs["Tdense"]
    shapes, last = ctx.attrs["dense_shapes"], _LastParser()

    def parse_example(
        serialized: Any,
        names: Any,
        sparse_keys: Sequence[Any],
        dense_keys: Sequence[Any],
        dense_defaults: Sequence[Any],
    ) -> list[Any]:
        def make() -> ExampleParser:
            sparse = list(map(Column, texts_of(sparse_keys), types))
            keys = texts_of(dense_keys)
            return ExampleParser(
                sparse, dense_columns(keys, dense_types, shapes, host_arrays(dense_defaults))
            )

        parser = last.parser((*sparse_keys, *dense_keys, *dense_defaults), make)
        return parser.parse(serialized.tolist(), names.ravel().tolist())

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
            texts_of(dense_keys.tolist()), dense_types, shapes, host_arrays(dense_defaults)
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


@kernel_factory("ParseSingleExample", "cpu")
def make_parse_single_example(ctx: KernelContext) -> Callable[..., list[Any]]:
    attrs = ctx.attrs
    sparse = list(map(Column, texts_of(attrs["sparse_keys"]), attrs["sparse_types"]))
    keys, dense_types, shapes = (
        texts_of(attrs["dense_keys"]),
        attrs["Tdense"],
        attrs["dense_shapes"],
    )

    last = _LastParser()

    def parse_single_example(serialized: Any, dense_defaults: Sequence[Any]) -> list[Any]:
        def make() -> ExampleParser:
            return ExampleParser(
                sparse, dense_columns(keys, dense_types, shapes, host_arrays(dense_defaults))
            )

        return last.parser(dense_defaults, make).parse_single(serialized.item())

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
