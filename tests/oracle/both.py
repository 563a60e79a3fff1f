"""Runs a program here and in TensorFlow."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

import tensormill as tf


def answers_of_both(oracle: Any, program: str) -> tuple[Any, Any]:
    """Return what a program of `tf` and `np` assigns to `result`: here, and in TensorFlow."""
    source = textwrap.dedent(program)
    expected = oracle.run(source)
    names: dict[str, Any] = {"tf": tf, "np": np}
    with tf.Graph().as_default():
        exec(source, names)
    return names["result"], expected
