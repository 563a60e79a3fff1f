"""`tf.compat`: strings of either kind, and `tensormill.compat.v1`, which is `tensormill` itself."""

from __future__ import annotations

import contextlib
import datetime
import importlib
import numbers
import os
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from tensormill.graph.shapes import dimension_at_index, dimension_value

__all__ = [
    "as_bytes",
    "as_str",
    "as_str_any",
    "as_text",
    "bytes_or_text_types",
    "complex_types",
    "dimension_at_index",
    "dimension_value",
    "forward_compatibility_horizon",
    "forward_compatible",
    "integral_types",
    "path_to_bytes",
    "path_to_str",
    "real_types",
    "v1",
    "v2",
]

integral_types = (numbers.Integral, np.integer)
real_types = (numbers.Real, np.integer, np.floating)
complex_types = (numbers.Complex, np.number)
bytes_or_text_types = (bytes, str)

# `import tensormill.compat.v1 as tf` gives the very module that `import tensormill as tf` gives.
v1 = sys.modules["tensormill"]
sys.modules[f"{__name__}.v1"] = v1


def __getattr__(name: str) -> Any:
    if name != "v2":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    second = importlib.import_module("tensormill.tensorflow_modules.second_api")
    value = globals()[name] = second.SecondNamespace("")
    return value


def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Return a string as bytes.

    Raises:
      TypeError: it is neither str nor bytes.
    """
    if isinstance(bytes_or_text, (bytearray, bytes)):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Return a string as str.

    Raises:
      TypeError: it is neither str nor bytes.
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


as_str = as_text


def as_str_any(value: Any) -> str:
    """Return anything as str: bytes decoded, the rest by `str`."""
    return as_text(value) if isinstance(value, bytes) else str(value)


def path_to_str(path: Any) -> str:
    """Return a path, a string or an object with `__fspath__`, as str."""
    return as_text(os.fspath(path)) if hasattr(path, "__fspath__") else as_str_any(path)


def path_to_bytes(path: Any) -> bytes:
    """Return a path, a string or an object with `__fspath__`, as bytes."""
    return as_bytes(os.fspath(path))


def forward_compatible(year: int, month: int, day: int) -> bool:
    """Return whether features of that date may be used: always, but for a horizon that is set."""
    horizon = _horizons[-1]
    return horizon is None or horizon > datetime.date(year, month, day)


_horizons: list[datetime.date | None] = [None]


@contextlib.contextmanager
def forward_compatibility_horizon(year: int, month: int, day: int) -> Iterator[None]:
    """Let only features be used, inside the with-statement, that are older than a date."""
    _horizons.append(datetime.date(year, month, day))
    try:
        yield
    finally:
        _horizons.pop()
