"""Tables that give keys which they do not know a bucket by their hash.

Source: TensorFlow 1.15, python/ops/lookup_ops.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.lookup.interface import LookupInterface, check_key_dtype, mapped
from tensormill.lookup.static_tables import HashTable
from tensormill.lookup.table_initializers import TableInitializerBase
from tensormill.ops.arithmetic import add
from tensormill.ops.basics import no_op
from tensormill.ops.casting import cast
from tensormill.ops.comparison import not_equal
from tensormill.ops.gathering import where_v2
from tensormill.ops.strings import (
    as_string,
    string_to_hash_bucket,
    string_to_hash_bucket_fast,
    string_to_hash_bucket_strong,
)
from tensormill.platform.strings import integral_types

__all__ = [
    "FastHashSpec",
    "HasherSpec",
    "IdTableWithHashBuckets",
    "StaticVocabularyTable",
    "StrongHashSpec",
]


class HasherSpec(NamedTuple):
    """How to hash a string.

    Attributes:
      hasher: "fasthash", "stronghash" or "legacy".
      key: two numbers, for "stronghash".
    """

    hasher: str
    key: Any


FastHashSpec = HasherSpec("fasthash", None)


def StrongHashSpec(key: Any) -> HasherSpec:
    """Return a spec of a hash that nobody foresees who does not know the key, two numbers."""
    if len(key) != 2:
        raise ValueError(f"`key` must have size 2, received {key}")
    if not all(isinstance(number, integral_types) for number in key):
        raise TypeError(f"Invalid key {key}. Must be unsigned integer values.")
    return HasherSpec("stronghash", key)


def _hash_function(spec: Any) -> Callable[..., Tensor]:
    if not isinstance(spec, HasherSpec):
        raise TypeError(f"`hasher_spec` must be of type HasherSpec, received {type(spec)}")
    if spec.hasher == "fasthash":
        return string_to_hash_bucket_fast
    if spec.hasher == "legacy":
        return string_to_hash_bucket
    if spec.hasher == "stronghash":
        return functools.partial(string_to_hash_bucket_strong, key=spec.key)
    raise ValueError(f"Unknown hasher {spec.hasher}")


class IdTableWithHashBuckets(LookupInterface):
    """A table of ids, where other keys get ids above those by their hash.

    Args:
      table: from strings or int64 to int64, or None to hash all keys.
      num_oov_buckets: how many ids the other keys share.
      hasher_spec: how to hash.
      name: the name of the nodes.
      key_dtype: the dtype of the keys, by default that of the table.

    Raises:
      TypeError: a dtype does not do.
      ValueError: there is neither a table nor a bucket.
    """

    def __init__(
        self,
        table: Any,
        num_oov_buckets: int,
        hasher_spec: Any = FastHashSpec,
        name: str | None = None,
        key_dtype: Any = None,
    ) -> None:
        name = name.rstrip("/") if name else name
        if table is not None:
            key_dtype = table.key_dtype if key_dtype is None else key_dtype
            _check_id_table(table, key_dtype)
            name = name or table.name
        else:
            if num_oov_buckets <= 0:
                raise ValueError("`oov_buckets` must be > 0 if no `table` is supplied.")
            key_dtype = dtypes.string if key_dtype is None else key_dtype
            name = name or "hash_bucket"
        if not key_dtype.is_integer and key_dtype != dtypes.string:
            raise TypeError(f"Invalid `key_dtype`, expected integer or string, got {key_dtype}.")
        self._table = table
        self._num_oov_buckets = num_oov_buckets
        if not isinstance(hasher_spec, HasherSpec):
            raise TypeError(
                f"`hasher_spec` must be of type HasherSpec, received {type(hasher_spec)}"
            )
        self._hasher_spec = hasher_spec
        self._table_name = (name or "").rpartition("/")[2]
        super().__init__(key_dtype, dtypes.int64)

    @property
    def initializer(self) -> Any:
        """The operation that fills the table."""
        if self._table is not None:
            return self._table.initializer
        with name_scope(None, "init"):
            return no_op()

    @property
    def init(self) -> Any:
        """The operation that fills the table, under its old name."""
        return self.initializer

    @property
    def resource_handle(self) -> Any:
        """The tensor that stands for the table; None where all keys are hashed."""
        return None if self._table is None else self._table.resource_handle

    @property
    def name(self) -> str:
        """The name of the table."""
        return self._table_name

    def size(self, name: str | None = None) -> Tensor:
        """Return the number of ids, those of the buckets with them."""
        with name_scope(name, f"{self.name}_Size"):
            if self._table is None:
                known = convert_to_tensor(0, dtype=dtypes.int64)
            else:
                known = self._table.size()
            size: Tensor = known + self._num_oov_buckets
            return size

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """Return the ids of keys.

        Args:
          keys: a tensor or SparseTensor.
          name: the name of the nodes.

        Raises:
          TypeError: the keys have another dtype.
        """
        if not isinstance(keys, (Tensor, SparseTensor)):
            keys = convert_to_tensor(keys)
        check_key_dtype(keys, self._key_dtype)
        return mapped(keys, lambda items: self._ids(items, name))

    def _ids(self, items: Tensor, name: str | None) -> Tensor:
        if self._table is not None and self._table.key_dtype == dtypes.int64:
            items = cast(items, dtypes.int64)
        if self._num_oov_buckets == 0:
            ids: Tensor = self._table.lookup(items, name=name)
            return ids
        with name_scope(name, f"{self.name}_Lookup"):
            texts = items if items.dtype.base_dtype == dtypes.string else as_string(items)
            buckets = _hash_function(self._hasher_spec)(
                texts, num_buckets=self._num_oov_buckets, name="hash_bucket"
            )
            if self._table is None:
                return buckets
            ids = self._table.lookup(items)
            buckets = add(buckets, self._table.size())
            is_known = not_equal(ids, self._table.default_value)
            return where_v2(is_known, ids, buckets)


def _check_id_table(table: Any, key_dtype: Any) -> None:
    if table.key_dtype not in (dtypes.int64, dtypes.string):
        raise TypeError(
            f"Invalid `key_dtype`, expected one of {(dtypes.int64, dtypes.string)}, received "
            f"{key_dtype}."
        )
    if table.key_dtype.is_integer != key_dtype.is_integer:
        kind = "integer" if key_dtype.is_integer else "non-integer"
        raise TypeError(f"Invalid `key dtype`, expected {kind} but got {table.key_dtype}.")
    if table.value_dtype != dtypes.int64:
        raise TypeError(f"Invalid `value_dtype`: expected int64 but got {table.value_dtype}.")


class StaticVocabularyTable(IdTableWithHashBuckets):
    """A table of ids that an initializer fills, where other keys get ids by their hash.

    Args:
      initializer: fills the table; None to hash all keys.
      num_oov_buckets: how many ids the other keys share.
      lookup_key_dtype: the dtype of the keys, by default that of the initializer.
      name: the name of the nodes.

    Raises:
      TypeError: a dtype does not do.
      ValueError: there are no buckets.
    """

    def __init__(
        self,
        initializer: TableInitializerBase | None,
        num_oov_buckets: int,
        lookup_key_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        if num_oov_buckets <= 0:
            raise ValueError("`num_oov_buckets` must be > 0; use StaticHashTable.")
        table = None
        if initializer is not None:
            if initializer.value_dtype != dtypes.int64:
                raise TypeError(
                    f"Invalid `value_dtype`, expected {dtypes.int64} but got "
                    f"{initializer.value_dtype}."
                )
            table = HashTable(initializer, default_value=-1)
        super().__init__(table, num_oov_buckets, FastHashSpec, name, lookup_key_dtype)
