"""Unicode: encodings of strings, and strings joined by segment."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor

unicode_transcode_op = define(
    "UnicodeTranscode",
    inputs=("input: string",),
    outputs=("output: string",),
    attrs=(
        "input_encoding: string",
        "output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}",
        "errors: {'strict', 'replace', 'ignore'} = 'replace'",
        "replacement_char: int = 65533",
        "replace_control_characters: bool = false",
    ),
    differentiable=False,
)
unicode_decode_op = define(
    "UnicodeDecode",
    inputs=("input: string",),
    outputs=(
        "row_splits: Tsplits",
        "char_values: int32",
    ),
    attrs=(
        "input_encoding: string",
        "errors: {'strict', 'replace', 'ignore'} = 'replace'",
        "replacement_char: int = 65533",
        "replace_control_characters: bool = false",
        "Tsplits: {int32, int64} = DT_INT64",
    ),
    differentiable=False,
)
unicode_decode_with_offsets_op = define(
    "UnicodeDecodeWithOffsets",
    inputs=("input: string",),
    outputs=(
        "row_splits: Tsplits",
        "char_values: int32",
        "char_to_byte_starts: int64",
    ),
    attrs=(
        "input_encoding: string",
        "errors: {'strict', 'replace', 'ignore'} = 'replace'",
        "replacement_char: int = 65533",
        "replace_control_characters: bool = false",
        "Tsplits: {int32, int64} = DT_INT64",
    ),
    differentiable=False,
)
unicode_encode_op = define(
    "UnicodeEncode",
    inputs=(
        "input_values: int32",
        "input_splits: Tsplits",
    ),
    outputs=("output: string",),
    attrs=(
        "errors: {'ignore', 'replace', 'strict'} = 'replace'",
        "output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}",
        "replacement_char: int = 65533",
        "Tsplits: {int32, int64} = DT_INT64",
    ),
    differentiable=False,
)
unicode_script_op = define(
    "UnicodeScript",
    inputs=("input: int32",),
    outputs=("output: int32",),
    differentiable=False,
)
unsorted_segment_join_op = define(
    "UnsortedSegmentJoin",
    inputs=(
        "inputs: string",
        "segment_ids: Tindices",
        "num_segments: Tnumsegments",
    ),
    outputs=("output: string",),
    attrs=(
        "separator: string = ''",
        "Tindices: {int32, int64}",
        "Tnumsegments: {int32, int64} = DT_INT32",
    ),
    differentiable=False,
)


@unicode_transcode_op.shape
@unicode_script_op.shape
def same_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]


def _row_splits(dims: Dims) -> Dims:
    if dims is None or None in dims:
        return (None,)
    count = 1
    for size in dims:
        count *= size or 0
    return (count + 1,)


@unicode_decode_op.shape
def unicode_decode_shape(ctx: ShapeContext) -> list[Dims]:
    return [_row_splits(ctx.shape(0)), (None,)]


@unicode_decode_with_offsets_op.shape
def unicode_decode_with_offsets_shape(ctx: ShapeContext) -> list[Dims]:
    return [_row_splits(ctx.shape(0)), (None,), (None,)]


@unicode_encode_op.shape
def unicode_encode_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape(0), 1)
    splits = with_rank(ctx.shape(1), 1)[0]
    if splits == 0:
        raise ValueError("Negative dimension size caused by subtracting 1 from 0")
    return [(None if splits is None else splits - 1,)]


@unsorted_segment_join_op.shape
def unsorted_segment_join_shape(ctx: ShapeContext) -> list[Dims]:
    data, ids = ctx.shape(0), ctx.shape(1)
    if data is None or ids is None:
        return [None]
    for size, other in zip(ids, data, strict=False):
        if size is not None and other is not None and size != other:
            raise ValueError(f"Dimensions must be equal, but are {other} and {size}")
    return [(ctx.size(2), *data[len(ids) :])]


def unicode_transcode(
    input: Any,
    input_encoding: str,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return strings in another encoding.

    Args:
      input: strings.
      input_encoding: "UTF-8", "UTF-16-BE", "UTF-32-BE" …
      output_encoding: one of these three.
      errors: what happens with what is no character: "replace", "ignore" or "strict".
      replacement_char: what stands for it.
      replace_control_characters: whether control characters are replaced too.
      name: the name of the node.
    """
    return unicode_transcode_op(
        input,
        input_encoding=input_encoding,
        output_encoding=output_encoding,
        errors=errors,
        replacement_char=replacement_char,
        replace_control_characters=replace_control_characters,
        name=name,
    )


def unicode_script(input: Any, name: str | None = None) -> Tensor:
    """Return the number that ICU gives to the script of each code point, -1 for no code point."""
    return unicode_script_op(input, name=name)


def unsorted_segment_join(
    inputs: Any, segment_ids: Any, num_segments: Any, separator: str = "", name: str | None = None
) -> Tensor:
    """Return the strings of each segment joined.

    Args:
      inputs: strings.
      segment_ids: integers, a shape that begins as that of the strings.
      num_segments: the number of segments.
      separator: what stands between strings.
      name: the name of the node.
    """
    return unsorted_segment_join_op(
        inputs, segment_ids, num_segments, separator=separator, name=name
    )
