"""`tf.io.match_filenames_once`: the files that match a pattern when the program starts.

Source: TensorFlow 1.15, python/training/input.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import name_scope
from tensormill.ops.files import matching_files
from tensormill.variables.creation import Variable

__all__ = ["match_filenames_once"]


def match_filenames_once(pattern: Any, name: str | None = None) -> Any:
    """Return a local variable with the names of the files that match when it is initialized.

    Args:
      pattern: a pattern, or several.
      name: of the variable.
    """
    with name_scope(name, "matching_filenames", [pattern]) as scope:
        return Variable(
            name=scope,
            initial_value=matching_files(pattern),
            trainable=False,
            validate_shape=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
        )
