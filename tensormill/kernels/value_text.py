"""The text of a tensor's value, as Assert, Print and string formatting write it.

Source: TensorFlow 1.15, core/framework/tensor.cc (SummarizeValue).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def _is_float(value: Any) -> bool:
    return isinstance(value, (float, np.floating)) or type(value).__name__ == "bfloat16"


def _number(value: Any) -> str:
    """Return a float with as few digits as read back the same, six at least, as C++ streams do."""
    number = float(value)
    if np.isnan(number):
        return "nan" if not np.signbit(number) else "-nan"
    if np.isinf(number):
        return "inf" if number > 0 else "-inf"
    text = f"{number:.6g}"
    kind = np.float64 if isinstance(value, np.float64) else type(value)
    if kind(float(text)) != value:
        digits = 17 if kind is np.float64 else 9
        for precision in range(7, digits + 1):
            text = f"{number:.{precision}g}"
            if kind(float(text)) == value:
                break
    return text


def element_text(value: Any, quotes_strings: bool = False) -> str:
    """Return one element."""
    if isinstance(value, bytes):
        text = value.decode("utf-8", "backslashreplace")
        return f'"{text}"' if quotes_strings else text
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, np.complexfloating):
        real, imag = (np.float64 if value.dtype == np.complex128 else np.float32 for _ in range(2))
        return f"({_number(real(value.real))},{_number(imag(value.imag))})"
    if _is_float(value):
        return _number(value)
    return str(value)


def flat_text(array: Array, limit: int) -> str:
    """Return the first `limit` elements as Assert and Print write them: `[1 2][3...]...`.

    Args:
      array: the value.
      limit: how many elements; a negative number means all.
    """
    count = array.size
    limit = count if limit < 0 else limit
    if not array.shape:
        return element_text(array[()]) if limit else "..."
    elements = [element_text(v) for v in array.ravel()[:limit]]
    if array.ndim == 1:
        return " ".join(elements) + ("..." if count > limit else "")
    remaining = iter(elements)
    left = [min(limit, count)]
    parts: list[str] = []
    _nested(array.shape, remaining, left, parts)
    return "".join(parts) + ("..." if count > limit else "")


def _nested(sizes: tuple[int, ...], elements: Any, left: list[int], parts: list[str]) -> None:
    if len(sizes) == 1:
        for index in range(sizes[0]):
            if left[0] <= 0:
                if index:
                    parts.append("...")
                return
            parts.append((" " if index else "") + next(elements))
            left[0] -= 1
        return
    for _ in range(sizes[0]):
        if left[0] <= 0:
            return
        parts.append("[")
        _nested(sizes[1:], elements, left, parts)
        parts.append("]")


def bracketed_text(array: Array, limit: int) -> str:
    """Return the value as `tf.print` writes it: `[1 2 3 ... 8 9 10]`, rows on lines of their own.

    Args:
      array: the value.
      limit: how many elements at each end of each dimension; a negative number means all.
    """
    if not array.shape:
        return element_text(array[()], quotes_strings=True)
    limit = max(array.shape) if limit < 0 else limit
    return _bracketed(array, limit, 0)


def _bracketed(array: Array, limit: int, depth: int) -> str:
    size = array.shape[0]
    is_cut = size > 2 * limit
    indices = [*range(limit), *range(size - limit, size)] if is_cut else list(range(size))
    if array.ndim == 1:
        items = [element_text(array[i], quotes_strings=True) for i in indices]
        separator = " "
    else:
        items = [_bracketed(array[i], limit, depth + 1) for i in indices]
        separator = "\n" * (array.ndim - 1) + " " * (depth + 1)
    if is_cut:
        items.insert(limit, "...")
    return "[" + separator.join(items) + "]"
