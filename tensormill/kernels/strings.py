"""Kernels of strings: functions of bytes over object arrays."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import format_dims
from tensormill.kernels.denormals import unflushed
from tensormill.kernels.number_text import number_reader, numbers_of
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.short_fingerprints import fingerprints64
from tensormill.kernels.string_hashes import hash64, siphash24
from tensormill.kernels.torch_dtypes import to_tensor
from tensormill.kernels.value_types import as_ints, as_object_array

Array = np.ndarray[Any, Any]

_MANY = 8


def _mapped(function: Callable[[bytes], bytes], value: Any) -> Array:
    return as_object_array([function(item) for item in value.ravel().tolist()], value.shape)


def _numbers(function: Callable[[bytes], Any], value: Any, kind: Any) -> torch.Tensor:
    listed = [function(item) for item in value.ravel().tolist()]
    return torch.from_numpy(np.array(listed, kind).reshape(value.shape))


def _check_format(attrs: dict[str, Any], dtype: DType) -> None:
    """Refuse a format that C has not, or not for this dtype."""
    fill = attrs["fill"].decode(errors="replace")
    is_exact = dtype.is_integer or dtype.is_bool
    if attrs["scientific"] and attrs["shortest"]:
        raise errors.invalid_argument("Cannot select both scientific and shortest notation")
    if len(fill) > 1:
        raise errors.invalid_argument("Fill string must be one or fewer characters")
    if fill not in ("", " ", "+", "-", "0", "#"):
        raise errors.invalid_argument(f'Fill argument not supported: "{fill}"')
    if is_exact and (attrs["scientific"] or attrs["shortest"]):
        raise errors.invalid_argument(
            f"scientific and shortest format not supported for datatype {dtype.name}"
        )
    if is_exact and attrs["precision"] >= 0:
        raise errors.invalid_argument(f"precision not supported for datatype {dtype.name}")


@kernel_factory("AsString", "cpu", host_inputs=("input",))
def make_as_string(ctx: KernelContext) -> Any:
    attrs = ctx.attrs
    dtype = ctx.input_dtypes[0]
    width, precision = attrs["width"], attrs["precision"]
    _check_format(attrs, dtype)
    flags = attrs["fill"].decode() + (str(width) if width > -1 else "")
    number = flags + (f".{precision}" if precision > -1 else "")
    letter = "e" if attrs["scientific"] else "g" if attrs["shortest"] else "f"

    def as_text(item: Any) -> bytes:
        if dtype.is_bool:
            return (f"%{flags}s" % ("true" if item else "false")).encode()
        if dtype.is_complex:
            form = f"(%{number}{letter},%{number}{letter})"
            return (form % (item.real, item.imag)).encode()
        return (f"%{flags}s" % item.decode("latin-1")).encode("latin-1")

    def as_string(value: Any) -> Array:
        return as_object_array([as_text(item) for item in value.ravel().tolist()], value.shape)

    def numbers_as_string(value: Any) -> Array:
        if dtype.name == "bfloat16":
            value = value.astype(np.float32)
        form = f"%{flags}d" if dtype.is_integer else f"%{number}{letter}"
        items = value.ravel().tolist()
        lines = "\n".join([form] * len(items)) % tuple(items)
        return as_object_array(lines.encode().split(b"\n") if items else [], value.shape)

    return numbers_as_string if dtype.is_integer or dtype.is_floating else as_string


@kernel("StringToNumber", "cpu")
@unflushed
def string_to_number(value: Any, *, out_type: DType) -> torch.Tensor:
    kind = np.dtype(out_type.as_numpy_dtype)
    if value.size >= _MANY:
        with contextlib.suppress(ValueError), np.errstate(over="ignore"):
            numbers = numbers_of(value.ravel().tolist(), kind)
            return torch.from_numpy(numbers.reshape(value.shape))
    read = number_reader(kind)

    def number(text: bytes) -> Any:
        try:
            if b"x" in text.lower():
                return numbers_of([text], kind)[0]
            return read(text)
        except ValueError:
            shown = text.decode(errors="replace")
            raise errors.invalid_argument(
                f"StringToNumberOp could not correctly convert string: {shown}"
            ) from None

    with np.errstate(over="ignore"):
        return _numbers(number, value, kind)


@kernel("StringJoin", "cpu")
def string_join(inputs: list[Any], *, separator: bytes) -> Array:
    shapes = {value.shape for value in inputs if value.ndim}
    if len(shapes) > 1:
        first, other = sorted(shapes, key=str)[:2]
        raise errors.invalid_argument(
            f"Input shapes do not match: {format_dims(first, 'kernel')} vs. "
            f"{format_dims(other, 'kernel')}"
        )
    if not inputs:
        return as_object_array([b""], ())
    shape = shapes.pop() if shapes else ()
    columns = [np.broadcast_to(value, shape).ravel().tolist() for value in inputs]
    return as_object_array([separator.join(row) for row in zip(*columns, strict=True)], shape)


def _split_matrix(rows: list[list[bytes]]) -> tuple[Any, Array, Any]:
    """Return rows of parts as the indices, values and shape of a sparse matrix."""
    counts = np.array(list(map(len, rows)), np.int64)
    ends = counts.cumsum()
    row_of = np.repeat(np.arange(len(rows)), counts)
    column_of = np.arange(len(row_of)) - (ends - counts)[row_of]
    return (
        torch.from_numpy(np.stack([row_of, column_of], 1)),
        as_object_array(list(chain.from_iterable(rows))),
        torch.tensor([len(rows), counts.max(initial=0)], dtype=torch.int64),
    )


@kernel("StringSplit", "cpu")
def string_split(source: Any, delimiter: Any, *, skip_empty: bool) -> Any:
    if source.ndim != 1:
        raise errors.invalid_argument(
            f"input must be a vector, got shape: {format_dims(source.shape, 'kernel')}"
        )
    if delimiter.ndim:
        raise errors.invalid_argument(
            f"delimiter must be a scalar, got shape: {format_dims(delimiter.shape, 'kernel')}"
        )
    marks = delimiter.item()
    texts = source.tolist()
    if not marks:
        return _split_matrix([[text[i : i + 1] for i in range(len(text))] for text in texts])
    first = marks[:1]
    if len(marks) > 1:
        as_first = bytes.maketrans(marks, first * len(marks))
        texts = [text.translate(as_first) for text in texts]
    rows = [text.split(first) if text else [] for text in texts]
    return _split_matrix([list(filter(None, parts)) for parts in rows] if skip_empty else rows)


@kernel("StringSplitV2", "cpu")
def string_split_v2(source: Any, sep: Any, *, maxsplit: int) -> Any:
    if source.ndim != 1:
        raise errors.invalid_argument(
            f"input must be a vector, got shape: {format_dims(source.shape, 'kernel')}"
        )
    separator = sep.item() or None
    return _split_matrix([text.split(separator, maxsplit) for text in source.tolist()])


@kernel("ReduceJoin", "cpu", host_inputs=("reduction_indices",))
def reduce_join(value: Any, reduction_indices: Any, *, keep_dims: bool, separator: bytes) -> Array:
    axes = []
    for axis in as_ints(reduction_indices):
        if not -value.ndim <= axis < value.ndim:
            raise errors.invalid_argument(
                f"Invalid reduction dimension {axis} for input with {value.ndim} dimension(s)"
            )
        if axis % value.ndim in axes:
            raise errors.invalid_argument(f"Duplicate reduction dimension {axis % value.ndim}")
        axes.append(axis % value.ndim)
    kept = [axis for axis in range(value.ndim) if axis not in axes]
    # The first of the axes runs fastest, as TensorFlow joins them one after another.
    moved = np.transpose(value, [*kept, *reversed(axes)])
    shape = tuple(value.shape[axis] for axis in kept)
    rows = moved.reshape(int(np.prod(shape)), -1).tolist() if value.size else []
    joined = [separator.join(row) for row in rows] or [b""] * int(np.prod(shape))
    if keep_dims:
        shape = tuple(1 if axis in axes else size for axis, size in enumerate(value.shape))
    return as_object_array(joined, shape)


@lru_cache(maxsize=256)
def _compiled(pattern: bytes) -> re.Pattern[str]:
    try:
        return re.compile(pattern.decode("utf-8", "surrogateescape"), re.ASCII)
    except re.error as error:
        raise errors.invalid_argument(
            f"Invalid pattern: {pattern.decode(errors='replace')}, error: {error}"
        ) from None


_REFERENCE = re.compile(r"\\(\d|\\)")


def _replaced(value: Any, pattern: bytes, rewrite: bytes, replace_global: bool) -> Array:
    expression = _compiled(pattern)
    template = rewrite.decode("utf-8", "surrogateescape")
    count = 0 if replace_global else 1

    def expand(match: re.Match[str]) -> str:
        return _REFERENCE.sub(
            lambda ref: "\\" if ref[1] == "\\" else (match[int(ref[1])] or ""), template
        )

    replacement = expand if "\\" in template else template

    def replace(text: bytes) -> bytes:
        decoded = text.decode("utf-8", "surrogateescape")
        made = expression.sub(replacement, decoded, count=count)
        return made.encode("utf-8", "surrogateescape")

    return _mapped(replace, value)


@kernel("RegexReplace", "cpu")
def regex_replace(value: Any, pattern: Any, rewrite: Any, *, replace_global: bool) -> Array:
    return _replaced(value, pattern.item(), rewrite.item(), replace_global)


@kernel("StaticRegexReplace", "cpu")
def static_regex_replace(
    value: Any, *, pattern: bytes, rewrite: bytes, replace_global: bool
) -> Array:
    return _replaced(value, pattern, rewrite, replace_global)


def _matches(value: Any, pattern: bytes) -> torch.Tensor:
    expression = _compiled(pattern)
    return _numbers(
        lambda text: bool(expression.fullmatch(text.decode("utf-8", "surrogateescape"))),
        value,
        np.bool_,
    )


@kernel("RegexFullMatch", "cpu")
def regex_full_match(value: Any, pattern: Any) -> torch.Tensor:
    return _matches(value, pattern.item())


@kernel("StaticRegexFullMatch", "cpu")
def static_regex_full_match(value: Any, *, pattern: bytes) -> torch.Tensor:
    return _matches(value, pattern)


def _units(text: bytes, unit: bytes) -> Any:
    """Return a string as what its length counts: bytes, or characters."""
    return text.decode("utf-8", "surrogateescape") if unit == b"UTF8_CHAR" else text


_length = len  # `len` is also the name of an input of Substr


@kernel("Substr", "cpu", host_inputs=("pos", "len"))
def substr(value: Any, pos: Any, len: Any, *, unit: bytes) -> Array:
    try:
        texts, starts, counts = np.broadcast_arrays(value, pos, len)
    except ValueError:
        raise errors.invalid_argument(
            f"Substr: the shapes {value.shape}, {pos.shape} and {len.shape} do not broadcast"
        ) from None
    made = []
    rows = zip(
        texts.ravel().tolist(), starts.ravel().tolist(), counts.ravel().tolist(), strict=True
    )
    for index, (text, start, count) in enumerate(rows):
        units = _units(text, unit)
        total = _length(units)
        first = start + total if start < 0 else start
        if not 0 <= first <= total:
            raise errors.invalid_argument(
                f"pos {start} out of range for string {text!r} at index {index}"
            )
        part = units[first:] if count < 0 else units[first : first + count]
        made.append(part if unit == b"BYTE" else part.encode("utf-8", "surrogateescape"))
    return as_object_array(made, texts.shape)


@kernel("StringLength", "cpu")
def string_length(value: Any, *, unit: bytes) -> torch.Tensor:
    return _numbers(lambda text: len(_units(text, unit)), value, np.int32)


@kernel("StringStrip", "cpu")
def string_strip(value: Any) -> Array:
    return _mapped(bytes.strip, value)


@kernel("StringLower", "cpu")
def string_lower(value: Any, *, encoding: bytes) -> Array:
    if encoding == b"utf-8":
        return _mapped(lambda text: text.decode().lower().encode(), value)
    return _mapped(bytes.lower, value)


@kernel("StringUpper", "cpu")
def string_upper(value: Any, *, encoding: bytes) -> Array:
    if encoding == b"utf-8":
        return _mapped(lambda text: text.decode().upper().encode(), value)
    return _mapped(bytes.upper, value)


@kernel("StringToHashBucketFast", "cpu")
def string_to_hash_bucket_fast(value: Any, *, num_buckets: int) -> torch.Tensor:
    buckets = fingerprints64(value.ravel().tolist()) % np.uint64(num_buckets)
    return torch.from_numpy(buckets.astype(np.int64).reshape(value.shape))


@kernel("StringToHashBucket", "cpu")
def string_to_hash_bucket(value: Any, *, num_buckets: int) -> torch.Tensor:
    return _numbers(lambda text: hash64(text) % num_buckets, value, np.int64)


@kernel("StringToHashBucketStrong", "cpu")
def string_to_hash_bucket_strong(
    value: Any, *, num_buckets: int, key: tuple[int, ...]
) -> torch.Tensor:
    if len(key) != 2:
        raise errors.invalid_argument(f"Key must have 2 elements, got {len(key)}")
    return _numbers(lambda text: siphash24(text, key) % num_buckets, value, np.int64)


@kernel("EncodeBase64", "cpu")
def encode_base64(value: Any, *, pad: bool) -> Array:
    def encode(text: bytes) -> bytes:
        made = base64.urlsafe_b64encode(text)
        return made if pad else made.rstrip(b"=")

    return _mapped(encode, value)


@kernel("DecodeBase64", "cpu")
def decode_base64(value: Any) -> Array:
    def decode(text: bytes) -> bytes:
        bare = text.rstrip(b"=")
        if len(bare) % 4 == 1:
            raise errors.invalid_argument("Base64 string length cannot be 1 modulo 4.")
        try:
            return base64.b64decode(bare + b"=" * (-len(bare) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise errors.invalid_argument("Invalid character found in base64.") from None

    return _mapped(decode, value)


@kernel("DecodeRaw", "cpu")
def decode_raw(value: Any, *, out_type: DType, little_endian: bool) -> torch.Tensor:
    kind = np.dtype(out_type.as_numpy_dtype)
    texts = value.ravel().tolist()
    size = len(texts[0]) if texts else 0
    for index, text in enumerate(texts):
        if len(text) != size:
            raise errors.invalid_argument(
                f"DecodeRaw requires input strings to all be the same size, but element {index} "
                f"has size {size} != {len(text)}"
            )
    if size % kind.itemsize:
        name = {"float32": "float", "float64": "double"}.get(out_type.name, out_type.name)
        raise errors.invalid_argument(
            f"Input to DecodeRaw has length {size} that is not a multiple of {kind.itemsize}, "
            f"the size of {name}"
        )
    flat = np.frombuffer(b"".join(texts), kind)
    if not little_endian and kind.itemsize > 1:
        flat = flat.byteswap()
    return to_tensor(flat.reshape(*value.shape, size // kind.itemsize).copy())


@kernel("DecodePaddedRaw", "cpu", host_inputs=("fixed_length",))
def decode_padded_raw(
    input_bytes: Any, fixed_length: Any, *, out_type: DType, little_endian: bool
) -> torch.Tensor:
    kind = np.dtype(out_type.as_numpy_dtype)
    if fixed_length.ndim:
        raise errors.invalid_argument(
            f"k must be scalar, got shape {format_dims(fixed_length.shape, 'kernel')}"
        )
    length = int(fixed_length)
    if length % kind.itemsize:
        raise errors.invalid_argument(
            f"fixed_length ({length}) must be a multiple of the size of out_type ({kind.itemsize})"
        )
    rows = [text[:length].ljust(length, b"\0") for text in input_bytes.ravel().tolist()]
    flat = np.frombuffer(b"".join(rows), kind)
    if not little_endian and kind.itemsize > 1:
        flat = flat.byteswap()
    return to_tensor(flat.reshape(*input_bytes.shape, length // kind.itemsize).copy())
