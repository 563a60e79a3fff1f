"""Checks of the arguments that columns are made of.

Source: TensorFlow 1.15, python/feature_column/utils.py and feature_column_v2.py.
"""

from __future__ import annotations

import numbers
from typing import Any

from tensormill.graph import dtypes, nest

__all__ = [
    "assert_key_is_string",
    "assert_string_or_int",
    "check_checkpoint_source",
    "check_default_value",
    "check_dimension",
    "check_number_dtype",
    "check_shape",
]


def assert_string_or_int(dtype: Any, prefix: str) -> None:
    """Refuse a dtype that is neither a string nor an integer."""
    if dtype != dtypes.string and not dtype.is_integer:
        raise ValueError(f"{prefix} dtype must be string or integer. dtype: {dtype}.")


def assert_key_is_string(key: Any) -> None:
    """Refuse a name of a feature that is no string."""
    if not isinstance(key, str):
        raise ValueError(f"key must be a string. Got: type {type(key)}. Given key: {key}.")


def check_shape(shape: Any, key: Any) -> tuple[int, ...]:
    """Return a shape as a tuple of positive sizes."""
    sizes = tuple(shape) if nest.is_nested(shape) else (shape,)
    for size in sizes:
        if not isinstance(size, numbers.Integral):
            raise TypeError(f"shape dimensions must be integer. shape: {sizes}, key: {key}")
        if size < 1:
            raise ValueError(f"shape dimensions must be greater than 0. shape: {sizes}, key: {key}")
    return sizes


def check_number_dtype(dtype: Any, key: Any) -> None:
    """Refuse a dtype that is no number."""
    if not (dtype.is_integer or dtype.is_floating):
        raise ValueError(f"dtype must be convertible to float. dtype: {dtype}, key: {key}")


def check_dimension(dimension: Any) -> None:
    """Refuse a number of columns of an embedding that is none."""
    if dimension is None or dimension < 1:
        raise ValueError(f"Invalid dimension {dimension}.")


def check_checkpoint_source(ckpt_to_load_from: Any, tensor_name_in_ckpt: Any) -> None:
    """Refuse one of the two names of a stored embedding without the other."""
    if (ckpt_to_load_from is None) != (tensor_name_in_ckpt is None):
        raise ValueError(
            "Must specify both `ckpt_to_load_from` and `tensor_name_in_ckpt` or none of them."
        )


def check_default_value(shape: tuple[int, ...], default_value: Any, dtype: Any, key: Any) -> Any:
    """Return the default value of a numeric column as nested tuples of `shape`, or None."""
    if default_value is None:
        return None
    if isinstance(default_value, int) or (isinstance(default_value, float) and dtype.is_floating):
        return _filled(shape, default_value)
    if callable(getattr(default_value, "tolist", None)):
        default_value = default_value.tolist()
    if nest.is_nested(default_value):
        if not _has_shape(default_value, shape):
            raise ValueError(
                "The shape of default_value must be equal to given shape. "
                f"default_value: {default_value}, shape: {shape}, key: {key}"
            )
        leaves = nest.flatten(default_value)
        has_float = any(isinstance(leaf, float) for leaf in leaves)
        if all(isinstance(leaf, int) for leaf in leaves) or (has_float and dtype.is_floating):
            return _as_tuples(default_value)
    raise TypeError(
        "default_value must be compatible with dtype. "
        f"default_value: {default_value}, dtype: {dtype}, key: {key}"
    )


def _filled(shape: tuple[int, ...], value: Any) -> Any:
    return tuple(_filled(shape[1:], value) for _ in range(shape[0])) if shape else value


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if nest.is_nested(value) else value


def _has_shape(value: Any, shape: tuple[int, ...]) -> bool:
    if not shape or not nest.is_nested(value):
        return not shape and not nest.is_nested(value)
    return len(value) == shape[0] and all(_has_shape(part, shape[1:]) for part in value)
