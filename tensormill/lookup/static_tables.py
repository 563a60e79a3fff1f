"""`tf.lookup.StaticHashTable`: a table that is filled once, by its initializer.

Source: TensorFlow 1.15, python/ops/lookup_ops.py.
"""

from __future__ import annotations

import uuid
from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import TensorShape
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.lookup.interface import LookupInterface, check_key_dtype, mapped
from tensormill.lookup.table_initializers import TableInitializerBase, outside_control_flow
from tensormill.ops import lookup_tables as ops

__all__ = ["HashTable", "InitializableLookupTableBase", "StaticHashTable"]


class InitializableLookupTableBase(LookupInterface):
    """A table that an initializer fills; one that is made in a loop is there before the loop."""

    def __init__(self, default_value: Any, initializer: TableInitializerBase) -> None:
        super().__init__(initializer.key_dtype, initializer.value_dtype)
        self._default_value = convert_to_tensor(default_value, dtype=self._value_dtype)
        self._default_value.shape.merge_with(TensorShape([]))
        self._initializer = initializer
        with outside_control_flow():
            self._resource_handle = self._create_resource()
            self._init_op = initializer.initialize(self)

    def _create_resource(self) -> Tensor:
        raise NotImplementedError

    @property
    def default_value(self) -> Tensor:
        """The value of keys that are not there."""
        return self._default_value

    @property
    def resource_handle(self) -> Tensor:
        """The tensor that stands for the table."""
        return self._resource_handle

    @property
    def initializer(self) -> Operation:
        """The operation that fills the table."""
        return self._init_op

    @property
    def init(self) -> Operation:
        """The operation that fills the table, under its old name."""
        return self._init_op

    def size(self, name: str | None = None) -> Tensor:
        """Return the number of keys."""
        with name_scope(name, f"{self.name}_Size", [self._resource_handle]):
            size: Tensor = ops.lookup_table_size_v2_op(self._resource_handle)
            return size

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """Return the values of keys; the default value for those that are not there.

        Args:
          keys: a tensor or SparseTensor.
          name: the name of the nodes.

        Raises:
          TypeError: the keys have another dtype.
        """
        if not isinstance(keys, (Tensor, SparseTensor)):
            keys = convert_to_tensor(keys)
        check_key_dtype(keys, self._key_dtype)

        def found(items: Tensor) -> Tensor:
            handle, default = self._resource_handle, self._default_value
            with name_scope(name, f"{self.name}_Lookup", (handle, items, default)):
                values: Tensor = ops.lookup_table_find_v2_op(handle, items, default)
            values.set_shape(items.shape)
            return values

        return mapped(keys, found)


class StaticHashTable(InitializableLookupTableBase):
    """A table from keys to values that is filled once.

    >>> import tensormill as tf
    >>> table = tf.lookup.StaticHashTable(
    ...     tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2]), default_value=-1)
    >>> with tf.Session() as session:
    ...     session.run(table.initializer)
    ...     print(session.run(table.lookup(tf.constant(["b", "z"]))))
    [ 2 -1]

    Args:
      initializer: fills it.
      default_value: the value of keys that are not there.
      name: the name of the node.
    """

    def __init__(
        self, initializer: TableInitializerBase, default_value: Any, name: str | None = None
    ) -> None:
        self._shared_name = self._name_to_share(initializer)
        self._name = name or "hash_table"
        super().__init__(default_value, initializer)

    def _name_to_share(self, initializer: TableInitializerBase) -> str:
        return initializer._shared_name or f"hash_table_{uuid.uuid4()}"

    def _create_resource(self) -> Tensor:
        handle: Tensor = ops.hash_table_v2_op(
            shared_name=self._shared_name,
            key_dtype=self._initializer.key_dtype,
            value_dtype=self._initializer.value_dtype,
            name=self._name,
        )
        self._table_name = handle.op.name.rpartition("/")[2]
        return handle

    @property
    def name(self) -> str:
        """The name of the table."""
        return self._table_name

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """Return all keys and all values."""
        with name_scope(name, f"{self.name}_Export", [self._resource_handle]):
            keys, values = ops.lookup_table_export_v2_op(
                self._resource_handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype
            )
        values.set_shape(keys.shape.concatenate(self._default_value.shape))
        return keys, values


class HashTable(StaticHashTable):
    """A `StaticHashTable` as `tf.contrib.lookup` has it, with a name to share it under.

    Args:
      initializer: fills it.
      default_value: the value of keys that are not there.
      shared_name: sessions of one task share tables of one name.
      name: the name of the node.
    """

    def __init__(
        self,
        initializer: TableInitializerBase,
        default_value: Any,
        shared_name: str | None = None,
        name: str | None = None,
    ) -> None:
        self._given_name = shared_name
        super().__init__(initializer, default_value, name)

    def _name_to_share(self, initializer: TableInitializerBase) -> str:
        return self._given_name or super()._name_to_share(initializer)
