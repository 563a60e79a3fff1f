"""Lookup tables, under both generations of op names: a reference or a resource as the handle."""

from __future__ import annotations

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank

_REFERENCE, _RESOURCE = "table_handle: Ref(string)", "table_handle: resource"
_NAMES = (
    "container: string = ''",
    "shared_name: string = ''",
    "use_node_name_sharing: bool = false",
)
_TYPES = ("key_dtype: type", "value_dtype: type")
_VALUE_SHAPE = "value_shape: shape = []"
_DENSE = (
    _VALUE_SHAPE,
    "initial_num_buckets: int = 131072",
    "max_load_factor: float = 0.800000011920929",
)
_COLUMNS = (
    "key_index: int >= -2",
    "value_index: int >= -2",
    "vocab_size: int >= -1 = -1",
    "delimiter: string = '\\t'",
    "offset: int = 0",
)


def _reference_shape(ctx: ShapeContext) -> list[Dims]:
    return [(2,)]


def _resource_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


def _define_tables(
    name: str, attrs: tuple[str, ...] = (), inputs: tuple[tuple[str, ...], ...] = ((), ())
) -> tuple[OpBuilder, OpBuilder]:
    """Define an op that makes a table, in both generations."""
    old, new = (
        define(
            name + version,
            inputs=given,
            outputs=(handle,),
            attrs=(*_NAMES, *_TYPES, *attrs),
            stateful=True,
            differentiable=False,
        )
        for version, handle, given in zip(("", "V2"), (_REFERENCE, _RESOURCE), inputs, strict=True)
    )
    old.shape(_reference_shape)
    new.shape(_resource_shape)
    return old, new


hash_table_op, hash_table_v2_op = _define_tables("HashTable")
mutable_hash_table_op, mutable_hash_table_v2_op = _define_tables("MutableHashTable")
mutable_hash_table_of_tensors_op, mutable_hash_table_of_tensors_v2_op = _define_tables(
    "MutableHashTableOfTensors", (_VALUE_SHAPE,)
)
mutable_dense_hash_table_op, mutable_dense_hash_table_v2_op = _define_tables(
    "MutableDenseHashTable",
    _DENSE,
    (("empty_key: key_dtype",), ("empty_key: key_dtype", "deleted_key: key_dtype")),
)


def _define_uses(
    name: str,
    inputs: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
    attrs: tuple[str, ...] = (),
) -> tuple[OpBuilder, OpBuilder]:
    """Define an op that uses a table, in both generations."""
    return (
        define(
            name,
            inputs=(_REFERENCE, *inputs),
            outputs=outputs,
            attrs=attrs,
            differentiable=False,
        ),
        define(
            f"{name}V2",
            inputs=(_RESOURCE, *inputs),
            outputs=outputs,
            attrs=attrs,
            stateful=True,
            differentiable=False,
        ),
    )


_IN_OUT = ("Tin: type", "Tout: type")
lookup_table_find_op, lookup_table_find_v2_op = _define_uses(
    "LookupTableFind", ("keys: Tin", "default_value: Tout"), ("values: Tout",), _IN_OUT
)
lookup_table_insert_op, lookup_table_insert_v2_op = _define_uses(
    "LookupTableInsert", ("keys: Tin", "values: Tout"), (), _IN_OUT
)
lookup_table_import_op, lookup_table_import_v2_op = _define_uses(
    "LookupTableImport", ("keys: Tin", "values: Tout"), (), _IN_OUT
)
lookup_table_size_op, lookup_table_size_v2_op = _define_uses(
    "LookupTableSize", (), ("size: int64",)
)
lookup_table_export_op, lookup_table_export_v2_op = _define_uses(
    "LookupTableExport",
    (),
    ("keys: Tkeys", "values: Tvalues"),
    ("Tkeys: type", "Tvalues: type"),
)
initialize_table_op, initialize_table_v2_op = _define_uses(
    "InitializeTable", ("keys: Tkey", "values: Tval"), (), ("Tkey: type", "Tval: type")
)
initialize_table_from_text_file_op, initialize_table_from_text_file_v2_op = _define_uses(
    "InitializeTableFromTextFile", ("filename: string",), (), _COLUMNS
)
lookup_table_remove_v2_op = define(
    "LookupTableRemoveV2",
    inputs=(_RESOURCE, "keys: Tin"),
    attrs=("Tin: type",),
    stateful=True,
    differentiable=False,
)


def _check_handle(ctx: ShapeContext) -> None:
    if ctx.dtype("table_handle").name == "resource":
        with_rank(ctx.shape("table_handle"), 0)
    else:
        merge_dims(with_rank(ctx.shape("table_handle"), 1), (2,))


@lookup_table_find_op.shape
@lookup_table_find_v2_op.shape
def lookup_table_find_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    return [None]


@lookup_table_import_op.shape
@lookup_table_import_v2_op.shape
def lookup_table_import_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    keys, values = ctx.shape("keys"), ctx.shape("values")
    if keys and values and None not in (keys[0], values[0]) and keys[0] != values[0]:
        raise ValueError(f"Dimensions must be equal, but are {keys[0]} and {values[0]}")
    return []


@lookup_table_insert_op.shape
@lookup_table_insert_v2_op.shape
@lookup_table_remove_v2_op.shape
def no_output_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    return []


@initialize_table_op.shape
@initialize_table_v2_op.shape
def initialize_table_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    merge_dims(with_rank(ctx.shape("keys"), 1), ctx.shape("values"))
    return []


@initialize_table_from_text_file_op.shape
@initialize_table_from_text_file_v2_op.shape
def initialize_table_from_text_file_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    with_rank(ctx.shape("filename"), 0)
    return []


@lookup_table_size_op.shape
@lookup_table_size_v2_op.shape
def lookup_table_size_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    return [()]


@lookup_table_export_op.shape
@lookup_table_export_v2_op.shape
def lookup_table_export_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    return [None, None]
