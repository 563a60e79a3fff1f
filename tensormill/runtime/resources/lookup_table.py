"""Lookup tables: from keys to values, filled once or as it goes.

Source: TensorFlow 1.15, core/kernels/lookup_table_op.cc, initializable_lookup_table.cc.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from typing import Any

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims

__all__ = ["DenseTable", "LookupTable", "MutableTable"]

_FEWEST_BUCKETS = 4


class LookupTable:
    """A table that is initialized once, with one value a key.

    Keys are Python values; so are values, or tuples of them where a value has a shape.

    Attributes:
      key_dtype: of the keys.
      value_dtype: of the values.
      value_dims: the shape of one value.
      key_dims: the shape of one key.
      has_single_default: one default stands for all keys, though several are given.
      exports_columns: scalars are exported and imported as [n, 1].
      lock: guards the entries.
    """

    key_dims: Dims = ()
    has_single_default = True
    exports_columns = False

    def __init__(self, key_dtype: DType, value_dtype: DType, value_dims: Dims = ()) -> None:
        self.key_dtype = key_dtype
        self.value_dtype = value_dtype
        self.value_dims = value_dims
        self.lock = threading.Lock()
        self._entries: dict[Any, Any] | None = None  # guarded by lock

    def _found(self) -> dict[Any, Any]:
        if self._entries is None:
            raise errors.failed_precondition("Table not initialized.")
        return self._entries

    def initialize(self, items: Iterable[tuple[Any, Any]]) -> None:
        """Fill the table; the same entries may be given again.

        Raises:
          FailedPreconditionError: a key has two values, or the table has other entries already.
        """
        entries: dict[Any, Any] = {}
        count = 0
        for key, value in items:
            count += 1
            known = entries.setdefault(key, value)
            if known != value:
                raise errors.failed_precondition(
                    f"HashTable has different value for same key. Key {_text(key)} has "
                    f"{_text(known)} and trying to add value {_text(value)}"
                )
        with self.lock:
            is_again = self._entries is not None
            # Given again, a key that stands twice counts twice, as in TensorFlow.
            if is_again and (self._entries != entries or count != len(entries)):
                raise errors.failed_precondition(
                    "Table was already initialized with different data."
                )
            self._entries = entries

    def replace(self, keys: list[Any], values: list[Any]) -> None:
        """Take over keys and values in place of all that was there."""
        self.initialize(zip(keys, values, strict=True))

    def insert(self, keys: list[Any], values: list[Any]) -> None:
        """Add keys and values.

        Raises:
          UnimplementedError: the table is filled once.
        """
        raise errors.unimplemented("Insert not supported by InitializableLookupTable")

    def remove(self, keys: list[Any]) -> None:
        """Forget keys.

        Raises:
          UnimplementedError: the table is filled once.
        """
        raise errors.unimplemented("Remove not supported by InitializableLookupTable")

    def find(self, keys: list[Any], defaults: list[Any]) -> list[Any]:
        """Return a value for each key, its own default where there is none."""
        with self.lock:
            get = self._found().get
            return [get(key, default) for key, default in zip(keys, defaults, strict=True)]

    def size(self) -> int:
        """Return the number of keys."""
        with self.lock:
            return len(self._found())

    def export(self) -> tuple[list[Any], list[Any]]:
        """Return all keys and all values."""
        with self.lock:
            entries = self._found()
            return list(entries), list(entries.values())


def _text(item: Any) -> str:
    return item.decode(errors="replace") if isinstance(item, bytes) else str(item)


class MutableTable(LookupTable):
    """A table that changes as the program likes."""

    has_single_default = False

    def __init__(self, key_dtype: DType, value_dtype: DType, value_dims: Dims = ()) -> None:
        super().__init__(key_dtype, value_dtype, value_dims)
        self._entries = {}

    def replace(self, keys: list[Any], values: list[Any]) -> None:
        """Take over keys and values in place of all that was there."""
        with self.lock:
            self._entries = dict(zip(keys, values, strict=True))

    def insert(self, keys: list[Any], values: list[Any]) -> None:
        """Add keys and values, in place of older values."""
        with self.lock:
            self._found().update(zip(keys, values, strict=True))

    def remove(self, keys: list[Any]) -> None:
        """Forget keys; those that are not there are fine."""
        with self.lock:
            entries = self._found()
            for key in keys:
                entries.pop(key, None)


class DenseTable(MutableTable):
    """A mutable table with two keys that mean something else: no entry, and a removed one.

    It is exported with its empty buckets, as TensorFlow's is.
    """

    exports_columns = True

    def __init__(
        self,
        key_dtype: DType,
        value_dtype: DType,
        value_dims: Dims,
        key_dims: Dims,
        empty_key: Any,
        deleted_key: Any,
        num_buckets: int,
        max_load_factor: float,
    ) -> None:
        if empty_key == deleted_key:
            raise errors.invalid_argument("Empty and deleted keys cannot be equal")
        if num_buckets < _FEWEST_BUCKETS or num_buckets & (num_buckets - 1):
            raise errors.invalid_argument(
                f"Number of buckets must be at least {_FEWEST_BUCKETS} and a power of 2, got: "
                f"{num_buckets}"
            )
        super().__init__(key_dtype, value_dtype, value_dims)
        self.key_dims = key_dims
        self._empty_key = empty_key
        self._deleted_key = deleted_key
        self._num_buckets = num_buckets
        self._max_load_factor = max_load_factor

    def _check(self, keys: list[Any]) -> None:
        for name, reserved in (("empty_key", self._empty_key), ("deleted_key", self._deleted_key)):
            if reserved is not None and reserved in keys:
                raise errors.invalid_argument(f"Using the {name} as a table key is not allowed")

    def replace(self, keys: list[Any], values: list[Any]) -> None:
        """Take over what an export gave: entries of the reserved keys are left out."""
        reserved = (self._empty_key, self._deleted_key)
        kept = [(k, v) for k, v in zip(keys, values, strict=True) if k not in reserved]
        super().replace([key for key, _ in kept], [value for _, value in kept])

    def insert(self, keys: list[Any], values: list[Any]) -> None:
        """Add keys and values, in place of older values."""
        self._check(keys)
        super().insert(keys, values)

    def remove(self, keys: list[Any]) -> None:
        """Forget keys; those that are not there are fine."""
        self._check(keys)
        super().remove(keys)

    def find(self, keys: list[Any], defaults: list[Any]) -> list[Any]:
        """Return a value for each key, its own default where there is none."""
        self._check(keys)
        return super().find(keys, defaults)

    def export(self) -> tuple[list[Any], list[Any]]:
        """Return the keys and values of all buckets; empty ones have the empty key."""
        keys, values = super().export()
        buckets = self._num_buckets
        while len(keys) > buckets * self._max_load_factor:
            buckets *= 2
        zero: Any = b"" if self.value_dtype.name == "string" else 0
        empty_value = (
            tuple([zero] * math.prod(size or 0 for size in self.value_dims))
            if self.value_dims
            else zero
        )
        missing = buckets - len(keys)
        return keys + [self._empty_key] * missing, values + [empty_value] * missing
