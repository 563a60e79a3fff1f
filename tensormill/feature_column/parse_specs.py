"""What `tf.parse_example` must read for columns.

Source: TensorFlow 1.15, python/feature_column/feature_column.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensormill.feature_column.protocols import FeatureColumn, ScopedColumn

__all__ = ["make_parse_example_spec", "make_parse_example_spec_v2"]


def make_parse_example_spec(feature_columns: Iterable[Any]) -> dict[str, Any]:
    """Return the features of `tf.parse_example` that columns need.

    Args:
      feature_columns: columns of the older protocol.

    Raises:
      ValueError: columns want one feature in different ways, or one is no column.
    """
    return _joined(feature_columns, ScopedColumn, "_FeatureColumn", "_parse_example_spec")


def make_parse_example_spec_v2(feature_columns: Iterable[Any]) -> dict[str, Any]:
    """As `make_parse_example_spec`, for columns of the newer protocol."""
    return _joined(feature_columns, FeatureColumn, "FeatureColumn", "parse_example_spec")


def _joined(columns: Iterable[Any], kind: type, kind_name: str, attribute: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for column in columns:
        if not isinstance(column, kind):
            raise ValueError(f"All feature_columns must be {kind_name} instances. Given: {column}")
        for key, value in getattr(column, attribute).items():
            if made.setdefault(key, value) != value:
                raise ValueError(
                    f"feature_columns contain different parse_spec for key {key}. "
                    f"Given {value} and {made[key]}"
                )
    return made
