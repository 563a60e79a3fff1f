"""Tables that change as the program likes, and are saved with its variables.

Source: TensorFlow 1.15, python/ops/lookup_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import add_to_collection, colocate_with, name_scope
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.lookup.interface import LookupInterface, check_key_dtype
from tensormill.ops import lookup_tables as ops
from tensormill.variables.saveable_object import SaveableObject, SaveSpec

__all__ = ["DenseHashTable", "MutableHashTable"]


class _MutableTableBase(LookupInterface):
    """What the two kinds of mutable tables have in common."""

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Tensor,
        name: str,
        checkpoint: bool,
        shared_name: str | None,
    ) -> None:
        super().__init__(key_dtype, value_dtype)
        self._default_value = default_value
        self._name = name
        self._shared_name = shared_name or ""
        self._shares_node_name = checkpoint and not shared_name
        self._resource_handle = self._create_resource()
        self._table_name = self._resource_handle.op.name.rpartition("/")[2]
        if checkpoint:
            add_to_collection(GraphKeys.SAVEABLE_OBJECTS, _Saveable(self, name))

    def _create_resource(self) -> Tensor:
        raise NotImplementedError

    @property
    def resource_handle(self) -> Tensor:
        """The tensor that stands for the table."""
        return self._resource_handle

    @property
    def name(self) -> str:
        """The name of the table."""
        return self._table_name

    def size(self, name: str | None = None) -> Tensor:
        """Return the number of keys."""
        handle = self._resource_handle
        with name_scope(name, f"{self.name}_Size", [handle]), colocate_with(handle):
            size: Tensor = ops.lookup_table_size_v2_op(handle)
            return size

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Operation:
        """Return an operation that sets the values of keys."""
        handle = self._resource_handle
        with name_scope(name, f"{self.name}_lookup_table_insert", [handle, keys, values]):
            keys = convert_to_tensor(keys, self._key_dtype, name="keys")
            values = convert_to_tensor(values, self._value_dtype, name="values")
            with colocate_with(handle):
                made: Operation = ops.lookup_table_insert_v2_op(handle, keys, values)
                return made

    def remove(self, keys: Any, name: str | None = None) -> Operation:
        """Return an operation that forgets keys.

        Raises:
          TypeError: the keys have another dtype.
        """
        check_key_dtype(keys, self._key_dtype)
        values = (self._resource_handle, keys, self._default_value)
        with name_scope(name, f"{self.name}_lookup_table_remove", values):
            made: Operation = ops.lookup_table_remove_v2_op(self._resource_handle, keys)
            return made

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """Return all keys and all values."""
        handle = self._resource_handle
        scope = name_scope(name, f"{self.name}_lookup_table_export_values", [handle])
        with scope, colocate_with(handle):
            keys, values = ops.lookup_table_export_v2_op(
                handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype
            )
        return keys, values

    def _find(self, keys: Any, default: Tensor, name: str | None, values: list[Any]) -> Tensor:
        with name_scope(name, f"{self.name}_lookup_table_find", values):
            keys = convert_to_tensor(keys, dtype=self._key_dtype, name="keys")
            with colocate_with(self._resource_handle):
                found: Tensor = ops.lookup_table_find_v2_op(self._resource_handle, keys, default)
                return found


class MutableHashTable(_MutableTableBase):
    """A table whose entries may be set and removed.

    Args:
      key_dtype: the dtype of the keys.
      value_dtype: the dtype of the values.
      default_value: the value of keys that are not there; its shape is that of all values.
      name: the name of the node.
      checkpoint: save it with the variables.
      shared_name: sessions of one task share tables of one name.
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
        shared_name: str | None = None,
    ) -> None:
        default = convert_to_tensor(default_value, dtype=value_dtype)
        super().__init__(key_dtype, value_dtype, default, name, checkpoint, shared_name)

    def _create_resource(self) -> Tensor:
        options: dict[str, Any] = {
            "shared_name": self._shared_name,
            "use_node_name_sharing": self._shares_node_name,
            "key_dtype": self._key_dtype,
            "value_dtype": self._value_dtype,
            "name": self._name,
        }
        shape = self._default_value.shape
        handle: Tensor
        if shape.ndims == 0:
            handle = ops.mutable_hash_table_v2_op(**options)
        else:
            handle = ops.mutable_hash_table_of_tensors_v2_op(value_shape=shape, **options)
        return handle

    def lookup(  # type: ignore[override]
        self, keys: Any, dynamic_default_values: Any = None, name: str | None = None
    ) -> Tensor:
        """Return the values of keys.

        Args:
          keys: a tensor.
          dynamic_default_values: a default for each key, in place of that of the table.
          name: the name of the nodes.
        """
        values = [self._resource_handle, keys, self._default_value]
        default = self._default_value if dynamic_default_values is None else dynamic_default_values
        return self._find(keys, default, name, values)


