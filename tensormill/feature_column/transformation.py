"""Features as columns see them: each is transformed once for all the columns that use it.

Source: TensorFlow 1.15, python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tensormill.feature_column.protocols import FeatureColumn, ScopedColumn
from tensormill.graph import dtypes, tf_logging
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.op_scope import OpScope
from tensormill.graph.sparse_tensor import SparseTensor, convert_to_tensor_or_sparse_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims, rank
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_positive
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, not_equal
from tensormill.ops.conditional import cond
from tensormill.ops.gathering import gather_nd, where
from tensormill.ops.sparse_shapes import sparse_reshape

__all__ = [
    "FeatureTransformationCache",
    "LazyBuilder",
    "normalized_columns",
    "sorted_columns",
    "to_sparse_input",
    "transform_features",
    "verify_batch_sizes",
]


class FeatureTransformationCache:
    """Features by name, and what columns made of them.

    Args:
      features: tensors, dense or sparse, by name.
    """

    _protocol: Any = FeatureColumn
    _protocol_name = "FeatureColumn"

    def __init__(self, features: Mapping[Any, Any]) -> None:
        self._features = dict(features)
        self._made: dict[Any, Any] = {}

    def get(self, key: Any, state_manager: Any = None) -> Any:
        """Return a feature by its name, or what a column makes of its features.

        Raises:
          ValueError: there is no such feature, or the column gives nothing.
          TypeError: `key` is neither a name nor a column.
        """
        if key in self._made:
            return self._made[key]
        if key in self._features:
            made = _with_columns(key, self._features[key])
        elif isinstance(key, str):
            raise ValueError(f"Feature {key} is not in features dictionary.")
        elif not isinstance(key, self._protocol):
            raise TypeError(
                f'"key" must be either a "str" or "{self._protocol_name}". Provided: {key}'
            )
        else:
            tf_logging.debug("Transforming feature_column %s.", key)
            made = self._transformed(key, state_manager)
            if made is None:
                raise ValueError(f"Column {key.name} is not supported.")
        self._made[key] = made
        return made

    def _transformed(self, column: Any, state_manager: Any) -> Any:
        return column.transform_feature(self, state_manager)


class LazyBuilder(FeatureTransformationCache):
    """The cache of the older protocol."""

    _protocol = ScopedColumn
    _protocol_name = "_FeatureColumn"

    def _transformed(self, column: Any, state_manager: Any) -> Any:
        return column._transform_feature(self)


def _with_columns(key: Any, feature: Any) -> Any:
    """Return a feature as a tensor of rank 2 or more."""
    tensor = convert_to_tensor_or_sparse_tensor(feature)
    dims = tensor.get_shape().dims
    message = f"Feature (key: {key}) cannot have rank 0. Given: {tensor}"

    def with_last_axis() -> Any:
        if isinstance(tensor, SparseTensor):
            return sparse_reshape(tensor, [shape_of(tensor)[0], 1])
        return expand_dims(tensor, -1)

    if dims is not None:
        if not dims:
            raise ValueError(message)
        return with_last_axis() if len(dims) == 1 else tensor
    check = assert_positive(rank(tensor), message=message)
    with control_dependencies([check]):
        return cond(equal(1, rank(tensor)), with_last_axis, lambda: tensor)


def to_sparse_input(input_tensor: Any, ignore_value: Any = None) -> SparseTensor:
    """Return a feature as a sparse tensor, without the entries that stand for nothing.

    Args:
      input_tensor: dense or sparse; a sparse one is returned as it is.
      ignore_value: which entry stands for nothing; by default "" and -1.
    """
    tensor = convert_to_tensor_or_sparse_tensor(input_tensor)
    if isinstance(tensor, SparseTensor):
        return tensor
    with OpScope(None, "to_sparse_input", [tensor, ignore_value]):
        if ignore_value is None:
            ignore_value = "" if tensor.dtype == dtypes.string else -1
            if tensor.dtype.is_floating:
                ignore_value = 0.0
        ignored = cast(ignore_value, tensor.dtype, name="ignore_value")
        indices = where(not_equal(tensor, ignored), name="indices")
        return SparseTensor(
            indices=indices,
            values=gather_nd(tensor, indices, name="values"),
            dense_shape=shape_of(tensor, out_type=dtypes.int64, name="dense_shape"),
        )


def normalized_columns(
    feature_columns: Any, protocol: type = FeatureColumn, protocol_name: str = "FeatureColumn"
) -> list[Any]:
    """Return columns as a list, after a look at their kinds and names.

    Raises:
      ValueError: there are none, two have one name, or one is no column.
    """
    if isinstance(feature_columns, protocol):
        feature_columns = [feature_columns]
    if isinstance(feature_columns, Iterator):
        feature_columns = list(feature_columns)
    if isinstance(feature_columns, dict):
        raise ValueError("Expected feature_columns to be iterable, found dict.")
    for column in feature_columns:
        if not isinstance(column, protocol):
            raise ValueError(
                f"Items of feature_columns must be a {protocol_name}. "
                f"Given (type {type(column)}): {column}."
            )
    if not feature_columns:
        raise ValueError("feature_columns must not be empty.")
    by_name: dict[str, Any] = {}
    for column in feature_columns:
        if column.name in by_name:
            raise ValueError(
                f"Duplicate feature column name found for columns: {column} and "
                f"{by_name[column.name]}. This usually means that these columns refer to same "
                "base feature. Either one must be discarded or a duplicated but renamed item "
                "must be inserted in features dict."
            )
        by_name[column.name] = column
    return list(feature_columns)


def sorted_columns(feature_columns: Any, **protocol: Any) -> list[Any]:
    """Return columns in the order of their names; see `normalized_columns`."""
    return sorted(normalized_columns(feature_columns, **protocol), key=lambda each: each.name)


def verify_batch_sizes(tensors: Sequence[Tensor], columns: Sequence[Any]) -> None:
    """Refuse tensors whose first sizes are known and differ."""
    known = [
        (tensor.dims[0], column.name)
        for tensor, column in zip(tensors, columns, strict=True)
        if tensor.dims is not None and tensor.dims[0] is not None
    ]
    for size, name in known[1:]:
        if size != known[0][0]:
            raise ValueError(
                "Batch size (first dimension) of each feature must be same. Batch size of "
                f"columns ({known[0][1]}, {name}): ({known[0][0]}, {size})"
            )


def transform_features(features: Mapping[str, Any], feature_columns: Any) -> dict[Any, Any]:
    """Return what each column makes of its features (the older protocol)."""
    columns = sorted_columns(feature_columns, protocol=ScopedColumn, protocol_name="_FeatureColumn")
    return _transformed(LazyBuilder(features), columns, features, None)


def transform_features_v2(
    features: Mapping[str, Any], feature_columns: Any, state_manager: Any
) -> dict[Any, Any]:
    """Return what each column makes of its features."""
    columns = sorted_columns(feature_columns)
    return _transformed(FeatureTransformationCache(features), columns, features, state_manager)


def _transformed(
    cache: FeatureTransformationCache,
    columns: Sequence[Any],
    features: Mapping[str, Any],
    state_manager: Any,
) -> dict[Any, Any]:
    outputs = {}
    with OpScope(None, "transform_features", list(features.values())):
        for column in columns:
            with name_scope(None, default_name=column.name):
                outputs[column] = cache.get(column, state_manager)
    return outputs
