"""`tf.contrib.layers`' names of feature columns, and columns of plain numbers.

Source: TensorFlow 1.15, contrib/layers/python/layers/feature_column.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensormill.feature_column import composed, embedding, shared_embedding
from tensormill.feature_column.categorical import (
    categorical_column_with_hash_bucket,
    categorical_column_with_identity,
)
from tensormill.feature_column.indicator import IndicatorColumn
from tensormill.feature_column.input_layer import input_layer
from tensormill.feature_column.linear_model import linear_model
from tensormill.feature_column.numeric import NumericColumn, numeric_column
from tensormill.feature_column.vocabulary import categorical_column_with_vocabulary_list
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.variables.scope import variable_scope

__all__ = [
    "crossed_column",
    "embedding_column",
    "infer_real_valued_columns",
    "input_from_feature_columns",
    "one_hot_column",
    "real_valued_column",
    "shared_embedding_columns",
    "sparse_column_with_hash_bucket",
    "sparse_column_with_integerized_feature",
    "sparse_column_with_keys",
    "weighted_sparse_column",
    "weighted_sum_from_feature_columns",
]

_UNNAMED = "features"


class RealValuedColumn(NumericColumn):
    """A feature of numbers, whose name may be empty: features without names are all one."""

    @property
    def name(self) -> str:
        """The name of the feature."""
        return str(self.key) or _UNNAMED


def real_valued_column(
    column_name: str,
    dimension: int = 1,
    default_value: Any = None,
    dtype: Any = dtypes.float32,
    normalizer: Callable[..., Any] | None = None,
) -> RealValuedColumn:
    """Return a column of `dimension` numbers."""
    return RealValuedColumn(
        *numeric_column(column_name, (dimension,), default_value, dtype, normalizer)
    )


def infer_real_valued_columns(features: Any) -> list[RealValuedColumn]:
    """Return columns for tensors of numbers [batch, dimension]: one, or a dict by name.

    Raises:
      ValueError: a tensor is of another shape or dtype.
    """
    given = features if isinstance(features, dict) else {"": features}
    made = []
    for name, value in given.items():
        tensor = convert_to_tensor(value)
        dims = tensor.dims
        if dims is None or len(dims) != 2 or dims[1] is None:
            raise ValueError(f"Feature {name!r} must have shape [batch, dimension], not {dims}.")
        if not (tensor.dtype.is_floating or tensor.dtype.is_integer):
            raise ValueError(
                f"on_non_numeric: feature {name!r} must be numbers, not {tensor.dtype.name}."
            )
        made.append(real_valued_column(name, dims[1], dtype=tensor.dtype))
    return made


def sparse_column_with_hash_bucket(
    column_name: str,
    hash_bucket_size: int,
    combiner: str = "sum",
    dtype: Any = dtypes.string,
    hash_keys: Any = None,
) -> Any:
    """Return a column of categories by their hash.

    Raises:
      ValueError: several hashes are asked for, which tensormill does not have.
    """
    if hash_keys is not None:
        raise ValueError("hash_keys is not supported: a category has one hash")
    return categorical_column_with_hash_bucket(column_name, hash_bucket_size, dtype)


def sparse_column_with_keys(
    column_name: str,
    keys: Sequence[Any],
    default_value: int = -1,
    combiner: str = "sum",
    dtype: Any = dtypes.string,
) -> Any:
    """Return a column of categories by their place in a list."""
    return categorical_column_with_vocabulary_list(column_name, keys, dtype, default_value)


def sparse_column_with_integerized_feature(
    column_name: str, bucket_size: int, combiner: str = "sum", dtype: Any = dtypes.int64
) -> Any:
    """Return a column of categories that are numbers."""
    return categorical_column_with_identity(column_name, bucket_size)


def weighted_sparse_column(
    sparse_id_column: Any, weight_column_name: str, dtype: Any = dtypes.float32
) -> Any:
    """Return a column of categories that the values of another feature weigh.

    Raises:
      ValueError: weights of this dtype are no numbers.
    """
    return composed.weighted_categorical_column(sparse_id_column, weight_column_name, dtype)


def one_hot_column(sparse_id_column: Any) -> IndicatorColumn:
    """Return a column of how often an example has each category."""
    return IndicatorColumn(sparse_id_column)


def embedding_column(
    sparse_id_column: Any,
    dimension: int,
    combiner: str = "mean",
    initializer: Callable[..., Any] | None = None,
    ckpt_to_load_from: str | None = None,
    tensor_name_in_ckpt: str | None = None,
    max_norm: float | None = None,
    trainable: bool = True,
) -> embedding.EmbeddingColumn:
    """Return a column of a learned vector for each category, as `tf.feature_column` has it."""
    return embedding.embedding_column(
        sparse_id_column, dimension, combiner, initializer, ckpt_to_load_from,
        tensor_name_in_ckpt, max_norm, trainable,
    )  # fmt: skip


def shared_embedding_columns(
    sparse_id_columns: Sequence[Any],
    dimension: int,
    combiner: str = "mean",
    shared_embedding_name: str | None = None,
    initializer: Callable[..., Any] | None = None,
    ckpt_to_load_from: str | None = None,
    tensor_name_in_ckpt: str | None = None,
    max_norm: float | None = None,
    trainable: bool = True,
) -> list[Any]:
    """Return a column for each of several categories, all with one table of vectors."""
    made: list[Any] = shared_embedding.shared_embedding_columns(
        sparse_id_columns, dimension, combiner, initializer, shared_embedding_name,
        ckpt_to_load_from, tensor_name_in_ckpt, max_norm, trainable,
    )  # fmt: skip
    return made


def crossed_column(
    columns: Sequence[Any],
    hash_bucket_size: int,
    combiner: str = "sum",
    ckpt_to_load_from: str | None = None,
    tensor_name_in_ckpt: str | None = None,
    hash_key: int | None = None,
) -> composed.CrossedColumn:
    """Return a column of the combinations of several columns.

    Of a column of categories, the feature itself is combined: its own hash is not used.

    Args:
      columns: two or more of categories, buckets, or combinations.
      hash_bucket_size: the number of buckets.
      combiner: not used; a linear model adds up.
      ckpt_to_load_from: not used, and neither is `tensor_name_in_ckpt`.
      tensor_name_in_ckpt: see there.
      hash_key: what the hash starts from.

    Raises:
      ValueError: there are no buckets or less than two columns, or a column is of another kind.
    """
    keys = [getattr(column, "key", column) for column in columns]
    return composed.crossed_column(keys, hash_bucket_size, hash_key)


def input_from_feature_columns(
    columns_to_tensors: Mapping[Any, Any],
    feature_columns: Any,
    weight_collections: Any = None,
    trainable: bool = True,
    scope: str | None = None,
    cols_to_outs: dict[Any, Any] | None = None,
) -> Tensor:
    """Return the columns side by side, in the order of their names: [batch, sum of sizes].

    Args:
      columns_to_tensors: tensors, dense or sparse, by the names of features.
      feature_columns: columns of numbers.
      weight_collections: collections of the variables, besides the usual ones.
      trainable: whether optimizers change the variables.
      scope: the name of the variable scope.
      cols_to_outs: receives the part of each column.
    """
    values = list(columns_to_tensors.values())
    with variable_scope(scope, default_name="input_from_feature_columns", values=values):
        return input_layer(
            columns_to_tensors, feature_columns, weight_collections, trainable,
            cols_to_output_tensors=cols_to_outs,
        )  # fmt: skip


def weighted_sum_from_feature_columns(
    columns_to_tensors: Mapping[Any, Any],
    feature_columns: Any,
    num_outputs: int,
    weight_collections: Any = None,
    trainable: bool = True,
    scope: str | None = None,
) -> tuple[Tensor, dict[Any, Any], Any]:
    """Return a linear function of columns: [batch, num_outputs].

    Args:
      columns_to_tensors: tensors, dense or sparse, by the names of features.
      feature_columns: columns of numbers and categories.
      num_outputs: how many functions.
      weight_collections: collections of the variables, besides the usual ones.
      trainable: whether optimizers change the variables.
      scope: the name of the variable scope.

    Returns:
      The function, the variables of each column, and the bias.
    """
    variables: dict[Any, Any] = {}
    values = list(columns_to_tensors.values())
    with variable_scope(scope, default_name="weighted_sum_from_feature_columns", values=values):
        made = linear_model(
            columns_to_tensors, feature_columns, num_outputs,
            weight_collections=weight_collections, trainable=trainable, cols_to_vars=variables,
        )  # fmt: skip
    bias = variables.pop("bias")
    return made, variables, bias[0] if isinstance(bias, list) else bias
