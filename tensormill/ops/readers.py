"""Readers as ops: five kinds, and what is done with them; under both generations of op names.

The ops of the first generation take references to a reader and a queue, those of the second
resources.
"""

from __future__ import annotations

from collections.abc import Callable

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank

_NAMED = ("container: string = ''", "shared_name: string = ''")
_REFERENCE, _RESOURCE = "Ref(string)", "resource"
_READER, _QUEUE = "reader_handle: {}", "queue_handle: {}"


def _reference_shape(ctx: ShapeContext) -> list[Dims]:
    return [(2,)]


def _resource_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


def _check_handles(ctx: ShapeContext) -> None:
    for index, arg in enumerate(ctx.op.op_schema.inputs):
        if arg.name not in ("reader_handle", "queue_handle"):
            continue
        if ctx.op.inputs[index].dtype.name == "resource":
            with_rank(ctx.shape(arg.name), 0)
            continue
        dims = with_rank(ctx.shape(arg.name), 1)
        if dims[0] not in (None, 2):
            raise ValueError(f"Dimension must be 2 but is {dims[0]}")


def _scalars_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handles(ctx)
    return [()] * len(ctx.op.outputs)


def _records_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handles(ctx)
    with_rank(ctx.shape("num_records"), 0)
    return [(None,), (None,)]


def _restore_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handles(ctx)
    with_rank(ctx.shape("state"), 0)
    return []


_GIVEN_UP = ("FixedLengthRecordReader", "IdentityReader", "TFRecordReader", "TextLineReader")


def _define_pair(name: str, *attrs: str, newer: tuple[str, ...] = ()) -> None:
    """Define both generations of a kind of reader; the second has the attributes `newer` too."""
    for version, handle, shape, more in (
        ("", _REFERENCE, _reference_shape, ()),
        ("V2", _RESOURCE, _resource_shape, newer),
    ):
        define(
            f"{name}{version}",
            outputs=(_READER.format(handle),),
            attrs=(*attrs, *more),
            stateful=True,
            differentiable=False,
            deprecation=(26, f"Use {name}V2") if not version and name in _GIVEN_UP else None,
            module=__name__,
        ).shape(shape)


def _define_uses(
    name: str,
    shape: Callable[[ShapeContext], list[Dims]],
    inputs: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
) -> tuple[OpBuilder, OpBuilder]:
    """Define both generations of what is done with a reader."""
    first, second = (
        define(
            f"{name}{version}",
            inputs=tuple(text.format(handle) for text in (_READER, *inputs)),
            outputs=outputs,
            stateful=version == "V2",
            differentiable=False,
            module=__name__,
        )
        for version, handle in (("", _REFERENCE), ("V2", _RESOURCE))
    )
    first.shape(shape)
    second.shape(shape)
    return first, second


_define_pair("TextLineReader", "skip_header_lines: int = 0", *_NAMED)
_define_pair("WholeFileReader", *_NAMED)
_define_pair("IdentityReader", *_NAMED)
_define_pair(
    "FixedLengthRecordReader",
    "header_bytes: int = 0",
    "record_bytes: int",
    "footer_bytes: int = 0",
    "hop_bytes: int = 0",
    *_NAMED,
    newer=("encoding: string = ''",),
)
_define_pair("TFRecordReader", *_NAMED, "compression_type: string = ''")

lmdb_reader_op = define(
    "LMDBReader",
    outputs=(_READER.format(_REFERENCE),),
    attrs=_NAMED,
    stateful=True,
    differentiable=False,
)
lmdb_reader_op.shape(_reference_shape)

reader_read_op, reader_read_v2_op = _define_uses(
    "ReaderRead", _scalars_shape, (_QUEUE,), ("key: string", "value: string")
)
reader_read_up_to_op, reader_read_up_to_v2_op = _define_uses(
    "ReaderReadUpTo",
    _records_shape,
    (_QUEUE, "num_records: int64"),
    ("keys: string", "values: string"),
)
reader_num_records_produced_op, reader_num_records_produced_v2_op = _define_uses(
    "ReaderNumRecordsProduced", _scalars_shape, (), ("records_produced: int64",)
)
reader_num_work_units_completed_op, reader_num_work_units_completed_v2_op = _define_uses(
    "ReaderNumWorkUnitsCompleted", _scalars_shape, (), ("units_completed: int64",)
)
reader_serialize_state_op, reader_serialize_state_v2_op = _define_uses(
    "ReaderSerializeState", _scalars_shape, (), ("state: string",)
)
reader_restore_state_op, reader_restore_state_v2_op = _define_uses(
    "ReaderRestoreState", _restore_shape, ("state: string",)
)
reader_reset_op, reader_reset_v2_op = _define_uses("ReaderReset", _scalars_shape)
