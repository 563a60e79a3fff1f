"""`tf.compat`: strings of either kind, and `tensormill.compat.v1`, which is `tensormill` itself."""

from __future__ import annotations

import contextlib
import datetime
import importlib
import sys
from collections.abc import Iterator
from typing import Any

from tensormill.graph.shapes import dimension_at_index, dimension_value
from tensormill.platform.strings import (
    as_bytes,
    as_str,
    as_str_any,
    as_text,
    bytes_or_text_types,
    complex_types,
    integral_types,
    path_to_bytes,
    path_to_str,
    real_types,
)

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

# `import tensormill.compat.v1 as tf` gives the very module that `import tensormill as tf` gives.
v1 = sys.modules["tensormill"]
sys.modules[f"{__name__}.v1"] = v1


def __getattr__(name: str) -> Any:
    if name != "v2":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    second = importlib.import_module("tensormill.tensorflow_modules.second_api")
    value = globals()[name] = second.SecondNamespace("")
    return value


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
