"""Kernels of messages of sequences.

Source: TensorFlow 1.15, core/kernels/example_parsing_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from google.protobuf.message import DecodeError

from tensormill.graph import errors
from tensormill.graph.op_def_text import dtype_text
from tensormill.kernels.example_columns import (
    Column,
    FeatureValues,
    dense_columns,
    texts_of,
    values_of,
    without_batch,
)
from tensormill.kernels.registry import KernelContext, kernel_factory
from tensormill.proto.example_pb2 import SequenceExample


@kernel_factory("ParseSingleSequenceExample", "cpu", host_inputs=("context_dense_defaults",))
def make_parse_single_sequence_example(ctx: KernelContext) -> Callable[..., list[Any]]:
    attrs = ctx.attrs

    def parse_single_sequence_example(
        serialized: Any,
        feature_list_dense_missing_assumed_empty: Any,
        context_sparse_keys: Sequence[Any],
        context_dense_keys: Sequence[Any],
        feature_list_sparse_keys: Sequence[Any],
        feature_list_dense_keys: Sequence[Any],
        context_dense_defaults: Sequence[Any],
        debug_name: Any,
    ) -> list[Any]:
        message = _parsed(serialized.item())
        name = debug_name.item().decode(errors="replace")
        context = _context_columns(
            attrs, context_sparse_keys, context_dense_keys, context_dense_defaults
        )
        columns = _step_columns(attrs, feature_list_sparse_keys, feature_list_dense_keys)
        optional = set(texts_of(feature_list_dense_missing_assumed_empty.tolist()))
        steps = message.feature_lists.feature_list
        found = [_of_steps(c, steps, c.dims is None or c.key in optional, name) for c in columns]
        of_context = [FeatureValues(column) for column in context]
        _add_context(of_context, message.context.feature, name)
        sparse_count = attrs["Ncontext_sparse"]
        return [
            *without_batch(_parts(of_context), sparse_count),
            *_parts(found),
        ]

    return parse_single_sequence_example


@kernel_factory("ParseSequenceExample", "cpu", host_inputs=("context_dense_defaults",))
def make_parse_sequence_example(ctx: KernelContext) -> Callable[..., list[Any]]:
    attrs = ctx.attrs
    optional = set(texts_of(attrs["feature_list_dense_missing_assumed_empty"]))
    columns = _step_columns(
        attrs, attrs["feature_list_sparse_keys"], attrs["feature_list_dense_keys"]
    )

    def parse_sequence_example(
        serialized: Any, debug_name: Any, context_dense_defaults: Sequence[Any]
    ) -> list[Any]:
        context = _context_columns(
            attrs, attrs["context_sparse_keys"], attrs["context_dense_keys"], context_dense_defaults
        )
        names = texts_of(debug_name.tolist()) or ["<unknown>"] * len(serialized)
        if len(names) != len(serialized):
            raise errors.invalid_argument(
                f"Expected len(debug_names) == len(serialized), but got: {len(names)} vs. "
                f"{len(serialized)}"
            )
        of_context = [FeatureValues(column) for column in context]
        of_steps: list[list[FeatureValues]] = [[] for _ in columns]
        for text, name in zip(serialized.tolist(), names, strict=True):
            message = _parsed(text)
            _add_context(of_context, message.context.feature, name)
            steps = message.feature_lists.feature_list
            for column, found in zip(columns, of_steps, strict=True):
                may_lack = column.dims is None or column.key in optional
                found.append(_of_steps(column, steps, may_lack, name))
        sparse = [
            _sparse_batch(values)
            for column, values in zip(columns, of_steps, strict=True)
            if column.dims is None
        ]
        dense = [
            _dense_batch(column, values)
            for column, values in zip(columns, of_steps, strict=True)
            if column.dims is not None
        ]
        return [
            *_parts(of_context),
            *(part[i] for i in range(3) for part in sparse),
            *(part[i] for i in range(2) for part in dense),
        ]

    return parse_sequence_example


def _context_columns(
    attrs: Mapping[str, Any],
    sparse_keys: Sequence[Any],
    dense_keys: Sequence[Any],
    defaults: Sequence[Any],
) -> list[Column]:
    return [
        *map(Column, texts_of(sparse_keys), attrs["context_sparse_types"]),
        *dense_columns(
            texts_of(dense_keys), attrs["Tcontext_dense"], attrs["context_dense_shapes"], defaults
        ),
    ]


def _step_columns(
    attrs: Mapping[str, Any], sparse_keys: Sequence[Any], dense_keys: Sequence[Any]
) -> list[Column]:
    return [
        *map(Column, texts_of(sparse_keys), attrs["feature_list_sparse_types"]),
        *(
            Column(key, dtype, tuple(dims))
            for key, dtype, dims in zip(
                texts_of(dense_keys),
                attrs["feature_list_dense_types"],
                attrs["feature_list_dense_shapes"],
                strict=True,
            )
        ),
    ]


def _parts(found: Sequence[FeatureValues]) -> list[Any]:
    """Return indices, values and shapes of the sparse features, then the dense ones."""
    sparse = [values.sparse() for values in found if values.column.dims is None]
    dense = [values.dense() for values in found if values.column.dims is not None]
    return [*(part[i] for i in range(3) for part in sparse), *dense]


def _sparse_batch(found: Sequence[FeatureValues]) -> tuple[Any, Any, Any]:
    """Return the parts of a sparse tensor [batch, steps, values]."""
    parts = [values.sparse() for values in found]
    indices = [
        torch.nn.functional.pad(rows, (1, 0), value=number)
        for number, (rows, _, _) in enumerate(parts)
    ]
    empty = torch.zeros((0, 3), dtype=torch.int64)
    longest = torch.stack([shape for *_, shape in parts]).amax(0) if parts else empty.new_zeros(2)
    shape = torch.cat([longest.new_tensor([len(found)]), longest])
    return torch.cat([empty, *indices]), _joined([values for _, values, _ in parts]), shape


def _joined(arrays: Sequence[Any]) -> Any:
    if arrays and isinstance(arrays[0], torch.Tensor):
        return torch.cat(list(arrays))
    return np.concatenate(arrays) if arrays else np.empty(0, object)


def _dense_batch(column: Column, found: Sequence[FeatureValues]) -> tuple[Any, Any]:
    """Return a tensor [batch, steps, ...] filled up at its end, and the numbers of steps."""
    arrays = [np.asarray(values.dense()) for values in found]
    lengths = torch.tensor([len(array) for array in arrays], dtype=torch.int64)
    empty: Any = b"" if column.where == "bytes_list" else 0
    dtype: Any = object if column.where == "bytes_list" else column.dtype.as_numpy_dtype
    longest = int(lengths.max()) if len(arrays) else 0
    sizes: Any = (len(arrays), longest, *(column.dims or ()))
    made = np.full(sizes, empty, dtype)
    for number, array in enumerate(arrays):
        made[number, : len(array)] = array
    return made if dtype is object else torch.from_numpy(made), lengths


def _parsed(text: bytes) -> Any:
    try:
        return SequenceExample.FromString(text)
    except DecodeError as error:
        raise errors.invalid_argument(
            f"Could not parse example input, value: '{text.decode(errors='replace')}'"
        ) from error


def _add_context(columns: Sequence[FeatureValues], features: Any, name: str) -> None:
    """Add the values of one message."""
    for values in columns:
        column = values.column
        found = _values(
            features.get(column.key), column, f"Name: {name}, Context feature: {column.key}"
        )
        if column.dims is None:
            values.add(() if found is None else found)
            continue
        if found is None:
            if column.default is None:
                raise errors.invalid_argument(
                    f"Name: {name}, Context feature '{column.key}' is required but could not be "
                    "found."
                )
            found = column.default.ravel()
        _check_size(found, column, f"Name: {name}, Key: {column.key}, ")
        values.add(found)


def _of_steps(column: Column, lists: Any, is_optional: bool, name: str) -> FeatureValues:
    """Return the values of a feature at every step."""
    values = FeatureValues(column)
    found = lists.get(column.key)
    if found is None:
        if not is_optional:
            raise errors.invalid_argument(
                f"Name: {name}, Feature list '{column.key}' is required but could not be found.  "
                "Did you mean to include it in feature_list_dense_missing_assumed_empty or "
                "feature_list_dense_defaults?"
            )
        return values
    for index, feature in enumerate(found.feature):
        step = _values(feature, column, f"Name: {name}, Feature list: {column.key}, Index: {index}")
        if column.dims is not None:
            _check_size(step or (), column, f"Name: {name}, Key: {column.key}, Index: {index}.  ")
        values.add(step or ())
    return values


def _values(feature: Any, column: Column, where: str) -> Any:
    if feature is None:
        return None
    try:
        return values_of(feature, column)
    except ValueError:
        raise errors.invalid_argument(
            f"{where}.  Data types don't match. Expected type: {dtype_text(column.dtype)}  "
            f"Feature is: {feature}"
        ) from None


def _check_size(values: Any, column: Column, where: str) -> None:
    if len(values) != column.size:
        raise errors.invalid_argument(
            f"{where}Number of {dtype_text(column.dtype)} values != expected.  values size: "
            f"{len(values)} but output shape: {list(column.dims or ())}"
        )
