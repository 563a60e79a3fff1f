"""Values compared and made plain: `util.protobuf.compare`, `util.serialization` and the like.

Source: TensorFlow 1.15, python/util/serialization.py, protobuf/compare.py and memory.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from google.protobuf import text_format
from google.protobuf.message import Message

from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dimension, TensorShape

__all__ = [
    "INVALID_SCOPE_CHARACTERS",
    "ProtoAssertions",
    "ProtoEq",
    "assertProtoEqual",
    "dismantle_ordered_dict",
    "get_json_type",
]

# What stands in no name of a summary.
INVALID_SCOPE_CHARACTERS = re.compile(r"[^-_/.A-Za-z0-9]")


def get_json_type(obj: Any) -> Any:
    """Return a plain value for what `json` cannot write.

    Raises:
      TypeError: there is none.
    """
    if hasattr(obj, "get_config"):
        return {"class_name": type(obj).__name__, "config": obj.get_config()}
    if isinstance(obj, np.ndarray):
        return obj.tolist()
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, DType):
        return obj.name
    if callable(obj):
        return obj.__name__
    if isinstance(obj, Dimension):
        return obj.value
    if isinstance(obj, TensorShape):
        return obj.as_list()
    if isinstance(obj, Mapping):
        return dict(obj)
    raise TypeError("Not JSON Serializable:", obj)


def dismantle_ordered_dict(ordered_dict: Any) -> None:
    """Empty a dictionary, so that nothing in it refers to anything."""
    ordered_dict.clear()


def ProtoEq(a: Any, b: Any) -> bool:
    """Return whether two messages say the same."""
    return bool(a == b)


def assertProtoEqual(
    self: Any,
    a: Any,
    b: Any,
    check_initialized: bool = True,
    normalize_numbers: bool = False,
    msg: str | None = None,
) -> None:
    """Fail a test unless two messages are equal.

    Args:
      self: the test.
      a: a message, or its text.
      b: the other message.
      check_initialized: whether required fields must be set.
      normalize_numbers: not used: numbers are compared as they are kept.
      msg: is added to the message of the failure.
    """
    expected: Message = text_format.Merge(a, type(b)()) if isinstance(a, str) else a
    if check_initialized:
        for each in (expected, b):
            problems = each.FindInitializationErrors()
            if problems:
                self.fail(f"Initialization errors: {problems}\n{each}")
    texts = [text_format.MessageToString(each) for each in (expected, b)]
    if expected != b or texts[0] != texts[1]:
        self.fail("\nis not\n".join(texts) + (f"\n{msg}" if msg else ""))


class ProtoAssertions:
    """Gives a test `assertProtoEqual`."""

    def assertProtoEqual(self, *args: Any, **kwargs: Any) -> None:
        """Fail unless two messages are equal; see `assertProtoEqual` of the module."""
        assertProtoEqual(self, *args, **kwargs)
