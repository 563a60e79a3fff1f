"""Strings element by element: joining, splitting, matching, numbers and hashes of strings."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, broadcast_dims, merge_dims
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import one_of_two

as_string_op = define(
    "AsString",
    inputs=("input: T",),
    outputs=("output: string",),
    attrs=(
        "T: {float32, float64, int32, uint8, int16, int8, int64, bfloat16, uint16, float16, "
        "uint32, uint64, complex64, complex128, bool, variant, string}",
        "precision: int = -1",
        "scientific: bool = false",
        "shortest: bool = false",
        "width: int = -1",
        "fill: string = ''",
    ),
    differentiable=False,
)
string_join_op = define(
    "StringJoin",
    inputs=("inputs: N * string",),
    outputs=("output: string",),
    attrs=("N: int >= 0", "separator: string = ''"),
    differentiable=False,
)
string_split_op = define(
    "StringSplit",
    inputs=("input: string", "delimiter: string"),
    outputs=("indices: int64", "values: string", "shape: int64"),
    attrs=("skip_empty: bool = true",),
    differentiable=False,
)
string_split_v2_op = define(
    "StringSplitV2",
    inputs=("input: string", "sep: string"),
    outputs=("indices: int64", "values: string", "shape: int64"),
    attrs=("maxsplit: int = -1",),
    differentiable=False,
)
regex_replace_op = define(
    "RegexReplace",
    inputs=("input: string", "pattern: string", "rewrite: string"),
    outputs=("output: string",),
    attrs=("replace_global: bool = true",),
    differentiable=False,
)
static_regex_replace_op = define(
    "StaticRegexReplace",
    inputs=("input: string",),
    outputs=("output: string",),
    attrs=("pattern: string", "rewrite: string", "replace_global: bool = true"),
    differentiable=False,
)
regex_full_match_op = define(
    "RegexFullMatch",
    inputs=("input: string", "pattern: string"),
    outputs=("output: bool",),
    differentiable=False,
)
static_regex_full_match_op = define(
    "StaticRegexFullMatch",
    inputs=("input: string",),
    outputs=("output: bool",),
    attrs=("pattern: string",),
    differentiable=False,
)
substr_op = define(
    "Substr",
    inputs=("input: string", "pos: T", "len: T"),
    outputs=("output: string",),
    attrs=("T: {int32, int64}", "unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'"),
    differentiable=False,
)
string_length_op = define(
    "StringLength",
    inputs=("input: string",),
    outputs=("output: int32",),
    attrs=("unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'",),
    differentiable=False,
)
string_strip_op = define(
    "StringStrip", inputs=("input: string",), outputs=("output: string",), differentiable=False
)
string_lower_op = define(
    "StringLower",
    inputs=("input: string",),
    outputs=("output: string",),
    attrs=("encoding: string = ''",),
    differentiable=False,
)
string_upper_op = define(
    "StringUpper",
    inputs=("input: string",),
    outputs=("output: string",),
    attrs=("encoding: string = ''",),
    differentiable=False,
)
string_to_number_op = define(
    "StringToNumber",
    inputs=("string_tensor: string",),
    outputs=("output: out_type",),
    attrs=("out_type: {float32, float64, int32, int64, uint32, uint64} = DT_FLOAT32",),
    differentiable=False,
)
string_to_hash_bucket_op = define(
    "StringToHashBucket",
    inputs=("string_tensor: string",),
    outputs=("output: int64",),
    attrs=("num_buckets: int >= 1",),
    differentiable=False,
)
string_to_hash_bucket_fast_op = define(
    "StringToHashBucketFast",
    inputs=("input: string",),
    outputs=("output: int64",),
    attrs=("num_buckets: int >= 1",),
    differentiable=False,
)
string_to_hash_bucket_strong_op = define(
    "StringToHashBucketStrong",
    inputs=("input: string",),
    outputs=("output: int64",),
    attrs=("num_buckets: int >= 1", "key: list(int)"),
    differentiable=False,
)
encode_base64_op = define(
    "EncodeBase64",
    inputs=("input: string",),
    outputs=("output: string",),
    attrs=("pad: bool = false",),
    differentiable=False,
)
decode_base64_op = define(
    "DecodeBase64", inputs=("input: string",), outputs=("output: string",), differentiable=False
)
reduce_join_op = define(
    "ReduceJoin",
    inputs=("inputs: string", "reduction_indices: int32"),
    outputs=("output: string",),
    attrs=("keep_dims: bool = false", "separator: string = ''"),
    differentiable=False,
)
decode_raw_op = define(
    "DecodeRaw",
    inputs=("bytes: string",),
    outputs=("output: out_type",),
    attrs=(
        "out_type: {float16, float32, float64, int32, uint16, uint8, int16, int8, int64, "
        "complex64, complex128, bool, bfloat16}",
        "little_endian: bool = true",
    ),
    differentiable=False,
)


@as_string_op.shape
@static_regex_replace_op.shape
@static_regex_full_match_op.shape
@string_length_op.shape
@string_strip_op.shape
@string_lower_op.shape
@string_upper_op.shape
@string_to_number_op.shape
@string_to_hash_bucket_op.shape
@string_to_hash_bucket_fast_op.shape
@string_to_hash_bucket_strong_op.shape
@encode_base64_op.shape
@decode_base64_op.shape
def same_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.op.input_tensors[0].dims]


def _check_scalars(ctx: ShapeContext, first: int) -> None:
    for tensor in ctx.op.input_tensors[first:]:
        if tensor.dims:
            raise ValueError(f"Shape must be rank 0 but is rank {len(tensor.dims)}")


@regex_replace_op.shape
@regex_full_match_op.shape
def regex_shape(ctx: ShapeContext) -> list[Dims]:
    _check_scalars(ctx, 1)
    return [ctx.op.input_tensors[0].dims]


@string_join_op.shape
def string_join_shape(ctx: ShapeContext) -> list[Dims]:
    made: Dims = ()
    shapes = ctx.shapes()
    if any(dims is None for dims in shapes):
        return [None]
    for dims in shapes:
        if dims:
            made = merge_dims(made, dims) if made else dims
    return [made]


@string_split_op.shape
def string_split_shape(ctx: ShapeContext) -> list[Dims]:
    _check_scalars(ctx, 1)
    return [(None, 2), (None,), (2,)]


@string_split_v2_op.shape
def string_split_v2_shape(ctx: ShapeContext) -> list[Dims]:
    _check_scalars(ctx, 1)
    dims = ctx.op.input_tensors[0].dims
    if dims is not None and len(dims) != 1:
        raise ValueError(f"Shape must be rank 1 but is rank {len(dims)}")
    return [(None, 2), (None,), (2,)]


@substr_op.shape
def substr_shape(ctx: ShapeContext) -> list[Dims]:
    text, pos, length = (t.dims for t in ctx.op.input_tensors)
    return [broadcast_dims(text, merge_dims(pos, length))]


@reduce_join_op.shape
def reduce_join_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    axes = ctx.value(1)
    if dims is None:
        return [None]
    if axes is None:
        return [(None,) * len(dims) if ctx.attrs["keep_dims"] else None]
    reduced = set()
    for axis in axes.ravel().tolist():
        if not -len(dims) <= axis < len(dims):
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {len(dims)} dimension(s)"
            )
        reduced.add(axis % len(dims))
    if ctx.attrs["keep_dims"]:
        return [tuple(1 if i in reduced else size for i, size in enumerate(dims))]
    return [tuple(size for i, size in enumerate(dims) if i not in reduced)]


decode_padded_raw_op = define(
    "DecodePaddedRaw",
    inputs=("input_bytes: string", "fixed_length: int32"),
    outputs=("output: out_type",),
    attrs=(
        "out_type: {float16, float32, float64, int32, uint16, uint8, int16, int8, int64, bfloat16}",
        "little_endian: bool = true",
    ),
    differentiable=False,
)


@decode_padded_raw_op.shape
def decode_padded_raw_shape(ctx: ShapeContext) -> list[Dims]:
    dims, length = ctx.shape(0), ctx.value(1)
    if dims is None:
        return [None]
    if length is None:
        return [(*dims, None)]
    size = ctx.attrs["out_type"].size
    if length <= 0:
        raise ValueError(f"`fixed_length` must be greater than 0. Got: {length}")
    if length % size:
        raise ValueError(
            f"`fixed_length` must be evenly divisible by the output type size. Got: {length}"
        )
    return [(*dims, int(length) // size)]


@decode_raw_op.shape
def decode_raw_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    return [None if dims is None else (*dims, None)]


def as_string(
    input: Any,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> Tensor:
    """Return numbers and booleans as text.

    Args:
      input: the numbers.
      precision: digits after the point, for floats.
      scientific: with an exponent.
      shortest: in the shorter of the two ways.
      width: the least number of characters.
      fill: what stands before shorter ones: " ", "0", "-", "+" or "#", as in C.
      name: the name of the node.
    """
    return as_string_op(
        input,
        precision=precision,
        scientific=scientific,
        shortest=shortest,
        width=width,
        fill=fill,
        name=name,
    )


def string_join(inputs: Any, separator: str = "", name: str | None = None) -> Tensor:
    """Join tensors of strings element by element; scalars go with every element."""
    return string_join_op(inputs, separator=separator, name=name)


def string_split(
    source: Any = None,
    sep: Any = None,
    skip_empty: bool = True,
    delimiter: Any = None,
    result_type: str = "SparseTensor",
    input: Any = None,
    name: str | None = None,
) -> SparseTensor:
    """Split each string of a vector; the parts are the rows of a sparse matrix.

    Args:
      source: a vector of strings.
      sep: each of its bytes separates; " " by default, "" splits into bytes.
      skip_empty: leave out empty parts.
      delimiter: the old name of `sep`.
      result_type: "SparseTensor".
      input: the new name of `source`.
      name: the name of the node.

    Raises:
      ValueError: another result type is asked for, or a name is used twice.
    """
    if result_type != "SparseTensor":
        raise ValueError("result_type must be 'SparseTensor': ragged tensors are not supported")
    delimiter = one_of_two(sep, delimiter, "sep", "delimiter")
    source = one_of_two(input, source, "input", "source")
    with OpScope(None, "StringSplit", (source,)):
        text = convert_to_tensor(" " if delimiter is None else delimiter, dtypes.string)
        source = convert_to_tensor(source, dtypes.string)
        parts = string_split_op(source, delimiter=text, skip_empty=skip_empty, name=name)
    return _sparse_matrix(parts)


def _sparse_matrix(parts: list[Tensor]) -> SparseTensor:
    indices, values, dense_shape = parts
    indices.set_shape([None, 2])
    values.set_shape([None])
    dense_shape.set_shape([2])
    return SparseTensor(indices, values, dense_shape)


def string_split_v2(
    source: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None
) -> SparseTensor:
    """Split each string of a vector as Python's `str.split` does; the parts are a sparse matrix."""
    separator = convert_to_tensor("" if sep is None else sep, dtypes.string)
    source = convert_to_tensor(source, dtypes.string)
    return _sparse_matrix(string_split_v2_op(source, separator, maxsplit=maxsplit, name=name))