class DenseHashTable(_MutableTableBase):
    """A mutable table with two keys that mean something else: no entry, and a removed one.

    Args:
      key_dtype: the dtype of the keys.
      value_dtype: the dtype of the values.
      default_value: the value of keys that are not there; its shape is that of all values.
      empty_key: stands for no entry.
      deleted_key: stands for a removed entry.
      initial_num_buckets: how many entries it has room for at first, a power of two.
      name: the name of the node.
      checkpoint: save it with the variables.
      shared_name: sessions of one task share tables of one name.
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        empty_key: Any,
        deleted_key: Any,
        initial_num_buckets: int | None = None,
        name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
        shared_name: str | None = None,
    ) -> None:
        default = convert_to_tensor(default_value, dtype=value_dtype, name="default_value")
        self._empty_key = empty_key
        self._deleted_key = deleted_key
        self._initial_num_buckets = initial_num_buckets
        super().__init__(key_dtype, value_dtype, default, name, checkpoint, shared_name)

    def _create_resource(self) -> Tensor:
        options = {}
        if self._initial_num_buckets is not None:
            options["initial_num_buckets"] = self._initial_num_buckets
        handle: Tensor = ops.mutable_dense_hash_table_v2_op(
            convert_to_tensor(self._empty_key, dtype=self._key_dtype, name="empty_key"),
            convert_to_tensor(self._deleted_key, dtype=self._key_dtype, name="deleted_key"),
            shared_name=self._shared_name,
            use_node_name_sharing=self._shares_node_name,
            value_dtype=self._value_dtype,
            value_shape=self._default_value.shape,
            name=self._name,
            **options,
        )
        return handle

    def lookup(self, keys: Any, name: str | None = None) -> Tensor:
        """Return the values of keys."""
        return self._find(keys, self._default_value, name, [self._resource_handle, keys])

    def insert_or_assign(self, keys: Any, values: Any, name: str | None = None) -> Operation:
        """Return an operation that sets the values of keys."""
        return self.insert(keys, values, name)

    def erase(self, keys: Any, name: str | None = None) -> Operation:
        """Return an operation that forgets keys."""
        return self.remove(keys, name)


class _Saveable(SaveableObject):
    """A table as a saver sees it: all keys and all values."""

    def __init__(self, table: _MutableTableBase, name: str) -> None:
        keys, values = table.export()
        specs = [SaveSpec(keys, "", f"{name}-keys"), SaveSpec(values, "", f"{name}-values")]
        self._table_name = name
        super().__init__(table, specs, name)

    def restore(self, restored_tensors: list[Tensor], restored_shapes: Any) -> Operation:
        """Return the operation that takes over restored keys and values."""
        handle = self.op.resource_handle
        with name_scope(f"{self._table_name}_table_restore"), colocate_with(handle):
            made: Operation = ops.lookup_table_import_v2_op(handle, *restored_tensors)
            return made
