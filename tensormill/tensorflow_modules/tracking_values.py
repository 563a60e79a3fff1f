"""What `tensorflow.python.training.tracking.base` has besides its classes.

Source: TensorFlow 1.15, python/training/tracking/base.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.train.checkpoints.object_based import OBJECT_GRAPH_KEY
from tensormill.train.checkpoints.object_graph import VALUE

__all__ = [
    "OBJECT_CONFIG_JSON_KEY",
    "OBJECT_GRAPH_PROTO_KEY",
    "VARIABLE_VALUE_KEY",
    "no_automatic_dependency_tracking",
    "no_automatic_dependency_tracking_scope",
]

OBJECT_GRAPH_PROTO_KEY = OBJECT_GRAPH_KEY
VARIABLE_VALUE_KEY = VALUE
OBJECT_CONFIG_JSON_KEY = "OBJECT_CONFIG_JSON"


@contextmanager
def no_automatic_dependency_tracking_scope(obj: Any) -> Iterator[None]:
    """Let an object not depend on the attributes that it gets in the block."""
    before = set(vars(obj))
    try:
        yield
    finally:
        new = {name for name in vars(obj) if name not in before and name != "_left_out"}
        object.__setattr__(obj, "_left_out", vars(obj).get("_left_out", frozenset()) | new)


def no_automatic_dependency_tracking(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method whose object does not depend on the attributes that it sets."""

    @functools.wraps(method)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        with no_automatic_dependency_tracking_scope(self):
            return method(self, *args, **kwargs)

    return wrapped