def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Tensor:
    r"""Replace what matches a regular expression in each string.

    Args:
      input: strings.
      pattern: the expression (RE2's syntax).
      rewrite: the replacement; "\1" … "\9" stand for groups, "\0" for the whole match.
      replace_global: replace all matches, not only the first.
      name: the name of the node.
    """
    if isinstance(pattern, (str, bytes)) and isinstance(rewrite, (str, bytes)):
        return static_regex_replace_op(
            input, pattern=pattern, rewrite=rewrite, replace_global=replace_global, name=name
        )
    return regex_replace_op(input, pattern, rewrite, replace_global=replace_global, name=name)


def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Tensor:
    """Return whether each string as a whole matches a regular expression."""
    if isinstance(pattern, (str, bytes)):
        return static_regex_full_match_op(input, pattern=pattern, name=name)
    return regex_full_match_op(input, pattern, name=name)


def substr(input: Any, pos: Any, len: Any, name: str | None = None, unit: str = "BYTE") -> Tensor:
    """Return the part of each string that starts at `pos` and has at most `len` units."""
    return substr_op(input, pos, len, unit=unit, name=name)


def string_length(input: Any, name: str | None = None, unit: str = "BYTE") -> Tensor:
    """Return the length of each string, in bytes or UTF-8 characters."""
    return string_length_op(input, unit=unit, name=name)


