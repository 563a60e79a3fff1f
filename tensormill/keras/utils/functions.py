"""`tensorflow.python.keras.utils.generic_utils`: functions as text, batches, names, arguments.

Source: TensorFlow 1.15, python/keras/utils/generic_utils.py.
"""

from __future__ import annotations

import binascii
import codecs
import inspect
import marshal
import re
import types
from collections.abc import Callable
from typing import Any

from tensormill.graph import nest

__all__ = [
    "check_for_unexpected_keys",
    "func_dump",
    "func_load",
    "has_arg",
    "is_all_none",
    "make_batches",
    "object_list_uid",
    "slice_arrays",
    "to_list",
    "to_snake_case",
    "validate_kwargs",
]


def func_dump(func: types.FunctionType) -> tuple[str, Any, Any]:
    """Return a function as (its code in base64, its defaults, the values of its closure)."""
    code = codecs.encode(marshal.dumps(func.__code__), "base64").decode("ascii")
    cells = func.__closure__
    return code, func.__defaults__, tuple(each.cell_contents for each in cells) if cells else None


def func_load(code: Any, defaults: Any = None, closure: Any = None, globs: Any = None) -> Any:
    """Return the function that `func_dump` has written.

    Only load what you wrote yourself: this runs whatever code stands there.
    """
    if isinstance(code, (tuple, list)):
        code, defaults, closure = code
        defaults = tuple(defaults) if isinstance(defaults, list) else defaults
    try:
        raw = codecs.decode(code.encode("ascii"), "base64")
    except (UnicodeEncodeError, binascii.Error):
        raw = code.encode("raw_unicode_escape")
    cells = None
    if closure is not None:
        cells = tuple(
            each if isinstance(each, types.CellType) else types.CellType(each) for each in closure
        )
    loaded = marshal.loads(raw)
    names = globals() if globs is None else globs
    return types.FunctionType(loaded, names, loaded.co_name, defaults, cells)


def has_arg(fn: Callable[..., Any], name: str, accept_all: bool = False) -> bool:
    """Return whether a callable has an argument of a name, or takes any where that counts."""
    spec = inspect.getfullargspec(fn)
    return (accept_all and spec.varkw is not None) or name in spec.args


def make_batches(size: int, batch_size: int) -> list[tuple[int, int]]:
    """Return the (begin, end) of the batches of `size` rows."""
    return [(begin, min(size, begin + batch_size)) for begin in range(0, size, batch_size)]


def _cut(array: Any, start: Any, stop: Any) -> Any:
    if array is None:
        return None
    if hasattr(start, "__len__"):
        return array[start.tolist() if hasattr(start, "shape") else start]
    if isinstance(array, types.GeneratorType) or not hasattr(array, "__getitem__"):
        return None
    return array[start:stop]


def slice_arrays(arrays: Any, start: Any = None, stop: Any = None) -> Any:
    """Return rows of an array or of a list of arrays; None stays None.

    Args:
      arrays: an array, or a list of arrays and None.
      start: the first row, or a list of rows.
      stop: the row behind the last one.

    Raises:
      ValueError: there is a list of rows, and `stop`.
    """
    if arrays is None:
        return [None]
    if isinstance(start, list) and stop is not None:
        raise ValueError(
            f"The stop argument has to be None if the value of start is a list. Received start="
            f"{start}, stop={stop}"
        )
    if isinstance(arrays, list):
        return [_cut(each, start, stop) for each in arrays]
    cut = _cut(arrays, start, stop)
    return [None] if cut is None else cut


def to_list(x: Any) -> list[Any]:
    """Return a list as it is, anything else as a list of one."""
    return x if isinstance(x, list) else [x]


def object_list_uid(object_list: Any) -> str:
    """Return a key for the very objects of a structure."""
    return ", ".join(str(abs(id(each))) for each in nest.flatten(object_list))


def to_snake_case(name: str) -> str:
    """Return a name in camel case as words with underscores, fit for a scope."""
    words = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    words = re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()
    return f"private{words}" if words.startswith("_") else words


def is_all_none(structure: Any) -> bool:
    """Return whether all leaves of a structure are None."""
    return all(each is None for each in nest.flatten(structure))


def check_for_unexpected_keys(name: str, input_dict: Any, expected_values: Any) -> None:
    """Raise ValueError where a dictionary has keys that are not expected."""
    unknown = set(input_dict).difference(expected_values)
    if unknown:
        raise ValueError(
            f"Unknown entries in {name} dictionary: {list(unknown)}. Only expected following "
            f"keys: {expected_values}"
        )


def validate_kwargs(
    kwargs: Any,
    allowed_kwargs: Any,
    error_message: str = "Keyword argument not understood:",
) -> None:
    """Raise TypeError where there are arguments that are not allowed."""
    for name in kwargs:
        if name not in allowed_kwargs:
            raise TypeError(error_message, name)
