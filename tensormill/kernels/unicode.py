"""Kernels of Unicode, over arrays of bytes.

Source: TensorFlow 1.15, core/kernels/unicode_ops.cc: what is no character counts once for each
part of it that could have begun one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.kernels.registry import kernel
from tensormill.kernels.value_types import as_object_array

Array = np.ndarray[Any, Any]

_CODECS = {
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "UTF-16-BE": "utf-16-be",
    "UTF-16BE": "utf-16-be",
    "UTF-32-BE": "utf-32-be",
    "UTF-32BE": "utf-32-be",
    "US-ASCII": "ascii",
    "ASCII": "ascii",
    "ISO-8859-1": "iso-8859-1",
    "LATIN1": "iso-8859-1",
}


def _codec(name: bytes) -> str:
    """Return Python's name of an encoding.

    Raises:
      InvalidArgumentError: there is none of this name.
    """
    text = name.decode("utf-8", "replace").upper()
    if text in _CODECS:
        return _CODECS[text]
    try:
        " ".encode(text)
    except LookupError:
        raise errors.invalid_argument(
            f"Could not create converter for input encoding: {name.decode('utf-8', 'replace')}"
        ) from None
    return text


def _characters(data: bytes, codec: str) -> Iterator[tuple[int | None, int]]:
    """Yield each code point with its place in bytes; None for what is no character."""
    at = 0
    while at < len(data):
        try:
            text = data[at:].decode(codec)
        except UnicodeDecodeError as error:
            yield from _placed(data[at : at + error.start].decode(codec), codec, at)
            yield None, at + error.start
            at += max(error.end, error.start + 1)
            continue
        yield from _placed(text, codec, at)
        return


def _placed(text: str, codec: str, at: int) -> Iterator[tuple[int, int]]:
    for character in text:
        yield ord(character), at
        at += len(character.encode(codec, "surrogatepass"))


def _check_replacement(code: int) -> None:
    if not 0 <= code <= _LAST_CODE:
        raise errors.invalid_argument("replacement_char out of unicode codepoint range")


_LAST_CODE = 0x10FFFF


def _is_control(code: int) -> bool:
    return code <= 0x1F


def _cleaned(
    data: bytes, codec: str, on_error: bytes, replacement: int, replaces_control: bool
) -> list[tuple[int, int]]:
    """Return code points and their places, with what is wrong replaced or left out.

    Raises:
      InvalidArgumentError: something is wrong, and errors are strict.
    """
    found = []
    for code, at in _characters(data, codec):
        if code is None:
            if on_error == b"strict":
                raise errors.invalid_argument("Invalid formatting on input string")
            if on_error == b"replace":
                found.append((replacement, at))
        elif replaces_control and _is_control(code):
            if on_error != b"ignore":
                found.append((replacement, at))
        else:
            found.append((code, at))
    return found


def _encoded(codes: list[int], encoding: bytes) -> bytes:
    codec = _codec(encoding)
    return "".join(map(chr, codes)).encode(codec, "surrogatepass")


@kernel("UnicodeTranscode", "cpu")
def unicode_transcode(
    input: Array,
    *,
    input_encoding: bytes,
    output_encoding: bytes,
    errors: bytes,
    replacement_char: int,
    replace_control_characters: bool,
) -> Array:
    codec = _codec(input_encoding)
    _check_replacement(replacement_char)
    made = [
        _encoded(
            [
                code
                for code, _ in _cleaned(
                    text, codec, errors, replacement_char, replace_control_characters
                )
            ],
            output_encoding,
        )
        for text in input.ravel().tolist()
    ]
    return as_object_array(made, input.shape)


def _decoded(
    input: Array, encoding: bytes, on_error: bytes, replacement: int, replaces_control: bool
) -> tuple[list[int], list[int], list[int]]:
    codec = _codec(encoding)
    _check_replacement(replacement)
    splits, codes, places = [0], [], []
    for text in input.ravel().tolist():
        for code, at in _cleaned(text, codec, on_error, replacement, replaces_control):
            codes.append(code)
            places.append(at)
        splits.append(len(codes))
    return splits, codes, places


@kernel("UnicodeDecode", "cpu", host_outputs=("row_splits", "char_values"))
def unicode_decode(
    input: Array,
    *,
    input_encoding: bytes,
    errors: bytes,
    replacement_char: int,
    replace_control_characters: bool,
    Tsplits: Any,
) -> tuple[Array, Array]:
    splits, codes, _ = _decoded(
        input, input_encoding, errors, replacement_char, replace_control_characters
    )
    return np.array(splits, Tsplits.as_numpy_dtype), np.array(codes, np.int32)


@kernel(
    "UnicodeDecodeWithOffsets",
    "cpu",
    host_outputs=("row_splits", "char_values", "char_to_byte_starts"),
)
def unicode_decode_with_offsets(
    input: Array,
    *,
    input_encoding: bytes,
    errors: bytes,
    replacement_char: int,
    replace_control_characters: bool,
    Tsplits: Any,
) -> tuple[Array, Array, Array]:
    splits, codes, places = _decoded(
        input, input_encoding, errors, replacement_char, replace_control_characters
    )
    kind = Tsplits.as_numpy_dtype
    return np.array(splits, kind), np.array(codes, np.int32), np.array(places, np.int64)


@kernel("UnicodeEncode", "cpu", host_inputs=("input_values", "input_splits"))
def unicode_encode(
    input_values: Array,
    input_splits: Array,
    *,
    errors: bytes,
    output_encoding: bytes,
    replacement_char: int,
) -> Array:
    _check_replacement(replacement_char)
    made = []
    edges = input_splits.tolist()
    _check_splits(edges, len(input_values))
    for low, high in pairwise(edges):
        codes = []
        for code in input_values[low:high].tolist():
            if 0 <= code <= _LAST_CODE and not 0xD800 <= code <= 0xDFFF:
                codes.append(code)
            elif errors == b"strict":
                raise _not_a_character()
            elif errors == b"replace":
                codes.append(replacement_char)
        made.append(_encoded(codes, output_encoding))
    return as_object_array(made)


def _check_splits(edges: list[int], count: int) -> None:
    """Refuse edges of rows that do not cut `count` values into pieces."""
    if not edges:
        raise errors.invalid_argument(
            "Input_splits should contain elements, but given input_values has 0 elements"
        )
    if edges[0] != 0:
        raise errors.invalid_argument("First value in input_splits must be zero.")
    if edges[-1] != count:
        raise errors.invalid_argument(
            "Last value in input_splits must be equal to length of input_tensor."
        )
    if any(low > high for low, high in pairwise(edges)):
        raise errors.invalid_argument("Values in input_splits must be equal or in ascending order.")


def _not_a_character() -> Exception:
    return errors.invalid_argument("Code point is out of range for Unicode, or a noncharacter.")


@cache
def _script_table() -> tuple[Array, Array]:
    """Return the code points at which another script begins, and those scripts."""
    rows = (Path(__file__).parent / "unicode_scripts.txt").read_text().split()
    starts = np.array([int(text, 16) for text in rows[::2]], np.int32)
    return starts, np.array(rows[1::2], np.int32)


@kernel("UnicodeScript", "cpu", host_inputs=("input",), host_outputs=("output",))
def unicode_script(input: Any) -> Any:
    starts, scripts = _script_table()
    codes = np.asarray(input)
    found = scripts[np.searchsorted(starts, codes, side="right") - 1]
    return np.where((codes < 0) | (codes > _LAST_CODE), np.int32(-1), found)


@kernel("UnsortedSegmentJoin", "cpu", host_inputs=("segment_ids", "num_segments"))
def unsorted_segment_join(
    inputs: Array, segment_ids: Array, num_segments: Any, *, separator: bytes
) -> Array:
    if inputs.shape[: segment_ids.ndim] != segment_ids.shape:
        raise errors.invalid_argument("segment_ids must have shape that is a prefix of inputs")
    if num_segments.ndim:
        raise errors.invalid_argument("Number of segments must be a scalar")
    count = int(num_segments)
    if count < 0:
        raise errors.invalid_argument("Number of segments must be non-negative")
    rest = inputs.shape[segment_ids.ndim :]
    rows = inputs.reshape(segment_ids.size, math.prod(rest))
    parts: list[list[list[bytes]]] = [[[] for _ in range(rows.shape[1])] for _ in range(count)]
    for row, segment in zip(rows, segment_ids.ravel().tolist(), strict=True):
        if not 0 <= segment < count:
            raise errors.invalid_argument(
                "segment_ids are not allowed to exceed num_segments or to have negative values."
            )
        for place, text in enumerate(row.tolist()):
            parts[segment][place].append(text)
    joined = [separator.join(texts) for segment in parts for texts in segment]
    return as_object_array(joined, (count, *rest))
