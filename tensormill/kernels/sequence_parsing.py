"""Kernel of messages of sequences.

Source: TensorFlow 1.15, core/kernels/example_parsing_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

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
        context = [
            *map(Column, texts_of(context_sparse_keys), attrs["context_sparse_types"]),
            *dense_columns(
                texts_of(context_dense_keys),
                attrs["Tcontext_dense"],
                attrs["context_dense_shapes"],
                context_dense_defaults,
            ),
        ]
        optional = set(texts_of(feature_list_dense_missing_assumed_empty.tolist()))
        steps = message.feature_lists.feature_list
        sparse = [
            _of_steps(Column(key, dtype), steps, True, name)
            for key, dtype in zip(
                texts_of(feature_list_sparse_keys), attrs["feature_list_sparse_types"], strict=True
            )
        ]
        dense = [
            _of_steps(Column(key, dtype, tuple(dims)), steps, key in optional, name)
            for key, dtype, dims in zip(
                texts_of(feature_list_dense_keys),
                attrs["feature_list_dense_types"],
                attrs["feature_list_dense_shapes"],
                strict=True,
            )
        ]
        made = [values.sparse() for values in sparse]
        return [
            *_of_context(context, message.context.feature, name),
            *(indices for indices, _, _ in made),
            *(values for _, values, _ in made),
            *(shape for _, _, shape in made),
            *(values.dense() for values in dense),
        ]

    return parse_single_sequence_example


def _parsed(text: bytes) -> Any:
    try:
        return SequenceExample.FromString(text)
    except DecodeError as error:
        raise errors.invalid_argument(
            f"Could not parse example input, value: '{text.decode(errors='replace')}'"
        ) from error


def _of_context(columns: Sequence[Column], features: Any, name: str) -> list[Any]:
    """Return indices, values and shapes of the sparse features, then the dense ones."""
    sparse, dense = [], []
    for column in columns:
        values = FeatureValues(column)
        found = _values(features.get(column.key), column, f"Name: {name}, Context feature")
        if column.dims is None:
            values.add(() if found is None else found)
            sparse.append(values.sparse())
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
        dense.append(values.dense())
    parts = [part[i] for i in range(3) for part in sparse]
    return without_batch([*parts, *dense], len(sparse))


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
        step = _values(feature, column, f"Name: {name}, Feature list")
        if column.dims is not None:
            _check_size(step or (), column, f"Name: {name}, Key: {column.key}, Index: {index}.  ")
        values.add(step or ())
    return values


def _values(feature: Any, column: Column, where: str) -> Any:
    if feature is None:
        return None
    try:
        return values_of(feature, column)
    except ValueError as error:
        raise errors.invalid_argument(
            f"{where}: {column.key}.  Data types don't match. Expected type: "
            f"{dtype_text(column.dtype)}  Feature is of type: {error}"
        ) from None


def _check_size(values: Any, column: Column, where: str) -> None:
    if len(values) != column.size:
        raise errors.invalid_argument(
            f"{where}Number of {dtype_text(column.dtype)} values != expected.  values size: "
            f"{len(values)} but output shape: {list(column.dims or ())}"
        )
