"""Strings split into parts of different numbers, joined by rows, and as code points.

Source: TensorFlow 1.15, python/ops/ragged/ragged_string_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops import strings
from tensormill.ops.array_shapes import expand_dims, one_of_two, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.joining import concat, stack
from tensormill.ops.ngrams import string_ngrams_op
from tensormill.ops.unicode import (
    unicode_decode_op,
    unicode_decode_with_offsets_op,
    unicode_encode_op,
    unsorted_segment_join,
)
from tensormill.ragged_tensors.conversions import from_tensor
from tensormill.ragged_tensors.mathematics import over_axes
from tensormill.ragged_tensors.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor

__all__ = [
    "bytes_split",
    "ngrams",
    "reduce_join",
    "split",
    "string_split",
    "unicode_decode",
    "unicode_decode_with_offsets",
    "unicode_encode",
    "unicode_split",
    "unicode_split_with_offsets",
]


def _by_rows(input: Any, function: Callable[[Tensor], Any]) -> Any:
    """Return what a function that takes a vector and returns rows makes of strings of any shape.

    Raises:
      ValueError: the rank is not known.
    """
    if isinstance(input, RaggedTensor):
        return input.with_flat_values(_by_rows(input.flat_values, function))
    rank = input.shape.ndims
    if rank is None:
        raise ValueError("input must have a statically-known rank.")
    if rank == 0:
        return function(stack([input]))[0]
    if rank == 1:
        return function(input)
    return _by_rows(from_tensor(input, ragged_rank=rank - 1), function)


def bytes_split(input: Any, name: str | None = None) -> Any:
    """Return the bytes of each string."""
    with OpScope(name, "StringsByteSplit", [input]):
        input = convert_to_tensor_or_ragged_tensor(input, dtypes.string, name="input")

        def split_bytes(texts: Tensor) -> Any:
            parts = strings.string_split(texts, delimiter="", skip_empty=False)
            return _as_rows(parts, texts)

        return _by_rows(input, split_bytes)


def split(
    input: Any = None,
    sep: Any = None,
    maxsplit: int = -1,
    result_type: str = "SparseTensor",
    source: Any = None,
    name: str | None = None,
) -> Any:
    """Split strings as Python's `str.split` does.

    Args:
      input: strings.
      sep: what separates; by default any white space.
      maxsplit: at most so many times, where it is not negative.
      result_type: "SparseTensor" or "RaggedTensor".
      source: another name of `input`.
      name: the name of the nodes.

    Raises:
      ValueError: there is no such result type.
    """
    input = one_of_two(input, source, "input", "source")
    with OpScope(name, "StringSplit", [input]):
        input = convert_to_tensor_or_ragged_tensor(input, dtypes.string, name="input")
        if result_type == "SparseTensor" and input.shape.ndims == 1:
            return strings.string_split_v2(input, sep=sep, maxsplit=maxsplit)
        made = _split_rows(input, sep, maxsplit)
        if result_type == "SparseTensor":
            return made.to_sparse()
        if result_type == "RaggedTensor":
            return made
        raise ValueError("result_type must be 'RaggedTensor' or 'SparseTensor'.")


def _split_rows(input: Any, sep: Any, maxsplit: int) -> Any:
    def split_words(texts: Tensor) -> Any:
        parts = strings.string_split_v2(texts, sep=sep, maxsplit=maxsplit)
        return _as_rows(parts, texts)

    if isinstance(input, Tensor) and input.shape.ndims is None:
        return split_words(input)
    return _by_rows(input, split_words)


def _as_rows(parts: SparseTensor, texts: Any) -> Any:
    """Return the parts of a vector of strings as rows."""
    rows = shape_of(texts, out_type=dtypes.int64)[0]
    return RaggedTensor.from_value_rowids(parts.values, parts.indices[:, 0], rows, validate=False)


def string_split(
    source: Any = None,
    sep: Any = None,
    skip_empty: bool = True,
    delimiter: Any = None,
    result_type: str = "SparseTensor",
    input: Any = None,
    name: str | None = None,
) -> Any:
    """Split each string of a vector at every byte of a separator.

    Args:
      source: a vector of strings.
      sep: each of its bytes separates; " " by default, "" splits into bytes.
      skip_empty: leave out empty parts.
      delimiter: the old name of `sep`.
      result_type: "SparseTensor" or "RaggedTensor".
      input: the new name of `source`.
      name: the name of the node.

    Raises:
      ValueError: there is no such result type.
    """
    parts = strings.string_split(source, sep, skip_empty, delimiter, input=input, name=name)
    if result_type == "SparseTensor":
        return parts
    if result_type == "RaggedTensor":
        return _as_rows(parts, source if input is None else input)
    raise ValueError("result_type must be 'RaggedTensor' or 'SparseTensor'.")


def unicode_encode(
    input: Any,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> Any:
    """Return the string of each row of code points.

    Args:
      input: code points [..., length], ragged or not.
      output_encoding: "UTF-8", "UTF-16-BE" or "UTF-32-BE".
      errors: what happens with what is no character: "replace", "ignore" or "strict".
      replacement_char: what stands for it.
      name: the name of the nodes.

    Raises:
      ValueError: the rank is not known, or 0.
    """
    with OpScope(name, "UnicodeEncode", [input]):
        input = convert_to_tensor_or_ragged_tensor(input)
        rank = input.shape.ndims
        if rank is None:
            raise ValueError("Rank of input_tensor must be statically known.")
        attrs: dict[str, Any] = {
            "output_encoding": output_encoding,
            "errors": errors,
            "replacement_char": replacement_char,
        }
        if isinstance(input, RaggedTensor):
            if input.flat_values.shape.ndims is None or input.flat_values.shape.ndims > 1:
                flat = unicode_encode(input.flat_values, **attrs)
                return input.with_flat_values(flat)
            if input.ragged_rank > 1:
                return input.with_values(unicode_encode(input.values, **attrs))
            return unicode_encode_op(
                cast(input.values, dtypes.int32),
                input.row_splits,
                Tsplits=input.row_splits.dtype,
                **attrs,
            )
        if rank == 0:
            raise ValueError("input_tensor's rank must be at least 1.")
        if rank == 1:
            size = shape_of(input, out_type=dtypes.int64)[0]
            row = RaggedTensor.from_row_splits(input, stack([0, size]), validate=False)
            return reshape(unicode_encode(row, **attrs), [])
        if rank == 2:
            return unicode_encode(from_tensor(input), **attrs)
        sizes = shape_of(input)
        flat = reshape(input, stack([-1, sizes[-1]]))
        return reshape(unicode_encode(from_tensor(flat), **attrs), sizes[:-1])


def _code_points(
    input: Any,
    input_encoding: str,
    errors: str,
    replacement_char: int,
    replace_control_characters: bool,
    with_offsets: bool,
) -> Any:
    """Return code points of each string, or those and where they begin."""
    input = convert_to_tensor_or_ragged_tensor(input, dtypes.string, name="input")
    rank = input.shape.ndims
    if rank is None:
        raise ValueError("Rank of `input` must be statically known.")
    if rank > 1:
        if not isinstance(input, RaggedTensor):
            input = from_tensor(input, ragged_rank=rank - 1)
        elif input.ragged_rank < rank - 1:
            deeper = from_tensor(input.flat_values, ragged_rank=rank - 1 - input.ragged_rank)
            input = input.with_flat_values(deeper)
    texts = input.flat_values if isinstance(input, RaggedTensor) else reshape(input, [-1])
    attrs: dict[str, Any] = {
        "input_encoding": input_encoding,
        "errors": errors,
        "replacement_char": replacement_char,
        "replace_control_characters": replace_control_characters,
    }
    builder = unicode_decode_with_offsets_op if with_offsets else unicode_decode_op
    splits, *found = builder(texts, **attrs)
    made = []
    for values in found:
        rows: Any = RaggedTensor.from_row_splits(values, splits, validate=False)
        if isinstance(input, RaggedTensor):
            rows = input.with_flat_values(rows)
        made.append(values if rank == 0 else rows)
    return tuple(made) if with_offsets else made[0]


def unicode_decode(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """Return the code points of each string."""
    with OpScope(name, "UnicodeDecode", [input]):
        return _code_points(
            input, input_encoding, errors, replacement_char, replace_control_characters, False
        )


def unicode_decode_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """Return the code points of each string, and where their bytes begin."""
    with OpScope(name, "UnicodeDecodeWithOffsets", [input]):
        return _code_points(
            input, input_encoding, errors, replacement_char, replace_control_characters, True
        )


def _as_strings(codes: Any, encoding: str, errors: str, replacement_char: int) -> Any:
    """Return each code point as a string of its own."""
    flat = codes.flat_values if isinstance(codes, RaggedTensor) else codes
    texts = unicode_encode(
        expand_dims(flat, -1),
        output_encoding=encoding,
        errors=errors,
        replacement_char=replacement_char,
    )
    return codes.with_flat_values(texts) if isinstance(codes, RaggedTensor) else texts


def unicode_split(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> Any:
    """Return the characters of each string."""
    with OpScope(name, "UnicodeSplit", [input]):
        codes = _code_points(input, input_encoding, errors, replacement_char, False, False)
        return _as_strings(codes, input_encoding, "ignore", replacement_char)


def unicode_split_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> Any:
    """Return the characters of each string, and where their bytes begin."""
    with OpScope(name, "UnicodeSplitWithOffsets", [input]):
        codes, places = _code_points(input, input_encoding, errors, replacement_char, False, True)
        return _as_strings(codes, input_encoding, "ignore", replacement_char), places


def reduce_join(
    inputs: Any,
    axis: Any = None,
    keepdims: Any = None,
    separator: str = "",
    name: str | None = None,
    **older: Any,
) -> Any:
    """Join strings along axes of a tensor that may be ragged.

    Raises:
      ValueError: dimensions are to be kept.
    """
    axis = older.pop("reduction_indices", axis)
    if keepdims or older.pop("keep_dims", None):
        raise ValueError("keepdims=True is not supported for RaggedTensors.")
    inputs = convert_to_tensor_or_ragged_tensor(inputs, dtypes.string)

    def dense(values: Any, dense_axis: Any) -> Tensor:
        return strings.reduce_join(values, dense_axis, separator=separator)

    def segment(values: Any, ids: Any, count: Any) -> Any:
        return unsorted_segment_join(values, ids, cast(count, dtypes.int32), separator=separator)

    with OpScope(name, "RaggedSegmentJoin", [inputs]):
        if axis is None:
            return dense(inputs.flat_values, None)
        axes = list(axis) if isinstance(axis, (list, tuple)) else [axis]
        return over_axes(dense, segment, inputs, axes)


def ngrams(
    data: Any,
    ngram_width: Any,
    separator: str = " ",
    pad_values: Any = None,
    padding_width: int | None = None,
    preserve_short_sequences: bool = False,
    name: str | None = None,
) -> Any:
    """Return the joined neighbours of each row.

    Args:
      data: strings [..., words], ragged or not.
      ngram_width: how many are joined; several numbers for several kinds.
      separator: what stands between them.
      pad_values: what stands before and after a row: a string, or one for each side.
      padding_width: how often, at most; by default one less than the width.
      preserve_short_sequences: whether a row too short for any width is joined as a whole.
      name: the name of the nodes.

    Raises:
      TypeError: pads are no strings.
      ValueError: a width is wrong, or the rank is not known.
    """
    with OpScope(name, "StringNGrams", [data]):
        left, right = _pads(pad_values)
        if padding_width is not None and padding_width < 1:
            raise ValueError("padding_width must be greater than 0.")
        if padding_width is not None and pad_values is None:
            raise ValueError("pad_values must be provided if padding_width is set.")
        widths = list(ngram_width) if isinstance(ngram_width, (list, tuple)) else [ngram_width]
        if any(width < 1 for width in widths):
            raise ValueError(f"All ngram_widths must be greater than 0. Got {ngram_width}")
        pad = 0 if pad_values is None else -1 if padding_width is None else padding_width
        data = convert_to_tensor_or_ragged_tensor(data, dtypes.string, name="data")

        def join_rows(rows: RaggedTensor) -> RaggedTensor:
            if rows.ragged_rank > 1:
                return rows.with_values(join_rows(rows.values))
            values, splits = string_ngrams_op(
                rows.flat_values,
                rows.row_splits,
                separator=separator,
                ngram_widths=widths,
                left_pad=left,
                right_pad=right,
                pad_width=pad,
                preserve_short_sequences=preserve_short_sequences,
            )
            return RaggedTensor.from_row_splits(values, splits, validate=False)

        if isinstance(data, RaggedTensor):
            return join_rows(data)
        rank = data.shape.ndims
        if rank is None:
            raise ValueError("Rank of data must be known.")
        if rank == 0:
            raise ValueError("Data must have rank>0")
        if rank == 1:
            row = RaggedTensor.from_row_starts(data, [0], validate=False)
            return join_rows(row)[0]
        sizes = concat([shape_of(data)[:-1], convert_to_tensor([-1])], axis=0)
        return reshape(join_rows(from_tensor(data, ragged_rank=rank - 1)).flat_values, sizes)


def _pads(pad_values: Any) -> tuple[Any, Any]:
    if pad_values is None:
        return "", ""
    if isinstance(pad_values, (list, tuple)):
        if not all(isinstance(pad, (str, bytes)) for pad in pad_values):
            raise TypeError("pad_values must be a string, tuple of strings, or None.")
        if len(pad_values) != 2:
            raise ValueError("pad_values must have exactly two entries.")
        return pad_values[0], pad_values[1]
    if not isinstance(pad_values, (str, bytes)):
        raise TypeError("pad_values must be a string, tuple of strings, or None.")
    return pad_values, pad_values
