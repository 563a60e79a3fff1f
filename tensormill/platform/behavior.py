"""Switches between TensorFlow 1 and 2: here graphs are always built as in TensorFlow 1."""

from __future__ import annotations

import unittest
from typing import NoReturn

__all__ = [
    "EagerExecutionError",
    "control_flow_v2_enabled",
    "disable_control_flow_v2",
    "disable_eager_execution",
    "disable_tensor_equality",
    "disable_v2_behavior",
    "disable_v2_tensorshape",
    "enable_control_flow_v2",
    "enable_eager_execution",
    "enable_tensor_equality",
    "enable_v2_behavior",
    "enable_v2_tensorshape",
    "executing_eagerly",
    "executing_eagerly_outside_functions",
    "refuse_eager",
]


class EagerExecutionError(RuntimeError, unittest.SkipTest):
    """Something needs eager execution, which there is not; a test that needs it is skipped."""


def refuse_eager(what: str) -> NoReturn:
    """Say that something needs eager execution, and what to do instead.

    Raises:
      EagerExecutionError: always.
    """
    raise EagerExecutionError(
        f"{what} needs eager execution, which tensormill does not have: build a graph and run it "
        "with a session, as in `with tf.Session() as session: print(session.run(tensor))`. "
        "`tensormill check script.py` lists the lines of a program that need eager execution."
    )


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


def enable_eager_execution(
    config: object = None, device_policy: object = None, execution_mode: object = None
) -> NoReturn:
    """Refuse to execute eagerly.

    Raises:
      EagerExecutionError: always.
    """
    refuse_eager("tf.enable_eager_execution()")


def enable_v2_behavior() -> NoReturn:
    """Refuse the behaviour of TensorFlow 2, which is eager.

    Raises:
      EagerExecutionError: always.
    """
    refuse_eager("tf.enable_v2_behavior()")


def enable_control_flow_v2() -> None:
    """Do nothing: branches and loops give the same values in either form."""


def control_flow_v2_enabled() -> bool:
    """Return False: branches and loops are made of the primitives of TensorFlow 1."""
    return False


def enable_tensor_equality() -> None:
    """Refuse to compare tensors by value with `==`.

    Raises:
      NotImplementedError: always.
    """
    raise NotImplementedError(
        "tf.enable_tensor_equality(): tensors are compared as objects by `==`, as in TensorFlow 1; "
        "tf.equal compares their values"
    )


def enable_v2_tensorshape() -> None:
    """Refuse shapes whose elements are plain numbers.

    Raises:
      NotImplementedError: always.
    """
    raise NotImplementedError(
        "tf.enable_v2_tensorshape(): the elements of a TensorShape are of tf.Dimension, as in "
        "TensorFlow 1; `.value` gives their numbers"
    )
