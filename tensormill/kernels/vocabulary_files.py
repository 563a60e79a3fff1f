"""The entries of a lookup table as a text file lists them.

Source: TensorFlow 1.15, core/kernels/lookup_util.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tensormill.graph import errors
from tensormill.graph.dtypes import DType, int64
from tensormill.graph.os_errors import tensorflow_errors

__all__ = ["LINE_NUMBER", "WHOLE_LINE", "read_entries"]

WHOLE_LINE = -2
LINE_NUMBER = -1


def read_entries(
    path: str,
    key: tuple[int, DType],
    value: tuple[int, DType],
    vocab_size: int,
    delimiter: bytes,
    offset: int,
) -> Iterator[tuple[Any, Any]]:
    """Yield the keys and values of a file, one each line.

    Args:
      path: the file.
      key: the column of the key (or `WHOLE_LINE`, `LINE_NUMBER`) and its dtype.
      value: the same of the value.
      vocab_size: how many lines to read; -1 for all.
      delimiter: what stands between columns.
      offset: the number of the first line.

    Raises:
      InvalidArgumentError: a line lacks a column or is no number, or there are too few lines.
      NotFoundError: there is no such file.
    """
    columns = max(key[0], value[0]) + 1
    key_of, value_of = _reader(*key, offset), _reader(*value, offset)
    number = 0
    with tensorflow_errors(path), open(path, "rb") as file:
        for raw in file:
            if number == vocab_size:
                return
            line = raw.rstrip(b"\n").replace(b"\r", b"")
            parts = line.split(delimiter) if columns > 0 else []
            if len(parts) < columns:
                raise errors.invalid_argument(
                    f"Invalid number of columns in {path} line {number} "
                    f"({line.decode(errors='replace')}) : expected at least {columns} got "
                    f"{len(parts)}"
                )
            yield key_of(number, line, parts), value_of(number, line, parts)
            number += 1
    if number < vocab_size:
        raise errors.invalid_argument(
            f"Invalid vocab_size in {path}: expected {vocab_size} but got {number}"
        )


def _reader(index: int, dtype: DType, offset: int) -> Callable[[int, bytes, list[bytes]], Any]:
    if index == LINE_NUMBER:
        if dtype is not int64:
            raise errors.invalid_argument(
                f"Key and value types for the line number must be int64, got {dtype.name}"
            )
        return lambda number, line, parts: number + offset
    convert = _converter(dtype)
    if index == WHOLE_LINE:
        return lambda number, line, parts: convert(line, number)
    return lambda number, line, parts: convert(parts[index], number)


def _converter(dtype: DType) -> Callable[[bytes, int], Any]:
    if dtype.name == "string":
        return lambda text, number: text
    parse: Callable[[bytes], Any] = int if dtype.is_integer else float

    def convert(text: bytes, number: int) -> Any:
        try:
            return parse(text)
        except ValueError:
            name = {"float32": "float", "float64": "double"}.get(dtype.name, dtype.name)
            raise errors.invalid_argument(
                f"Field {text.decode(errors='replace')} in line {number} is not a valid {name}."
            ) from None

    return convert
