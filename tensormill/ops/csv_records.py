"""Records of comma-separated values.

Source: TensorFlow 1.15, core/ops/parsing_ops.cc and python/ops/parsing_ops.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.graph.tensor import Tensor

decode_csv_op = define(
    "DecodeCSV",
    inputs=("records: string", "record_defaults: OUT_TYPE"),
    outputs=("output: OUT_TYPE",),
    attrs=(
        "OUT_TYPE: list({float32, float64, int32, int64, string}) >= 1",
        "field_delim: string = ','",
        "use_quote_delim: bool = true",
        "na_value: string = ''",
        "select_cols: list(int) = []",
    ),
    differentiable=False,
)


@decode_csv_op.shape
def decode_csv_shape(ctx: ShapeContext) -> list[Dims]:
    for index in range(1, len(ctx.op.inputs)):
        dims = ctx.shape(index)
        if dims is not None and (len(dims) > 1 or (dims and (dims[0] or 0) > 1)):
            raise ValueError(
                "Shape of a default must be a length-0 or length-1 vector, or a scalar."
            )
    return [ctx.shape(0)] * len(ctx.op.outputs)


def decode_csv(
    records: Any,
    record_defaults: Sequence[Any],
    field_delim: str = ",",
    use_quote_delim: bool = True,
    name: str | None = None,
    na_value: str = "",
    select_cols: Sequence[int] | None = None,
) -> list[Tensor]:
    """Return the columns of records of comma-separated values, each of the shape of `records`.

    Args:
      records: string, a record each.
      record_defaults: one a column, which says its dtype and what a missing field stands for: a
        scalar, a vector of one value, or an empty vector where a field must not be missing.
      field_delim: the character between two fields.
      use_quote_delim: a field in double quotes may hold anything.
      name: of the operation.
      na_value: a field that counts as missing, besides the empty one.
      select_cols: the columns that are wanted, ascending; by default all.

    Raises:
      ValueError: `select_cols` does not ascend, or there are not as many as defaults.
    """
    if select_cols is not None:
        if any(a >= b for a, b in itertools.pairwise(select_cols)):
            raise ValueError("select_cols is not strictly increasing.")
        if select_cols and select_cols[0] < 0:
            raise ValueError("select_cols contains negative values.")
        if len(select_cols) != len(record_defaults):
            raise ValueError("Length of select_cols and record_defaults do not match.")
    op = decode_csv_op.make(
        records,
        list(record_defaults),
        field_delim=field_delim,
        use_quote_delim=use_quote_delim,
        na_value=na_value,
        select_cols=list(select_cols or []),
        name=name,
    )
    return list(op.outputs)
