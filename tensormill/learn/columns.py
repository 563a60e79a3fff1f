"""`tf.contrib.layers`' names of feature columns, and columns of plain numbers.

Source: TensorFlow 1.15, contrib/layers/python/layers/feature_column.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.feature_column.categorical import (
    categorical_column_with_hash_bucket,
    categorical_column_with_identity,
)
from tensormill.feature_column.numeric import NumericColumn, numeric_column
from tensormill.feature_column.vocabulary import categorical_column_with_vocabulary_list
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor

__all__ = [
    "infer_real_valued_columns",
    "real_valued_column",
    "sparse_column_with_hash_bucket",
    "sparse_column_with_integerized_feature",
    "sparse_column_with_keys",
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
    column_name: str, hash_bucket_size: int, combiner: str = "sum", dtype: Any = dtypes.string
) -> Any:
    """Return a column of categories by their hash."""
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
