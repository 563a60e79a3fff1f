"""What all lookup tables have in common for their users.

Source: TensorFlow 1.15, python/ops/lookup_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor

__all__ = ["KeysAndValues", "LookupInterface", "check_key_dtype", "check_table_dtypes", "mapped"]


class KeysAndValues:
    """What has keys of one dtype, and values of one."""

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self._key_dtype = as_dtype(key_dtype)
        self._value_dtype = as_dtype(value_dtype)

    @property
    def key_dtype(self) -> DType:
        """The dtype of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> DType:
        """The dtype of the values."""
        return self._value_dtype


class LookupInterface(KeysAndValues):
    """A table that maps tensors of keys to tensors of values."""

    @property
    def name(self) -> str | None:
        """The name of the table."""
        raise NotImplementedError

    @property
    def resource_handle(self) -> Any:
        """The tensor that stands for the table."""
        raise NotImplementedError

    def size(self, name: str | None = None) -> Tensor:
        """Return the number of keys."""
        raise NotImplementedError

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """Return the values of keys."""
        raise NotImplementedError

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)


def check_table_dtypes(table: LookupInterface, key_dtype: DType, value_dtype: DType) -> None:
    """Raise TypeError unless a table has these dtypes."""
    if key_dtype.base_dtype != table.key_dtype:
        raise TypeError(
            f"Invalid key dtype for table, expected {table.key_dtype} but got {key_dtype}."
        )
    if value_dtype.base_dtype != table.value_dtype:
        raise TypeError(
            f"Invalid value dtype for table, expected {table.value_dtype} but got {value_dtype}."
        )


def check_key_dtype(keys: Any, key_dtype: DType) -> None:
    """Refuse keys of another dtype than a table's.

    Raises:
      TypeError: the keys have another dtype.
    """
    if keys.dtype.base_dtype != key_dtype:
        raise TypeError(f"Dtype of argument `keys` must be {key_dtype}, received: {keys.dtype}")


def mapped(keys: Any, function: Callable[[Any], Tensor]) -> Any:
    """Return a function of keys; of the values of a sparse tensor where they are one."""
    if isinstance(keys, SparseTensor):
        return SparseTensor(keys.indices, function(keys.values), keys.dense_shape)
    return function(keys)
