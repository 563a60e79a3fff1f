"""Kernels of lookup tables, under both generations of op names.

The tables themselves are resources of the task (see `runtime.resources.lookup_table`).
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.graph.dtypes import DType, string
from tensormill.graph.shapes import Dims, format_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory, resource_kernel
from tensormill.kernels.torch_dtypes import to_tensor
from tensormill.kernels.value_types import as_object_array
from tensormill.kernels.vocabulary_files import read_entries

Shape = tuple[int, ...]


def _shared_name(ctx: KernelContext) -> str:
    """Return the name under which sessions share a table, "" for a table of the node's own."""
    name = str(ctx.attrs["shared_name"].decode())
    return name or (ctx.node_name if ctx.attrs["use_node_name_sharing"] else "")


def _find_table(ctx: KernelContext, is_mutable: bool, value_dims: Dims = ()) -> Any:
    attrs = ctx.attrs
    table = ctx.resources.lookup_table(
        attrs["container"].decode(),
        _shared_name(ctx),
        attrs["key_dtype"],
        attrs["value_dtype"],
        value_dims,
        is_mutable=is_mutable,
    )
    if (table.key_dtype, table.value_dtype) != (attrs["key_dtype"], attrs["value_dtype"]):
        raise errors.invalid_argument(
            "Conflicting key/value dtypes "
            f"{attrs['key_dtype'].name}->{attrs['value_dtype'].name} with "
            f"{table.key_dtype.name}-{table.value_dtype.name} for table {_shared_name(ctx)}"
        )
    return table


def find_hash_table(ctx: KernelContext) -> Any:
    return _find_table(ctx, is_mutable=False)


def find_mutable_table(ctx: KernelContext) -> Any:
    return _find_table(ctx, is_mutable=True)


def find_table_of_tensors(ctx: KernelContext) -> Any:
    return _find_table(ctx, is_mutable=True, value_dims=ctx.attrs["value_shape"])


def make_dense_table(ctx: KernelContext) -> Any:
    """Return what makes the table when its empty key is known."""
    attrs, resources, name = ctx.attrs, ctx.resources, _shared_name(ctx)
    made: list[Any] = []

    def mutable_dense_hash_table(empty_key: Any, deleted_key: Any = None) -> Any:
        if not made:
            dims = tuple(empty_key.shape)
            made.append(
                resources.dense_table(
                    attrs["container"].decode(),
                    name,
                    attrs["key_dtype"],
                    attrs["value_dtype"],
                    attrs["value_shape"],
                    dims,
                    _items(empty_key, dims)[0],
                    None if deleted_key is None else _items(deleted_key, dims)[0],
                    attrs["initial_num_buckets"],
                    attrs["max_load_factor"],
                )
            )
        return made[0]

    return mutable_dense_hash_table


for _version in ("", "V2"):
    resource_kernel(f"HashTable{_version}", "cpu")(find_hash_table)
    resource_kernel(f"MutableHashTable{_version}", "cpu")(find_mutable_table)
    resource_kernel(f"MutableHashTableOfTensors{_version}", "cpu")(find_table_of_tensors)
    kernel_factory(f"MutableDenseHashTable{_version}", "cpu")(make_dense_table)


def _items(value: Any, dims: Dims) -> list[Any]:
    """Return a value as a list of items: Python values, or tuples where an item has a shape."""
    if not dims:
        flat: list[Any] = value.reshape(-1).tolist()
        return flat
    size = math.prod(size or 0 for size in dims)
    rows = value.reshape(-1, size) if size else value.reshape(len(value), 0)
    return [tuple(row) for row in rows.tolist()]


def _value_of(items: list[Any], dtype: DType, shape: Shape) -> Any:
    flat = [x for item in items for x in item] if items and type(items[0]) is tuple else items
    if dtype is string:
        return as_object_array(flat, shape)
    return to_tensor(np.array(flat).astype(dtype.as_numpy_dtype).reshape(shape))


def _inner(table: Any, keys: Any) -> Shape:
    """Return the shape of the keys of a table, without that of one key.

    Raises:
      InvalidArgumentError: they have another shape.
    """
    shape, dims = tuple(keys.shape), tuple(table.key_dims)
    if not dims:
        return shape
    if shape[len(shape) - len(dims) :] != dims:
        raise errors.invalid_argument(
            f"Input key shape {_text(shape)} must end with the table's key shape {_text(dims)}"
        )
    return shape[: len(shape) - len(dims)]


def _text(shape: Any) -> str:
    return format_dims(tuple(shape), "kernel")


