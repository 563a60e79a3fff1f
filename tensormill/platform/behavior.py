"""Switches between TensorFlow 1 and 2: here graphs are always built as in TensorFlow 1."""

from __future__ import annotations

__all__ = [
    "disable_control_flow_v2",
    "disable_eager_execution",
    "disable_tensor_equality",
    "disable_v2_behavior",
    "disable_v2_tensorshape",
    "executing_eagerly",
    "executing_eagerly_outside_functions",
]


def executing_eagerly() -> bool:
    """Return False: operations are added to a graph and run by a session."""
    return False


executing_eagerly_outside_functions = executing_eagerly


def disable_v2_behavior() -> None:
    """Use the behaviour of TensorFlow 1, which is the only one there is."""


disable_eager_execution = disable_v2_behavior
disable_control_flow_v2 = disable_v2_behavior
disable_tensor_equality = disable_v2_behavior
disable_v2_tensorshape = disable_v2_behavior
