"""What `tf.parse_example` must read for a model: its columns, labels and weights.

Source: TensorFlow Estimator 1.15, python/estimator/canned/parsing_utils.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.feature_column.numeric import NumericColumn, numeric_column
from tensormill.feature_column.parse_specs import make_parse_example_spec
from tensormill.graph import dtypes
from tensormill.io.example_parsing import FixedLenFeature

__all__ = ["classifier_parse_example_spec", "regressor_parse_example_spec"]


def classifier_parse_example_spec(
    feature_columns: Any,
    label_key: str,
    label_dtype: Any = dtypes.int64,
    label_default: Any = None,
    weight_column: Any = None,
) -> dict[str, Any]:
    """Return the features of examples that a classifier learns from.

    Args:
      feature_columns: its columns.
      label_key: the feature of the label.
      label_dtype: of the label.
      label_default: what stands for a label that is missing.
      weight_column: the feature of the weight: its name, a numeric column or None.

    Raises:
      ValueError: the label or the weight is among the columns' features.
    """
    return _with_label(
        feature_columns, label_key, FixedLenFeature((1,), label_dtype, label_default), weight_column
    )


def regressor_parse_example_spec(
    feature_columns: Any,
    label_key: str,
    label_dtype: Any = dtypes.float32,
    label_default: Any = None,
    label_dimension: int = 1,
    weight_column: Any = None,
) -> dict[str, Any]:
    """As `classifier_parse_example_spec`, for labels of `label_dimension` numbers."""
    label = FixedLenFeature((label_dimension,), label_dtype, label_default)
    return _with_label(feature_columns, label_key, label, weight_column)


def _with_label(columns: Any, label_key: str, label: Any, weight_column: Any) -> dict[str, Any]:
    spec = make_parse_example_spec(columns)
    if label_key in spec:
        raise ValueError(
            f"label should not be used as feature. label_key: {label_key}, features: {spec.keys()}"
        )
    spec[label_key] = label
    if weight_column is None:
        return spec
    if isinstance(weight_column, str):
        weight_column = numeric_column(weight_column)
    if not isinstance(weight_column, NumericColumn):
        raise ValueError(
            "weight_column should be an instance of tf.feature_column.numeric_column. Given type: "
            f"{type(weight_column)} value: {weight_column}"
        )
    if weight_column.key in spec:
        raise ValueError(
            f"weight_column should not be used as feature. weight_column: {weight_column.key}, "
            f"features: {spec.keys()}"
        )
    return {**spec, **weight_column.parse_example_spec}