def _check_types(table: Any, key: DType, value: DType | None) -> None:
    if table.key_dtype is not key or (value is not None and table.value_dtype is not value):
        got = ", ".join(d.name for d in (key, value) if d is not None)
        raise errors.invalid_argument(
            f"Signature mismatch, have: resource, {got}-> expected: resource, "
            f"{table.key_dtype.name}, {table.value_dtype.name}->"
        )


def lookup_table_find(
    table_handle: Any,
    keys: Any,
    default_value: Any,
    *,
    Tin: DType,
    Tout: DType,
) -> Any:
    table = table_handle
    _check_types(table, Tin, Tout)
    inner, dims = _inner(table, keys), tuple(table.value_dims)
    given = tuple(default_value.shape)
    if given not in (dims, inner + dims):
        raise errors.invalid_argument(
            f"Expected shape {_text(dims)} or {_text(inner + dims)} for default value, got "
            f"{_text(given)}"
        )
    names = _items(keys, table.key_dims)
    defaults = _items(default_value, dims)
    if given == dims or table.has_single_default:
        defaults = defaults[:1] * len(names)
    return _value_of(table.find(names, defaults), Tout, inner + dims)


def _entries(table: Any, keys: Any, values: Any) -> tuple[list[Any], list[Any]]:
    wanted = _inner(table, keys) + tuple(table.value_dims)
    if tuple(values.shape) != wanted:
        raise errors.invalid_argument(
            f"Expected shape {_text(wanted)} for value, got {_text(values.shape)}"
        )
    return _items(keys, table.key_dims), _items(values, table.value_dims)


def lookup_table_insert(
    table_handle: Any, keys: Any, values: Any, *, Tin: DType, Tout: DType
) -> None:
    _check_types(table_handle, Tin, Tout)
    table_handle.insert(*_entries(table_handle, keys, values))


def lookup_table_import(
    table_handle: Any, keys: Any, values: Any, *, Tin: DType, Tout: DType
) -> None:
    _check_types(table_handle, Tin, Tout)
    if table_handle.exports_columns:
        count = tuple(keys.shape[:1])
        if tuple(keys.shape) == (*count, 1) and not table_handle.key_dims:
            keys = keys.reshape(count)
        if tuple(values.shape) == (*count, 1) and not table_handle.value_dims:
            values = values.reshape(count)
    table_handle.replace(*_entries(table_handle, keys, values))


def initialize_table(
    table_handle: Any, keys: Any, values: Any, *, Tkey: DType, Tval: DType
) -> None:
    lookup_table_import(table_handle, keys, values, Tin=Tkey, Tout=Tval)


def lookup_table_size(table_handle: Any) -> np.int64:
    return np.int64(table_handle.size())


def lookup_table_export(table_handle: Any, *, Tkeys: DType, Tvalues: DType) -> tuple[Any, Any]:
    table = table_handle
    keys, values = table.export()
    scalar = (1,) if table.exports_columns else ()
    return (
        _value_of(keys, Tkeys, (len(keys), *(table.key_dims or scalar))),
        _value_of(values, Tvalues, (len(values), *(table.value_dims or scalar))),
    )


def initialize_table_from_text_file(
    table_handle: Any,
    filename: Any,
    *,
    key_index: int,
    value_index: int,
    vocab_size: int,
    delimiter: bytes,
    offset: int,
) -> None:
    if filename.ndim:
        raise errors.invalid_argument(
            f"filename should be a single string, but got {_text(filename.shape)}"
        )
    table_handle.initialize(
        read_entries(
            os.fsdecode(filename.item()),
            (key_index, table_handle.key_dtype),
            (value_index, table_handle.value_dtype),
            vocab_size,
            delimiter,
            offset,
        )
    )


for _version in ("", "V2"):
    kernel(f"LookupTableFind{_version}", "cpu")(lookup_table_find)
    kernel(f"LookupTableInsert{_version}", "cpu")(lookup_table_insert)
    kernel(f"LookupTableImport{_version}", "cpu")(lookup_table_import)
    kernel(f"LookupTableSize{_version}", "cpu", host_outputs=["size"])(lookup_table_size)
    kernel(f"LookupTableExport{_version}", "cpu")(lookup_table_export)
    kernel(f"InitializeTable{_version}", "cpu")(initialize_table)
    kernel(f"InitializeTableFromTextFile{_version}", "cpu")(initialize_table_from_text_file)


@kernel("LookupTableRemoveV2", "cpu")
def lookup_table_remove(table_handle: Any, keys: Any, *, Tin: DType) -> None:
    _check_types(table_handle, Tin, None)
    _inner(table_handle, keys)
    table_handle.remove(_items(keys, table_handle.key_dims))