def string_strip(input: Any, name: str | None = None) -> Tensor:
    """Return each string without blanks at its ends."""
    return string_strip_op(input, name=name)


def string_lower(input: Any, encoding: str = "", name: str | None = None) -> Tensor:
    """Return each string in lower case; only ASCII letters unless `encoding` is "utf-8"."""
    return string_lower_op(input, encoding=encoding, name=name)


def string_upper(input: Any, encoding: str = "", name: str | None = None) -> Tensor:
    """Return each string in upper case; only ASCII letters unless `encoding` is "utf-8"."""
    return string_upper_op(input, encoding=encoding, name=name)


def string_to_number(
    string_tensor: Any = None,
    out_type: Any = dtypes.float32,
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """Return the number that each string says."""
    text = one_of_two(input, string_tensor, "input", "string_tensor")
    return string_to_number_op(text, out_type=out_type, name=name)


def string_to_hash_bucket(
    string_tensor: Any = None, num_buckets: Any = None, name: str | None = None, input: Any = None
) -> Tensor:
    """Return the bucket of each string by TensorFlow's first hash function."""
    text = one_of_two(input, string_tensor, "input", "string_tensor")
    return string_to_hash_bucket_op(text, num_buckets=num_buckets, name=name)


def string_to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> Tensor:
    """Return the bucket of each string by its FarmHash fingerprint."""
    return string_to_hash_bucket_fast_op(input, num_buckets=num_buckets, name=name)


def string_to_hash_bucket_strong(
    input: Any, num_buckets: int, key: Any, name: str | None = None
) -> Tensor:
    """Return the bucket of each string by SipHash under a key of two integers."""
    return string_to_hash_bucket_strong_op(input, num_buckets=num_buckets, key=key, name=name)


def encode_base64(input: Any, pad: bool = False, name: str | None = None) -> Tensor:
    """Return each string in web-safe Base64."""
    return encode_base64_op(input, pad=pad, name=name)


def decode_base64(input: Any, name: str | None = None) -> Tensor:
    """Return what each web-safe Base64 string says."""
    return decode_base64_op(input, name=name)


def reduce_join(
    inputs: Any,
    axis: Any = None,
    keep_dims: bool | None = None,
    separator: str = "",
    name: str | None = None,
    reduction_indices: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Join the strings along dimensions.

    Args:
      inputs: strings.
      axis: the dimensions, in the order in which they are joined; all, last first, by default.
      keep_dims: keep the dimensions with size 1.
      separator: stands between the strings.
      name: the name of the node.
      reduction_indices: the old name of `axis`.
      keepdims: the new name of `keep_dims`.
    """
    axis = one_of_two(axis, reduction_indices, "axis", "reduction_indices")
    keep = one_of_two(keepdims, keep_dims, "keepdims", "keep_dims")
    with OpScope(None, "ReduceJoin", (inputs, axis)):
        inputs = convert_to_tensor(inputs, dtypes.string)
        if axis is None:
            axis = _all_axes_reversed(inputs)
        return reduce_join_op(inputs, axis, keep_dims=bool(keep), separator=separator, name=name)


def _all_axes_reversed(inputs: Tensor) -> Tensor:
    if inputs.dims is not None:
        return convert_to_tensor(list(range(len(inputs.dims)))[::-1], dtypes.int32)
    count = OP_DEFS["Rank"].builder(inputs, name="Rank")
    last = OP_DEFS["Sub"].builder(count, 1, name="sub")
    axes: Tensor = OP_DEFS["Range"].builder(last, -1, -1, name="range")
    return axes


def decode_raw(
    input_bytes: Any = None,
    out_type: Any = None,
    little_endian: bool = True,
    name: str | None = None,
    bytes: Any = None,
) -> Tensor:
    """Return the bytes of each string as a vector of numbers."""
    text = one_of_two(input_bytes, bytes, "input_bytes", "bytes")
    return decode_raw_op(text, out_type=out_type, little_endian=little_endian, name=name)


def decode_raw_v2(
    input_bytes: Any,
    out_type: Any,
    little_endian: bool = True,
    fixed_length: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return the bytes of each string as a vector of numbers.

    Args:
      input_bytes: the strings.
      out_type: the dtype of the numbers.
      little_endian: whether the low byte of a number comes first.
      fixed_length: how many bytes of each string; shorter ones get zeros. By default all strings
        must be of the same length.
      name: the name of the node.
    """
    if fixed_length is None:
        return decode_raw_op(input_bytes, out_type=out_type, little_endian=little_endian, name=name)
    return decode_padded_raw_op(
        input_bytes, fixed_length, out_type=out_type, little_endian=little_endian, name=name
    )
